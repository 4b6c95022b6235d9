/** One graph, large, with its sentence, its figures as a table and its addresses. */
import { formatValue, summarize, type GraphSpec } from '@kaiku/image';
import type { Portal, Visit } from '../portal.ts';
import { graphPath, type GraphName } from '../query/graphs.ts';
import { frozen, type TimeRange } from '../query/time-range.ts';
import { stampMinutes } from '../query/zone.ts';
import { graphPicture } from './graph-figure.ts';
import { html, NOTHING, type Html } from './html.ts';
import { empty, panel } from './parts.ts';
import { timeBar } from './time-bar.ts';

export interface GraphPageData {
  readonly name: GraphName;
  readonly range: TimeRange;
  readonly spec: GraphSpec | undefined;
  readonly sentence: string;
}

const SIZE = { width: 1100, height: 400 };
const ROWS = 24;

export function graphBody(portal: Portal, visit: Visit, data: GraphPageData): Html {
  const { name, range, spec } = data;
  const address = (kind: string): string =>
    `/g/${graphPath(name)}.${kind}?${new URLSearchParams({ ...frozen(range) }).toString()}`;
  return html`<div class="titleline">
      <h1>${name.graph.title}</h1>
      <p class="sum">
        <a href="/devices/${name.entry.device.id}">${name.entry.device.nick}</a
        >${name.instance === '' ? NOTHING : html` · ${name.instance}`}
      </p>
    </div>
    ${timeBar(visit, range, portal.timeZone)}
    <figure class="graph large">
      ${graphPicture(visit, name, range, SIZE, false)}
      <figcaption id="graph-words" data-refresh>${data.sentence}</figcaption>
    </figure>
    <p class="addresses">
      This stretch of time as <a href="${address('svg')}">SVG</a> <a href="${address('png')}">PNG</a>
      <a href="${address('csv')}" download>CSV</a>
    </p>
    ${spec === undefined ? panel('figures', 'Figures', empty('No figures: no store answers.', html`See <a href="/health">health</a>.`)) : tables(portal, spec)}`;
}

function tables(portal: Portal, spec: GraphSpec): Html {
  const shown = spec.lines.map((line) => ({
    line,
    scale: line.scale ?? 1,
    sum: summarize(line.avg, line.min, line.max),
  }));
  const value = (number: number, scale: number): string => formatValue(number * scale, spec.unit);
  const steps = Math.round((spec.toMs - spec.fromMs) / spec.stepMs);
  const every = Math.max(1, Math.ceil(steps / ROWS));
  const rows = Array.from({ length: Math.ceil(steps / every) }, (_, row) => row * every);
  return html`${panel(
    'figures',
    'Figures',
    html`<div class="scroll">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col" class="number">Last</th>
            <th scope="col" class="number">Lowest</th>
            <th scope="col" class="number">Mean</th>
            <th scope="col" class="number">95 %</th>
            <th scope="col" class="number">Highest</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            ({ line, scale, sum }) =>
              html`<tr>
                <td class="where">${line.label}</td>
                <td class="number">${value(sum.last, scale)}</td>
                <td class="number">${value(sum.min, scale)}</td>
                <td class="number">${value(sum.avg, scale)}</td>
                <td class="number">${value(sum.p95, scale)}</td>
                <td class="number">${value(sum.max, scale)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`,
  )}
  ${panel(
    'values',
    'Values',
    html`<details>
      <summary>Table of means, ${rows.length} rows</summary>
      <div class="scroll">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">From</th>
              ${shown.map(({ line }) => html`<th scope="col" class="number">${line.label}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              (row) =>
                html`<tr>
                  <td class="mono">${stampMinutes(spec.fromMs + row * spec.stepMs, portal.timeZone)}</td>
                  ${shown.map(({ line, scale }) => html`<td class="number">${value(meanOf(line.avg, row, row + every), scale)}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`,
    NOTHING,
    false,
  )}`;
}

function meanOf(values: Float64Array, from: number, to: number): number {
  const known = values.subarray(from, to).filter((value) => !Number.isNaN(value));
  return known.length === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0) / known.length;
}
