/** The first screen of the NOC: what needs somebody, then how everything is, then whether to believe it. */
import type { Agency } from '@kaiku/catalog';
import type { AlarmEvent } from '@kaiku/protocol';
import type { Alarm } from '../live/alarm-book.ts';
import type { PartState } from '../live/part-book.ts';
import type { Portal, Visit } from '../portal.ts';
import type { Availability } from '../query/availability.ts';
import { LEVELS, type Rollup } from '../query/level.ts';
import { entityPath, shortMessage } from './alarm-row.ts';
import { alarmTable, EVENT_WORD } from './alarms.ts';
import { stamp } from '../query/zone.ts';
import { duration, percentage, plural } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { levelBar, mark, quietBadge, tally, WORD } from './marks.ts';
import { empty, panel } from './parts.ts';
import { siteTiles, type SiteTiles } from './site-tiles.ts';
import { strip } from './strip.ts';

export interface OverviewData {
  readonly all: Rollup;
  readonly open: readonly Alarm[];
  readonly openTotal: number;
  readonly severities: Readonly<Record<'critical' | 'major' | 'minor', number>>;
  readonly taken: number;
  /** False: nobody can say whether there are alarms. */
  readonly known: boolean;
  readonly agencies: readonly { agency: Agency; rollup: Rollup; availability: Availability | undefined }[];
  readonly sites: readonly SiteTiles[];
  readonly parts: readonly PartState[];
  /** Newest events of the last day; undefined when they cannot be read. */
  readonly lately: readonly AlarmEvent[] | undefined;
}

export function overviewBody(portal: Portal, visit: Visit, data: OverviewData): Html {
  return html`${headline(data)}
    <div class="columns">
      <div class="column">
        ${panel('open-alarms', 'Waiting for somebody', html`${alarmTable(portal, visit, data.open, 'open')}${data.openTotal === 0 ? calm(data) : NOTHING}`, html`<a href="/alarms">${data.openTotal > data.open.length ? `all ${data.openTotal}` : 'alarm list'}</a>`)}
        ${panel('agencies', 'Agencies', agenciesTable(portal, data), html`availability today`)}
        ${panel('sites', 'Sites', siteTiles(data.sites), html`${plural(data.sites.length, 'site')}`)}
      </div>
      <div class="column">
        ${panel('lately', 'Last 24 hours', lately(portal, data), html`<a href="/alarms/history">history</a>`)}
        ${panel('collection', 'Collection', collection(data, visit.nowMs), html`<a href="/health">health</a>`)}
      </div>
    </div>`;
}

function headline({ all, openTotal, severities, taken, known }: OverviewData): Html {
  const said =
    all.total === 0
      ? 'Nothing is being watched yet'
      : openTotal === 0
        ? known
          ? 'Nothing waits for you'
          : 'Nobody can say what waits'
        : `${openTotal} ${openTotal === 1 ? 'alarm waits' : 'alarms wait'} for somebody`;
  return html`<section class="headline" id="headline" data-refresh>
    <h1>${said}</h1>
    <ul class="figures">
      ${(['critical', 'major', 'minor'] as const).map(
        (level) =>
          html`<li class="${level} ${severities[level] === 0 ? 'none' : ''}">
            <a href="/alarms?severity=${level}"
              >${mark(level)}<b data-count="${level}">${severities[level]}</b><span>${WORD[level]}</span></a
            >
          </li>`,
      )}
      <li class="${taken === 0 ? 'none' : ''}">
        <a href="/alarms?state=acknowledged">${mark('minor', true)}<b>${taken}</b><span>in hand</span></a>
      </li>
    </ul>
    <div class="devices">
      <p>
        ${plural(all.total, 'device')}:
        ${LEVELS.filter((level) => all.counts[level] > 0).map(
          (level, index) => html`${index > 0 ? ', ' : ''}${all.counts[level]} ${WORD[level]}`,
        )}
      </p>
      ${levelBar(all)}
    </div>
  </section>`;
}

function calm({ all, taken, known }: OverviewData): Html {
  if (!known) return empty('Alarms cannot be read now.', html`They appear here as soon as a store answers.`);
  if (all.total === 0)
    return empty('The catalog holds no device you may see.', html`Add some and run <code>./kaiku apply</code>.`);
  return empty(
    taken === 0 ? 'No alarm is active.' : `All ${taken} active alarms are in somebody's hands.`,
    html`The next one appears here by itself.`,
  );
}

