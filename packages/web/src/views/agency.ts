/** Lists of devices: an agency by model, one model of an agency, a site. */
import type { Portal, Visit } from '../portal.ts';
import type { Availability } from '../query/availability.ts';
import type { ModelGroup } from '../query/directory.ts';
import { rank, type DeviceState, type Rollup } from '../query/level.ts';
import { percentage, plural } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { badge, tally } from './marks.ts';
import { age, deviceCells, empty, panel } from './parts.ts';
import { sparkline, strip } from './strip.ts';

interface GroupView {
  readonly group: ModelGroup;
  readonly href: string | undefined;
  readonly rollup: Rollup;
}

export interface DeviceListData {
  readonly title: string;
  readonly subtitle: string;
  readonly rollup: Rollup;
  readonly groups: readonly GroupView[];
  readonly states: ReadonlyMap<string, DeviceState>;
  readonly availability: ReadonlyMap<string, Availability>;
  readonly total: Availability | undefined;
  /** Response times of the last day, for the sparkline of each row. */
  readonly response: ReadonlyMap<string, Float64Array>;
}

export function deviceListBody(portal: Portal, visit: Visit, data: DeviceListData): Html {
  return html`<section id="list-head" data-refresh class="titleline tall">
      <h1>${data.title}</h1>
      ${data.rollup.total === 0 ? NOTHING : badge(data.rollup.level)}
      <p class="sum">${data.subtitle} · ${plural(data.rollup.total, 'device')} ${tally(data.rollup)}</p>
      <p class="figure"><b>${data.total === undefined ? '—' : percentage(data.total.share)}</b> available today</p>
    </section>
    ${data.groups.length === 0 ? panel('none', 'Devices', empty('No device here yet.', html`Add one to the catalog and run <code>./kaiku apply</code>.`)) : NOTHING}
    ${data.groups.map((each) => groupPanel(portal, visit, each, data))}`;
}

function groupPanel(portal: Portal, { nowMs }: Visit, { group, href, rollup }: GroupView, data: DeviceListData): Html {
  const ordered = group.devices.toSorted((a, b) => {
    const [left, right] = [data.states.get(a.device.id), data.states.get(b.device.id)];
    return (
      rank(left?.level ?? 'unknown') - rank(right?.level ?? 'unknown') || a.device.nick.localeCompare(b.device.nick)
    );
  });
  const rows = ordered.map((entry) => {
    const { id } = entry.device;
    const state = data.states.get(id) ?? {
      level: 'unknown' as const,
      alarms: 0,
      unacknowledged: 0,
      seenMs: undefined,
      answering: undefined,
    };
    const response = data.response.get(id);
    const today = data.availability.get(id);
    return html`<tr data-key="${id}" data-device="${id}">
      ${deviceCells(entry, state)}
      <td class="wide">${entry.site.name}</td>
      <td class="number">
        ${state.alarms === 0 ? html`<span class="nodata">—</span>` : html`<a href="/devices/${id}#alarms">${state.alarms}</a>`}
      </td>
      <td class="wide spark-cell">
        ${response === undefined ? html`<span class="nodata">no data</span>` : sparkline(response, `Response time of ${entry.device.nick}, 24 hours`)}
      </td>
      <td class="wide strip-cell">${strip(today, portal.timeZone, entry.device.nick)}</td>
      <td class="number">${today === undefined ? '—' : percentage(today.share)}</td>
      <td class="number">${age(state.seenMs, nowMs, portal.timeZone)}</td>
    </tr>`;
  });
  const table = html`<div class="scroll">
    <table class="rows devices fixed">
      <thead>
        <tr>
          <th scope="col"><span class="ears">State</span></th>
          <th scope="col">Device</th>
          <th scope="col" class="wide">Address</th>
          <th scope="col" class="wide">Site</th>
          <th scope="col" class="number">Alarms</th>
          <th scope="col" class="wide">Response, 24 h</th>
          <th scope="col" class="wide">Today</th>
          <th scope="col" class="number">Up today</th>
          <th scope="col" class="number" title="of the newest sample">Age</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
  const title = html`${tally(rollup)}${href === undefined ? NOTHING : html` <a href="${href}">only these</a>`}`;
  return panel(`model-${group.id}`, group.name, table, title);
}
