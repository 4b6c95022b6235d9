/** The device page: is it well, what hurts, how it has been, what it is. */
import type { DescribedDevice } from '@kaiku/catalog';
import { formatValue } from '@kaiku/image';
import type { EventRow } from '@kaiku/store';
import type { Alarm } from '../live/alarm-book.ts';
import type { PartState } from '../live/part-book.ts';
import type { Portal, Visit } from '../portal.ts';
import type { Availability } from '../query/availability.ts';
import type { DeviceDetails, InterfaceRow } from '../query/device.ts';
import type { GraphName } from '../query/graphs.ts';
import type { DeviceState } from '../query/level.ts';
import type { NeighbourRow } from '../query/neighbours.ts';
import type { PathPoints } from '../query/path-points.ts';
import type { AgentView } from '../query/seen-by.ts';
import type { TimeRange } from '../query/time-range.ts';
import { alarmTable } from './alarms.ts';
import { equipment, lastEvents, watchers } from './device-side.ts';
import { duration, percentage, plural } from './format.ts';
import { graphFigure, graphPageHref } from './graph-figure.ts';
import { html, NOTHING, type Html } from './html.ts';
import { badge, kindIcon, quietBadge } from './marks.ts';
import { neighbours } from './neighbours.ts';
import { pathTable } from './path-points.ts';
import { age, empty, panel } from './parts.ts';
import { meter, strip } from './strip.ts';
import { timeBar } from './time-bar.ts';

export interface DevicePageData {
  readonly entry: DescribedDevice;
  readonly state: DeviceState;
  readonly alarms: readonly Alarm[];
  readonly details: DeviceDetails | undefined;
  readonly graphs: readonly GraphName[];
  /** Graphs left out of `graphs` until asked for. */
  readonly moreGraphs: number;
  readonly week: Availability | undefined;
  readonly agents: readonly PartState[];
  /** What each of them last saw. */
  readonly views: readonly AgentView[];
  readonly neighbours: readonly NeighbourRow[];
  /** undefined: it is no path. */
  readonly points: PathPoints | undefined;
  /** The newest of the range; undefined: cannot be read. */
  readonly events: readonly EventRow[] | undefined;
  readonly agentNames: ReadonlyMap<bigint, string>;
  readonly range: TimeRange;
}

const SIZE = { width: 560, height: 220 };

export function deviceBody(portal: Portal, visit: Visit, data: DevicePageData): Html {
  const { entry, alarms, details } = data;
  return html`${head(portal, visit, data)}
    ${panel('alarms', 'Alarms', html`${alarmTable(portal, visit, alarms, `device:${entry.device.id}`)}${alarms.length === 0 ? empty('None active.') : NOTHING}`, html`<a href="/alarms/history?q=${entry.device.id}&amp;from=now-7d&amp;to=now">history</a>`)}
    ${timeBar(visit, data.range, portal.timeZone)}
    <div class="columns device">
      <div class="column">
        ${pathTable(data.points)} ${graphs(visit, data)}
        ${details === undefined || details.interfaces.length === 0 ? NOTHING : interfaces(visit, data, details.interfaces)}
        ${neighbours(data.neighbours)} ${details === undefined ? NOTHING : storage(details)}
        ${lastEvents(portal, entry.device.id, data.events, data.agentNames)}
      </div>
      <aside class="column narrow">
        ${facts(portal, data)} ${watchers(portal, visit, data.agents, data.views)} ${equipment(details)}
      </aside>
    </div>`;
}

