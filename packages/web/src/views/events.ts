/** Events of devices and agents: a page of their own with its filters, and a part of a device's page. */
import { EVENT_KINDS } from '@kaiku/protocol';
import type { EventRow } from '@kaiku/store';
import type { Portal, Visit } from '../portal.ts';
import { placeText, type EventQuery } from '../query/events.ts';
import type { Level } from '../query/level.ts';
import type { TimeRange } from '../query/time-range.ts';
import { stamp } from '../query/zone.ts';
import { plural } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { mark } from './marks.ts';
import { empty } from './parts.ts';
import { timeBar } from './time-bar.ts';

/** RFC 5424's words. */
const SEVERITY_WORDS = [
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'notice',
  'information',
  'debug',
] as const;

/** Colour is for what needs a person: errors and worse. */
function levelOf(severity: number): Level {
  if (severity <= 2) return 'critical';
  if (severity === 3) return 'major';
  return severity === 4 ? 'minor' : 'ok';
}

const MOST_FIELDS = 40;

/** The message; what else is known of the event opens below it. */
function what(event: EventRow): Html {
  // Who sent it: a device that is known by what its message says need not be its sender.
  const source: [string, string][] = event.source === '' ? [] : [['source', event.source]];
  const fields = [...source, ...Object.entries(event.fields).slice(0, MOST_FIELDS)];
  if (fields.length === 0 && event.rawBase64 === '') return html`<span class="message">${event.message}</span>`;
  return html`<details class="event-more">
    <summary class="message">${event.message}</summary>
    ${
      fields.length === 0
        ? NOTHING
        : html`<dl class="pairs">
            ${fields.map(
              ([name, value]) =>
                html`<div>
                  <dt>${name}</dt>
                  <dd>${value}</dd>
                </div>`,
            )}
          </dl>`
    }
    ${event.rawBase64 === '' ? NOTHING : html`<pre class="raw" aria-label="As received, in hexadecimal">${rawText(event.rawBase64)}</pre>`}
  </details>`;
}

const RAW_SHOWN = 512;

