/** Alarm lists: the live one with its filters and bulk actions, and the history of events. */
import type { AlarmEvent } from '@kaiku/protocol';
import type { Alarm } from '../live/alarm-book.ts';
import { alarmsKnown, type Portal, type Visit } from '../portal.ts';
import type { TimeRange } from '../query/time-range.ts';
import { stamp } from '../query/zone.ts';
import { alarmRow, entityPath, shortMessage } from './alarm-row.ts';
import { plural } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { badge, mark, WORD } from './marks.ts';
import { empty } from './parts.ts';
import { timeBar } from './time-bar.ts';

export interface AlarmFilter {
  readonly severity: 'critical' | 'major' | 'minor' | undefined;
  readonly state: 'open' | 'acknowledged' | undefined;
  readonly agency: string | undefined;
  readonly text: string;
  readonly sort: 'severity' | 'age' | 'device';
}

/**
 * A live table. `show` tells scripts which alarms belong: `open` only unacknowledged ones, `all` every
 * active one; a filter by words or agency is known to the server only, which then sends the page anew.
 */
export function alarmTable(
  portal: Portal,
  visit: Visit,
  alarms: readonly Alarm[],
  show: string,
  sort = 'severity',
): Html {
  const devices = portal.directory().devices;
  const { nowMs } = visit;
  return html`<form method="post" action="/alarms/acknowledge" class="alarm-form ${visit.mayAct ? '' : 'view-only'}">
    <input type="hidden" name="token" value="${visit.formToken}" /><input
      type="hidden"
      name="next"
      value="${visit.address}"
    />
    <div class="bulk" hidden>
      <b><span data-picked>0</span> selected</b>
      <button name="act" value="acknowledge" data-bulk="acknowledge">Acknowledge</button>
      <button name="act" value="unacknowledge" data-bulk="unacknowledge" class="plain">Take back</button>
    </div>
    <button type="button" class="held-rows" hidden><span data-held-count>0</span> new</button>
    <table class="rows alarms" data-alarms="${show}" data-sort="${sort}">
      <caption class="ears">
        Alarms, the worst first; new ones appear by themselves
      </caption>
      <thead>
        <tr>
          <th scope="col" class="pick"><span class="ears">Select</span></th>
          <th scope="col">Severity</th>
          <th scope="col">Device</th>
          <th scope="col">What</th>
          <th scope="col" class="wide">Agency</th>
          <th scope="col">For</th>
          <th scope="col" class="act"><span class="ears">Acknowledged</span></th>
        </tr>
      </thead>
      <tbody>
        ${alarms.map((alarm) => alarmRow(alarm, { nowMs, timeZone: portal.timeZone, device: devices.get(alarm.entity) }))}
      </tbody>
    </table>
  </form>`;
}

export interface AlarmPageData {
  readonly alarms: readonly Alarm[];
  readonly total: number;
  readonly filter: AlarmFilter;
}

export function alarmsBody(portal: Portal, visit: Visit, { alarms, total, filter }: AlarmPageData): Html {
  const filtered = filter.severity !== undefined || filter.agency !== undefined || filter.text !== '';
  const known = alarmsKnown(portal.feeds(), visit.nowMs);
  const show = filtered ? 'server' : (filter.state ?? 'all');
  return html`<div class="titleline" id="alarms-head" data-refresh>
      <h1>Alarms</h1>
      <p class="sum">
        ${known || total > 0 ? plural(total, 'active alarm') : 'not readable now'}${alarms.length === total ? '' : `, ${alarms.length} shown`}
      </p>
    </div>
    ${filterBar(visit, filter)}
    <section class="panel" id="alarm-list" aria-label="Active alarms" data-refresh>
      ${alarmTable(portal, visit, alarms, show, filter.sort)} ${alarms.length > 0 ? NOTHING : noAlarms(total, known)}
    </section>`;
}

function noAlarms(total: number, known: boolean): Html {
  if (total > 0) return empty('No active alarm fits this filter.', html`<a href="/alarms">Show all ${total}</a>.`);
  if (!known) return empty('Alarms cannot be read now.', html`They appear here as soon as a store answers.`);
  return empty(
    'No alarm is active.',
    html`New ones appear here by themselves; <a href="/alarms/history">the history</a> tells what was.`,
  );
}