function head(portal: Portal, visit: Visit, { entry, state, week, details, views }: DevicePageData): Html {
  const { device, template, site } = entry;
  // Of a service with several checks: as the first agent last saw any of them.
  const responseMs = details?.reading(template.availability[0] ?? 'rtt')?.value ?? views[0]?.responseMs ?? Number.NaN;
  const fresh = state.answering === true ? 'answering' : state.answering === false ? 'not answering' : 'not observed';
  const uptime = details?.reading('sysUpTime');
  return html`<section class="device-head" id="device-head" data-refresh data-device="${device.id}">
    <div class="titleline">
      <span class="kind-box">${kindIcon(template.kind)}</span>
      <h1>${device.nick}</h1>
      ${badge(state.level)}
      <p class="sum"><span class="mono">${device.address}</span> · ${template.name} · ${site.name}, ${site.locality}</p>
    </div>
    <dl class="vitals">
      <div>
        <dt>Now</dt>
        <dd class="${state.level === 'unknown' ? 'stale' : ''}">${fresh}</dd>
      </div>
      <div>
        <dt>Sample age</dt>
        <dd>${age(state.seenMs, visit.nowMs, portal.timeZone)}</dd>
      </div>
      <div>
        <dt>Response</dt>
        <dd>${Number.isNaN(responseMs) ? '—' : formatValue(responseMs, 'ms')}</dd>
      </div>
      <div>
        <dt>Up for</dt>
        <dd>${uptime === undefined || Number.isNaN(uptime.value) ? '—' : duration(uptime.value * 1000)}</dd>
      </div>
      <div class="wide-vital">
        <dt>
          Last 7 days
          <b>${week === undefined ? '' : percentage(week.share)}</b
          >${week !== undefined && week.observed < 0.995 ? html` <small>of the ${percentage(week.observed)} observed</small>` : NOTHING}
        </dt>
        <dd>${strip(week, portal.timeZone, 'Seven days', details === undefined ? 'not readable now' : undefined)}</dd>
      </div>
    </dl>
  </section>`;
}

function graphs(visit: Visit, { graphs: names, moreGraphs, range, details, entry }: DevicePageData): Html {
  if (details === undefined)
    return panel(
      'graphs',
      'Graphs',
      empty('Nothing can be drawn: no store answers.', html`Agents keep measuring; see <a href="/health">health</a>.`),
    );
  if (names.length === 0) {
    return panel(
      'graphs',
      'Graphs',
      empty(
        'Nothing has been measured yet.',
        html`${entry.agents.join(', ')} should send the first values within a minute; see
          <a href="/health">health</a> if not.`,
      ),
    );
  }
  const all = new URL(visit.address, 'http://x');
  all.searchParams.set('all', '1');
  return html`<section class="graphs" aria-label="Graphs">
      ${names.map((name, index) => graphFigure(visit, name, range, SIZE, index > 3))}
    </section>
    ${
      moreGraphs === 0
        ? NOTHING
        : html`<p class="more">
            <a class="button" href="${all.pathname}${all.search}">Show ${moreGraphs} more graphs</a>
          </p>`
    }`;
}

const OPER = ['', 'up', 'down', 'testing', 'unknown', 'dormant', 'absent', 'lower layer down'] as const;

function interfaces(visit: Visit, { entry, range }: DevicePageData, rows: readonly InterfaceRow[]): Html {
  const graph = entry.template.graphs.find(
    (each) => each.per === 'instance' && each.lines[0]?.metric.endsWith('Octets') === true,
  );
  const body = rows.map((row) => {
    const wanted = row.admin !== 2;
    const level = row.oper === 1 ? 'ok' : row.oper === 2 && wanted ? 'minor' : 'unknown';
    const word = Number.isNaN(row.oper) ? 'not known' : wanted ? (OPER[row.oper] ?? 'unknown') : 'off by choice';
    const name =
      graph === undefined
        ? html`${row.name}`
        : html`<a href="${graphPageHref({ entry, graph, instance: row.name }, range)}" data-open>${row.name}</a>`;
    const busy = Math.max(
      Number.isNaN(row.inPercent) ? 0 : row.inPercent,
      Number.isNaN(row.outPercent) ? 0 : row.outPercent,
    );
    const stale = visit.nowMs - row.inBits.ts > 600_000 ? 'stale' : '';
    const fault = row.errors > 0 || row.discards > 0;
    return html`<tr class="${stale}" data-key="${row.name}">
      <td class="sev">
        <span class="badge ${level === 'minor' ? 'down' : 'quiet'}">${quietMark(level)}<span>${word}</span></span>
      </td>
      <td class="where">${name}${row.alias === '' ? NOTHING : html` <small>${row.alias}</small>`}</td>
      <td class="number wide">${row.bitsPerSecond > 0 ? formatValue(row.bitsPerSecond, 'bit/s') : '—'}</td>
      <td class="number">${formatValue(row.inBits.value, 'bit/s')}</td>
      <td class="number">${formatValue(row.outBits.value, 'bit/s')}</td>
      <td class="wide">${meter(row.bitsPerSecond > 0 ? busy : Number.NaN, 'busier direction')}</td>
      <td class="number wide">
        ${fault ? html`<b>${formatValue(row.errors + row.discards, '1/s')}</b>` : html`<span class="nodata">${Number.isNaN(row.errors) ? '—' : 'none'}</span>`}
      </td>
    </tr>`;
  });
  return panel(
    'interfaces',
    'Interfaces',
    html`<div class="scroll">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Interface</th>
            <th scope="col" class="number wide">Speed</th>
            <th scope="col" class="number">In</th>
            <th scope="col" class="number">Out</th>
            <th scope="col" class="wide">Used</th>
            <th scope="col" class="number wide">Errors, discards</th>
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>`,
    html`${plural(rows.length, 'interface')}`,
  );
}

