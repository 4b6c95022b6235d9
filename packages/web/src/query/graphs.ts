/**
 * Which graphs a device has, and the data of one: from a graph's id to the GraphSpec that the image
 * package draws. Ids are `<device>.<graph>` or `<device>.<graph>.<instance>` and never change.
 */
import { metric as dictionary, type DescribedDevice, type Graph } from '@kaiku/catalog';
import type { GraphLine, GraphSpec, Theme } from '@kaiku/image';
import { seriesId } from '@kaiku/protocol';
import type { GridSeries, SeriesInfo } from '@kaiku/store';
import { NotFoundError } from '../errors.ts';
import { heartbeatMs, type Scope } from './directory.ts';
import type { Reader } from './reader.ts';
import { spacingMs } from './spacing.ts';
import { stepFor, type TimeRange } from './time-range.ts';

export interface GraphName {
  readonly entry: DescribedDevice;
  readonly graph: Graph;
  /** Empty for a graph of the whole device. */
  readonly instance: string;
}

export function graphId({ entry, graph, instance }: GraphName): string {
  return `${entry.device.id}.${graph.id}${instance === '' ? '' : `.${instance}`}`;
}

/** `<id>` as it stands in an address. */
export function graphPath(name: GraphName): string {
  return encodeURIComponent(graphId(name));
}

/** @throws NotFoundError also for what is out of scope */
export function graphOf(scope: Scope, id: string): GraphName {
  const match = /^([^.]+)\.([^.]+)(?:\.(.+))?$/s.exec(id);
  const entry = scope.device(match?.[1] ?? '');
  const graph = entry.template.graphs.find((each) => each.id === match?.[2]);
  const instance = match?.[3] ?? '';
  if (graph === undefined || (graph.per === 'instance') !== (instance !== ''))
    throw new NotFoundError(`${entry.device.nick} has no such graph`, { hint: 'its page lists the graphs there are' });
  return { entry, graph, instance };
}

/** All graphs of a device: those per instance once for each instance that has anything to draw. */
export function graphsOf(entry: DescribedDevice, series: readonly SeriesInfo[]): readonly GraphName[] {
  const known = new Set(series.map((each) => each.metric));
  return entry.template.graphs.flatMap((graph) => {
    if (graph.per === 'device') {
      return graph.lines.some((line) => known.has(line.metric)) ? [{ entry, graph, instance: '' }] : [];
    }
    const drawn = new Set(graph.lines.map(({ metric }) => metric));
    const instances = new Set(series.filter(({ metric }) => drawn.has(metric)).map((each) => each.instance));
    return [...instances]
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map((instance) => ({ entry, graph, instance }));
  });
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  readonly timeZone: string;
  readonly nowMs: number;
}

/** Reads what a graph shows. @throws UnavailableError */
export async function graphSpec(
  reader: Reader,
  name: GraphName,
  range: TimeRange,
  picture: Picture,
): Promise<GraphSpec> {
  const { entry, graph, instance } = name;
  const series = await reader.seriesOf(entry.device.id);
  const wanted = linesOf(graph, entry.device.id, instance, series);
  const points = Math.max(60, picture.width - 60);
  const { grids, fromMs, toMs, stepMs } = await readGrids(reader, name, wanted, range, points);
  const byId = new Map(grids.map((grid) => [grid.series, grid]));
  const lines = wanted.map((line) => toLine(line, byId.get(line.id), Math.round((toMs - fromMs) / stepMs)));
  const one = lines.length === 1 || graph.style === 'band';
  return {
    title: graph.title,
    subtitle: instance === '' ? entry.device.nick : `${entry.device.nick} · ${instance}`,
    unit: graph.unit,
    style: graph.style,
    fromMs,
    toMs,
    stepMs,
    timeZone: picture.timeZone,
    width: picture.width,
    height: picture.height,
    theme: picture.theme,
    lines: one ? asBand(lines) : lines.map(({ label, avg, scale = 1 }) => ({ label, avg, scale })),
    nowMs: picture.nowMs,
    ...(graph.min === undefined ? {} : { yMin: graph.min }),
    ...(graph.max === undefined ? {} : { yMax: graph.max }),
  };
}

interface Grids {
  readonly grids: readonly GridSeries[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** A spacing measured on a grid comes out a little above or below the true one. */
const NEARLY = 0.95;

/** Values on a grid of a step that suits picture and interval; read once more when the samples lie further apart. */
async function readGrids(
  reader: Reader,
  { entry, graph }: GraphName,
  wanted: readonly WantedLine[],
  range: TimeRange,
  points: number,
): Promise<Grids> {
  const readAt = async (stepMs: number): Promise<Grids> => {
    const fromMs = Math.floor(range.fromMs / stepMs) * stepMs;
    const toMs = Math.ceil(range.toMs / stepMs) * stepMs;
    if (wanted.length === 0) return { grids: [], fromMs, toMs, stepMs };
    const series = wanted.map(({ id, kind }) => ({ id, kind }));
    const grids = await reader.read(graph.title, (store) => store.read.grid({ series, fromMs, toMs, stepMs }));
    return { grids, fromMs, toMs, stepMs };
  };
  const first = await readAt(stepFor(range.fromMs, range.toMs, points, heartbeatMs(entry)));
  const spacing = Math.max(...first.grids.map(({ avg }) => spacingMs(avg, first.stepMs)), first.stepMs);
  return spacing === first.stepMs ? first : readAt(stepFor(range.fromMs, range.toMs, points, spacing * NEARLY));
}

interface WantedLine {
  readonly id: bigint;
  readonly kind: SeriesInfo['kind'];
  readonly label: string;
  readonly scale: number;
}

/** A device graph over a metric with instances (CPU cores) draws one line for each instance. */
function linesOf(graph: Graph, entity: string, instance: string, series: readonly SeriesInfo[]): readonly WantedLine[] {
  return graph.lines.flatMap((line) => {
    const { label, scale } = line;
    const own = graph.per === 'instance' ? instance : '';
    const known = series.filter(
      (each) => each.metric === line.metric && (graph.per === 'device' || each.instance === own),
    );
    if (known.length === 0) {
      const kind = dictionary(line.metric)?.kind ?? 'gauge';
      return [{ id: seriesId({ entity, metric: line.metric, instance: own }), kind, label, scale }];
    }
    // Bare indexes (of processors) say nothing to people: they are counted from 1 instead.
    const bare = known.every((each) => /^\d+$/.test(each.instance));
    return known
      .toSorted((a, b) => a.instance.localeCompare(b.instance, 'en', { numeric: true }))
      .map((each, at) => ({
        id: each.id,
        kind: each.kind,
        label: known.length === 1 ? label : `${label} ${bare ? at + 1 : each.instance}`.trim(),
        scale,
      }));
  });
}

function toLine({ label, scale }: WantedLine, grid: GridSeries | undefined, steps: number): GraphLine {
  const avg = grid?.avg ?? new Float64Array(steps).fill(Number.NaN);
  return { label, avg, scale, ...(grid === undefined ? {} : { min: grid.min, max: grid.max }) };
}

/** One line with its extremes as a band; further lines (shortest, longest) give the band where there are three. */
function asBand(lines: readonly GraphLine[]): readonly GraphLine[] {
  const [middle, low, high] = lines;
  if (middle === undefined) return lines;
  const min = low?.min ?? low?.avg ?? middle.min;
  const max = high?.max ?? high?.avg ?? middle.max;
  const single = { label: middle.label, avg: middle.avg, scale: middle.scale ?? 1 };
  return [min === undefined || max === undefined ? single : { ...single, min, max }];
}
