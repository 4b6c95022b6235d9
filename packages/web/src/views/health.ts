/** Kaiku itself: every part that reports, and loudly every one that has stopped to. */
import type { PartState } from '../live/part-book.ts';
import type { Feeds, Portal, Visit } from '../portal.ts';
import type { Loss, Losses } from '../query/losses.ts';
import { duration, plural, whole } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { mark } from './marks.ts';
import { age, empty, panel } from './parts.ts';

const TITLE: Readonly<Record<PartState['role'], string>> = {
  agent: 'Agents',
  logger: 'Loggers',
  store: 'Stores',
  analyzer: 'Analyzers',
  web: 'Web servers',
};

/** What stands on the page about losses; nothing for those who do not see everything. */
export type LossesShown = 'not theirs' | 'unknown' | Losses;

export function healthBody(
  portal: Portal,
  visit: Visit,
  parts: readonly PartState[],
  feeds: Feeds,
  losses: LossesShown,
): Html {
  const silent = parts.filter((part) => part.state === 'silent');
  const hurt = parts.filter((part) => part.state === 'hurt');
  const said =
    parts.length === 0
      ? 'No part has reported yet'
      : silent.length > 0
        ? `${plural(silent.length, 'part')} silent`
        : hurt.length > 0
          ? `${plural(hurt.length, 'part')} not well`
          : `All ${parts.length} parts are well`;
  const roles = Map.groupBy(parts, (part) => part.role);
  return html`<section id="health-head" data-refresh class="titleline">
      <h1>${said}</h1>
      <p class="sum">
        every part reports each 2 s; ${feeds.broker ? 'the broker is there' : 'the broker is away, so all fall silent'}
      </p>
    </section>
    ${parts.length > 0 ? NOTHING : empty(feeds.broker ? 'Reports come within seconds of a start.' : 'Reports come by the broker, which cannot be reached.', html`Check with <code>./kaiku doctor</code>.`)}
    ${[...roles].map(([role, members]) => panel(role, TITLE[role], partTable(portal, visit, members), html`${members.filter((part) => part.state === 'ready').length} of ${members.length} ready`))}
    ${panel(
      'reads',
      'Stores as this server reads them',
      html`<table class="rows">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Store</th>
            <th scope="col" class="number">Checked</th>
          </tr>
        </thead>
        <tbody>
          ${feeds.stores.map(
            (store) =>
              html`<tr>
                <td class="sev">${state(store.healthy ? 'ready' : 'silent', store.healthy ? 'answers' : 'away')}</td>
                <td class="where">${store.name}</td>
                <td class="number">
                  ${store.checkedMs === 0 ? 'not yet' : age(store.checkedMs, visit.nowMs, portal.timeZone)}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>`,
    )}
    ${losses === 'not theirs' ? NOTHING : lossPanel(portal, visit, losses)}`;
}

function lossPanel(portal: Portal, { nowMs }: Visit, losses: Losses | 'unknown'): Html {
  const title = 'Lost for good or refused';
  if (losses === 'unknown') return panel('losses', title, empty('No store answers, so nobody can tell.'));
  const { store, lost, refused, newest } = losses;
  if (newest.length === 0) {
    return panel('losses', title, empty(`Nothing is lost, nothing refused, says ${store}.`));
  }
  const row = ({ kind, atMs, agent, epoch, from, to, why }: Loss): Html =>
    html`<tr>
      <td class="sev">${state(kind === 'lost' ? 'silent' : 'hurt', `${whole(to - from + 1)} ${kind}`)}</td>
      <td class="where">${agent}</td>
      <td class="number">${age(atMs, nowMs, portal.timeZone)}</td>
      <td class="note">${why}</td>
      <td class="wide mono">${epoch}/${from === to ? from : `${from}-${to}`}</td>
    </tr>`;
  return panel(
    'losses',
    title,
    html`<div class="scroll">
        <table class="rows health">
          <thead>
            <tr>
              <th scope="col">Batches</th>
              <th scope="col">Agent</th>
              <th scope="col" class="number">Found</th>
              <th scope="col">Why</th>
              <th scope="col" class="wide">Epoch and numbers</th>
            </tr>
          </thead>
          <tbody>
            ${newest.map(row)}
          </tbody>
        </table>
      </div>
      <p class="empty">
        The newest, as ${store} has it; <code>./kaiku gaps</code> asks every store. What was refused is kept with its
        bytes.
      </p>`,
    html`${plural(lost, 'batch', 'batches')} lost, ${whole(refused)} refused`,
  );
}

function state(of: PartState['state'], word: string): Html {
  const level = of === 'ready' ? 'ok' : of === 'hurt' ? 'minor' : 'major';
  return html`<span class="badge ${level}">${mark(level)}<span>${word}</span></span>`;
}

/** What tells most about a part of each kind; the rest is on its /metrics. */
const FIGURES: Readonly<Record<PartState['role'], readonly string[]>> = {
  agent: ['backlogBatches', 'lostBatches', 'clockOffsetMs', 'bufferDays', 'bufferDaysLeft', 'slotsMissed', 'rssBytes'],
  logger: ['gapBatches', 'lostBatches', 'quarantined', 'auditAgeMs', 'repairedBatches', 'insertedRows', 'rssBytes'],
  store: ['rowsWritten', 'statementsWaiting', 'statementsRefused', 'rssBytes'],
  analyzer: ['partitionsHeld', 'alarmsActive', 'evaluationMs', 'takeovers', 'rssBytes'],
  web: ['liveStreams', 'imagesDrawn', 'alarmsTold', 'signIns', 'rssBytes'],
};

/** What a part has still to do: batches nobody has yet, messages not yet taken, time not yet looked at. */
function lagOf({ role, report }: PartState): string {
  const figures = report?.figures ?? {};
  const batches = (count: number | undefined): string =>
    count === undefined ? '—' : count === 0 ? 'none' : whole(count);
  if (role === 'agent') return batches(figures['unackedBatches']);
  if (role === 'logger')
    return batches((figures['lagLive'] ?? 0) + (figures['lagBacklog'] ?? 0) + (figures['lagReplay'] ?? 0));
  const behindMs = figures['watermarkLagMs'];
  return behindMs === undefined ? '—' : duration(behindMs);
}

function partTable(portal: Portal, { nowMs }: Visit, parts: readonly PartState[]): Html {
  return html`<div class="scroll">
    <table class="rows health fixed">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Name</th>
          <th scope="col" class="number">Heard</th>
          <th scope="col" class="number wide">Running for</th>
          <th scope="col" class="number">Lag</th>
          <th scope="col">Note</th>
          <th scope="col" class="wide">Figures</th>
        </tr>
      </thead>
      <tbody>
        ${parts.map((part) => {
          const { report } = part;
          const figures = Object.entries(report?.figures ?? {});
          const rest = FIGURES[part.role].flatMap((name) => figures.filter((each) => each[0] === name));
          const note =
            part.state === 'silent'
              ? report === undefined
                ? 'expected by the catalog, never heard'
                : 'no report: the process, its machine or its way to the broker is gone'
              : (report?.note ?? '');
          return html`<tr
            data-key="${part.role}/${part.name}"
            data-part="${part.role}/${part.name}"
            data-state="${part.state}"
            class="${part.state === 'silent' ? 'shout' : ''}"
          >
            <td class="sev">${state(part.state, part.state === 'hurt' ? 'not ready' : part.state)}</td>
            <td class="where">${part.name}</td>
            <td class="number">${age(part.heardMs, nowMs, portal.timeZone)}</td>
            <td class="number wide">
              ${report === undefined || part.state === 'silent' ? '—' : duration(nowMs - report.startedMs)}
            </td>
            <td class="number lag">${lagOf(part)}</td>
            <td class="note">${note === '' ? html`<span class="nodata">—</span>` : note}</td>
            <td class="wide figures">
              ${rest.map(([name, value]) => html`<span><small>${words(name)}</small> ${figure(name, value)}</span> `)}
            </td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

/** `backlogBatches` → `backlog batches` */
function words(name: string): string {
  return name.replace(/(?:Bytes|Ms)$/, '').replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

function figure(name: string, value: number): string {
  if (name.endsWith('Bytes')) return `${whole(value / 1_048_576)} MiB`;
  // A clock's offset has a sign, and milliseconds matter.
  if (name.endsWith('OffsetMs')) {
    return Math.abs(value) < 1000
      ? `${Math.round(value)} ms`
      : `${value < 0 ? '\u2212' : ''}${duration(Math.abs(value))}`;
  }
  if (name.endsWith('Ms') && value < 1e11) return duration(value);
  return Number.isInteger(value) ? whole(value) : value.toFixed(2);
}