function quietMark(level: 'ok' | 'minor' | 'unknown'): Html {
  return quietBadge(level === 'minor' ? 'minor' : level);
}

function storage({ storage: rows, supplies }: DeviceDetails): Html {
  return html`${
    rows.length === 0
      ? NOTHING
      : panel(
          'storage',
          'Storage',
          html`<table class="rows">
            <thead>
              <tr>
                <th scope="col">Volume</th>
                <th scope="col" class="number">Size</th>
                <th scope="col" class="number">Used</th>
                <th scope="col">Full</th>
              </tr>
            </thead>
            <tbody>
              ${rows.map(
                (row) =>
                  html`<tr data-key="${row.name}">
                    <td class="where">${row.name}</td>
                    <td class="number">${formatValue(row.sizeBytes, 'B')}</td>
                    <td class="number">${formatValue(row.usedBytes, 'B')}</td>
                    <td>${meter(row.percent, 'full')}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`,
        )
  }${
    supplies.length === 0
      ? NOTHING
      : panel(
          'supplies',
          'Supplies',
          html`<table class="rows">
            <thead>
              <tr>
                <th scope="col">Supply</th>
                <th scope="col">Left</th>
              </tr>
            </thead>
            <tbody>
              ${supplies.map(
                (row) =>
                  html`<tr>
                    <td class="where">${row.name}</td>
                    <td>${meter(row.percent, 'left')}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`,
        )
  }`;
}

function facts(portal: Portal, { entry, details }: DevicePageData): Html {
  const { device, template, agency, site } = entry;
  const told: readonly (readonly [string, Html | string | undefined])[] = [
    ['Id', html`<code>${device.id}</code>`],
    ['Agency', html`<a href="/agencies/${agency.id}">${agency.name}</a>`],
    ['Model', html`<a href="/agencies/${agency.id}/${template.id}">${template.name}</a>`],
    ['Place', html`<a href="/sites/${site.id}">${site.name}</a>, ${site.locality}`],
    ['Owner', device.owner],
    ['User', device.user],
    ['Criticality', device.criticality],
    ['Service hours', device.serviceHours],
    ['Name it gives', details?.fact('sysName')],
    ['Location it gives', details?.fact('sysLocation')],
    ['System', details?.fact('sysDescr')],
    [
      'Reached through',
      device.dependsOn.length === 0
        ? undefined
        : html`${device.dependsOn.map((id, index) => html`${index > 0 ? ', ' : ''}<a href="/devices/${id}">${portal.directory().devices.get(id)?.device.nick ?? id}</a>`)}`,
    ],
    ...Object.entries(device.tags).map(([key, value]): readonly [string, string] => [key, value]),
  ];
  return panel(
    'facts',
    'Facts',
    html`<dl class="facts">
      ${told.map(([name, value]) =>
        value === undefined || value === ''
          ? NOTHING
          : html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
      )}
    </dl>`,
  );
}