function filterBar(visit: Visit, filter: AlarmFilter): Html {
  const option = (value: string | undefined, label: string, chosen: string | undefined): Html =>
    html`<option value="${value ?? ''}" ${value === chosen ? html`selected` : NOTHING}>${label}</option>`;
  const { scope } = visit;
  return html`<form class="filters" action="/alarms" data-auto-submit>
    <label
      >Severity
      <select name="severity">
        ${option(undefined, 'any', filter.severity)}${(['critical', 'major', 'minor'] as const).map((level) => option(level, WORD[level], filter.severity))}
      </select></label
    >
    <label
      >State
      <select name="state">
        ${option(undefined, 'any', filter.state)}${option('open', 'waiting', filter.state)}${option('acknowledged', 'in hand', filter.state)}
      </select></label
    >
    ${
      scope.agencies.length < 2
        ? NOTHING
        : html`<label
            >Agency
            <select name="agency">
              ${option(undefined, 'any', filter.agency)}${scope.agencies.map((agency) => option(agency.id, agency.name, filter.agency))}
            </select></label
          >`
    }
    <label
      >Sort
      <select name="sort">
        ${option('severity', 'severity', filter.sort)}${option('age', 'newest', filter.sort)}${option('device', 'device', filter.sort)}
      </select></label
    >
    <label class="grow"
      ><span class="ears">Words in device or message</span
      ><input type="search" name="q" value="${filter.text}" placeholder="Words in device or message"
    /></label>
    <button>Filter</button>
  </form>`;
}

export const EVENT_WORD: Readonly<Record<AlarmEvent['event'], string>> = {
  raised: 'raised',
  changed: 'changed',
  cleared: 'cleared',
  acknowledged: 'acknowledged',
  unacknowledged: 'taken back',
  comment: 'comment',
};

function eventTable(portal: Portal, events: readonly AlarmEvent[]): Html {
  const devices = portal.directory().devices;
  return html`<table class="rows events">
    <thead>
      <tr>
        <th scope="col">Time</th>
        <th scope="col">Event</th>
        <th scope="col">Device</th>
        <th scope="col">What</th>
        <th scope="col" class="wide">By</th>
      </tr>
    </thead>
    <tbody>
      ${events.map((event) => {
        const raised = event.event === 'raised' || event.event === 'changed';
        return html`<tr>
          <td class="mono when">
            <time datetime="${new Date(event.tsMs).toISOString()}">${stamp(event.tsMs, portal.timeZone)}</time>
          </td>
          <td class="sev">
            ${
              raised
                ? badge(event.severity)
                : html`<span class="badge quiet"
                    >${mark(event.event === 'cleared' ? 'ok' : event.severity, true)}<span
                      >${EVENT_WORD[event.event]}</span
                    ></span
                  >`
            }
          </td>
          <td class="where">
            <a href="${entityPath(event.entity, devices.has(event.entity))}" data-open
              >${devices.get(event.entity)?.device.nick ?? event.entity}</a
            >
          </td>
          <td class="what">
            <span class="message"
              >${shortMessage(event.message, devices.get(event.entity)?.device.nick ?? event.entity)}</span
            >${event.message.toLowerCase().includes(event.instance.toLowerCase()) ? NOTHING : html` <small class="instance">${event.instance}</small>`}
          </td>
          <td class="wide">${event.actor}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

export function historyBody(
  portal: Portal,
  visit: Visit,
  range: TimeRange,
  events: readonly AlarmEvent[] | undefined,
  limit: number,
): Html {
  return html`<div class="titleline">
      <h1>Alarm history</h1>
      <p class="sum">
        ${events === undefined ? 'not readable now' : `${plural(events.length, 'event')}${events.length >= limit ? ' (the newest; choose a shorter time for the rest)' : ''}`}
      </p>
    </div>
    ${timeBar(visit, range, portal.timeZone)}
    <section class="panel" id="history" aria-label="Events" data-refresh>
      ${
        events === undefined
          ? empty(
              'The history cannot be read: no store answers.',
              html`See <a href="/health">health</a>; this page tries again by itself.`,
            )
          : events.length === 0
            ? empty(
                'Nothing happened in this time.',
                html`Try a longer one, e.g. <a href="/alarms/history?from=now-7d&amp;to=now">7 days</a>.`,
              )
            : eventTable(portal, events)
      }
    </section>`;
}