/** Hexadecimal, 16 bytes a line, with what is readable beside it. */
function rawText(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, RAW_SHOWN); at += 16) {
    const line = bytes.subarray(at, Math.min(at + 16, RAW_SHOWN));
    const hex = [...line].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...line].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${hex.padEnd(47)}  ${text}`);
  }
  if (bytes.length > RAW_SHOWN) lines.push(`and ${bytes.length - RAW_SHOWN} bytes more`);
  return lines.join('\n');
}

/** @param agents names by id, for the column of who saw it */
export function eventTable(
  portal: Portal,
  events: readonly EventRow[],
  agents: ReadonlyMap<bigint, string>,
  withDevice = true,
): Html {
  const devices = portal.directory().devices;
  return html`<table class="rows events">
    <thead>
      <tr>
        <th scope="col">Time</th>
        <th scope="col">Severity</th>
        ${withDevice ? html`<th scope="col">Device</th>` : NOTHING}
        <th scope="col">What</th>
        <th scope="col" class="wide">Kind</th>
        <th scope="col" class="wide">Seen by</th>
      </tr>
    </thead>
    <tbody>
      ${events.map((event) => {
        const entry = devices.get(event.entity);
        const level = levelOf(event.severity);
        return html`<tr data-key="${event.id}">
          <td class="mono when">
            <time datetime="${new Date(event.tsMs).toISOString()}">${stamp(event.tsMs, portal.timeZone)}</time>
          </td>
          <td class="sev">
            <span class="badge ${level === 'ok' ? 'quiet' : level}"
              >${level === 'ok' ? NOTHING : mark(level)}<span
                >${SEVERITY_WORDS[event.severity] ?? event.severity}</span
              ></span
            >
          </td>
          ${
            withDevice
              ? html`<td class="where">
                  ${entry === undefined ? html`<span class="mono">${event.source === '' ? event.entity : event.source}</span>` : html`<a href="/devices/${entry.device.id}" data-open>${entry.device.nick}</a>`}
                </td>`
              : NOTHING
          }
          <td class="what">${what(event)}</td>
          <td class="wide">${event.kind} <small title="${event.fields['trapOid'] ?? ''}">${event.name}</small></td>
          <td class="wide">${agents.get(event.agent) ?? event.agent.toString(16)}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

export interface EventPageData {
  readonly range: TimeRange;
  readonly query: EventQuery;
  /** undefined: cannot be read. */
  readonly events: readonly EventRow[] | undefined;
  readonly limit: number;
  readonly agents: ReadonlyMap<bigint, string>;
}

export function eventsBody(portal: Portal, visit: Visit, { range, query, events, limit, agents }: EventPageData): Html {
  return html`<div class="titleline">
      <h1>Events</h1>
      <p class="sum">
        ${events === undefined ? 'not readable now' : howMany(events.length, limit, query.before !== undefined)}
      </p>
    </div>
    ${timeBar(visit, range, portal.timeZone)} ${filterBar(visit, query)}
    <button type="button" class="held-rows" data-held-for="events" hidden><span data-held-count>0</span> new</button>
    <section class="panel" id="events" aria-label="Events" data-refresh data-hold>
      ${events === undefined ? unreadable() : events.length === 0 ? nothing(query) : eventTable(portal, events, agents)}
      ${events === undefined ? NOTHING : pages(visit, query, events, limit)}
    </section>`;
}

function howMany(count: number, limit: number, later: boolean): string {
  const which = later ? ' further back' : count >= limit ? ', the newest' : '';
  return `${plural(count, 'event')}${which}`;
}

/** An address says where a page begins, so it shows the same however many come meanwhile. */
function pages(visit: Visit, { before }: EventQuery, events: readonly EventRow[], limit: number): Html {
  const last = events.length >= limit ? events.at(-1) : undefined;
  if (last === undefined && before === undefined) return NOTHING;
  const address = new URL(visit.address, 'http://x');
  const link = (place: string | undefined): string => {
    if (place === undefined) address.searchParams.delete('before');
    else address.searchParams.set('before', place);
    return `${address.pathname}${address.search}`;
  };
  return html`<nav class="pages" aria-label="Pages of events">
    ${before === undefined ? NOTHING : html`<a class="button quiet" href="${link(undefined)}">Newest</a>`}
    ${last === undefined ? NOTHING : html`<a class="button quiet" href="${link(placeText(last))}" rel="next">Older</a>`}
  </nav>`;
}

const unreadable = (): Html =>
  empty(
    'Events cannot be read: no store answers.',
    html`See <a href="/health">health</a>; this page tries again by itself.`,
  );

function nothing({ kind, severity, entity, text }: EventQuery): Html {
  if (kind !== undefined || severity !== undefined || entity !== undefined || text !== '')
    return empty('No event fits this filter in this time.', html`<a href="/events">Show all</a>.`);
  return empty(
    'No event in this time.',
    html`Devices send traps and syslog to an agent that listens for them (<code>listen:</code> in its entry); changes of
      equipment and of routes appear by themselves.`,
  );
}

function filterBar(visit: Visit, query: EventQuery): Html {
  const option = (value: string, label: string, chosen: boolean): Html =>
    html`<option value="${value}" ${chosen ? html`selected` : NOTHING}>${label}</option>`;
  const address = new URL(visit.address, 'http://x');
  const kept = ['from', 'to'].flatMap((name) => {
    const value = address.searchParams.get(name);
    return value === null ? [] : [html`<input type="hidden" name="${name}" value="${value}" />`];
  });
  return html`<form class="filters" action="/events" data-auto-submit>
    ${kept}
    <label
      >Kind
      <select name="kind">
        ${option('', 'any', query.kind === undefined)}${EVENT_KINDS.map((kind) => option(kind, kind, kind === query.kind))}
      </select></label
    >
    <label
      >Severity
      <select name="severity">
        ${option('', 'any', query.severity === undefined)}${SEVERITY_WORDS.slice(0, 7).map((word, severity) => option(String(severity), severity === 0 ? word : `${word} or worse`, severity === query.severity))}
      </select></label
    >
    ${query.entity === undefined ? NOTHING : html`<label>Device <input name="device" value="${query.entity}" size="16" /></label>`}
    <label class="grow"
      ><span class="ears">Words in the message</span
      ><input type="search" name="q" value="${query.text}" placeholder="Words in the message"
    /></label>
    <button>Filter</button>
  </form>`;
}