function agenciesTable(portal: Portal, { agencies }: OverviewData): Html {
  if (agencies.length === 0)
    return empty('No agency is yours to see.', html`An administrator can add one to your account.`);
  return html`<div class="scroll">
    <table class="rows">
      <thead>
        <tr>
          <th scope="col"><span class="ears">State</span></th>
          <th scope="col">Agency</th>
          <th scope="col">Devices</th>
          <th scope="col" class="wide"><span class="ears">Today in half hours</span></th>
          <th scope="col" class="number">Today</th>
        </tr>
      </thead>
      <tbody>
        ${agencies.map(
          ({ agency, rollup, availability }) =>
            html`<tr data-key="${agency.id}">
              <td class="sev">${quietBadge(rollup.level)}</td>
              <td class="where"><a href="/agencies/${agency.id}" data-open>${agency.name}</a></td>
              <td>${tally(rollup)}</td>
              <td class="wide strip-cell">${strip(availability, portal.timeZone, agency.name)}</td>
              <td class="number">${availability === undefined ? '—' : percentage(availability.share)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function lately(portal: Portal, { lately: events }: OverviewData): Html {
  if (events === undefined) return empty('Not readable now: no store answers.');
  if (events.length === 0) return empty('Nothing happened.');
  const devices = portal.directory().devices;
  return html`<ol class="lately">
    ${events.map((event) => {
      const nick = devices.get(event.entity)?.device.nick ?? event.entity;
      const level = event.event === 'cleared' ? 'ok' : event.severity;
      const taken = event.event === 'acknowledged' || event.event === 'unacknowledged';
      const what = taken || event.event === 'cleared' ? EVENT_WORD[event.event] : WORD[event.severity];
      return html`<li>
        <time datetime="${new Date(event.tsMs).toISOString()}"
          >${stamp(event.tsMs, portal.timeZone).slice(11, 16)}</time
        >
        <span>${mark(level, taken)}<span class="ears">${what}</span></span>
        <p title="${event.message}">
          <a href="${entityPath(event.entity, devices.has(event.entity))}">${nick}</a>
          ${taken ? html`${what} by ${event.actor}: ` : NOTHING}${shortMessage(event.message, nick)}
        </p>
      </li>`;
    })}
  </ol>`;
}

const ROLE_WORD: Readonly<Record<PartState['role'], string>> = {
  agent: 'Agents',
  logger: 'Loggers',
  store: 'Stores',
  analyzer: 'Analyzers',
  web: 'Web servers',
};

function collection({ parts }: OverviewData, nowMs: number): Html {
  if (parts.length === 0)
    return empty('No part has reported yet.', html`Reports come by the broker every two seconds.`);
  const roles = Map.groupBy(parts, (part) => part.role);
  return html`<table class="rows">
    <thead>
      <tr>
        <th scope="col"><span class="ears">State</span></th>
        <th scope="col">Part</th>
        <th scope="col" class="number">Ready</th>
        <th scope="col">What hurts</th>
      </tr>
    </thead>
    <tbody>
      ${[...roles].map(([role, members]) => {
        const ready = members.filter((part) => part.state === 'ready').length;
        const silent = members.filter((part) => part.state === 'silent');
        const level = silent.length > 0 ? 'major' : ready < members.length ? 'minor' : 'ok';
        const hurt = members.find((part) => part.state !== 'ready');
        return html`<tr data-key="${role}">
          <td class="sev">${quietBadge(level)}</td>
          <td class="where"><a href="/health#${role}">${ROLE_WORD[role]}</a></td>
          <td class="number">${ready} of ${members.length}</td>
          <td class="note">
            ${
              hurt === undefined
                ? html`<span class="nodata">nothing</span>`
                : hurt.state === 'silent'
                  ? html`<b>${hurt.name} silent</b
                      >${hurt.heardMs === undefined ? NOTHING : html` for ${duration(nowMs - hurt.heardMs)}`}`
                  : html`${hurt.name}: ${hurt.report?.note ?? ''}`
            }
          </td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}
