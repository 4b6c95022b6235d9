/**
 * From a `GraphSpec` to a picture. `composeGraph` lays out and returns the parts in drawing order;
 * `renderGraph` joins them to SVG; `png/` paints the layers itself. Same input, same bytes.
 *
 *   summaries → extent → frame → value axis → scales → ground, layers, markers, legend
 */
import type { GraphSpec } from './spec.ts';
import { FONT_FAMILY, paletteOf, type Palette } from './theme.ts';
import { describeWith, rangeText, scaledSummary } from './describe.ts';
import { drawTimeAxis, drawValueAxis, type Scales } from './draw/axes.ts';
import { drawLegend } from './draw/legend.ts';
import { layersOf, layerSvg, type Layer } from './draw/layers.ts';
import { drawMarkerGround, drawMarkers, drawUnobserved, markerArea } from './draw/markers.ts';
import type { Rectangle } from './draw/hatch.ts';
import { crisp, escapeXml, px } from './draw/svg.ts';
import { LABEL_PX, Texts, textsSvg, type TextRun } from './draw/texts.ts';
import { frameOf, PAD_PX, SUBTITLE_PX, TITLE_PX, type Frame } from './layout/frame.ts';
import { fitText, textWidth } from './layout/text-width.ts';
import { valueAxis, type ValueAxis, type ValueExtent } from './layout/value-axis.ts';
import { gapsOf } from './reduce/gaps.ts';
import { stackLayers } from './reduce/stack.ts';
import type { Summary } from './reduce/summary.ts';
import type { Mapping } from './reduce/track.ts';

export interface ComposedGraph {
  /** Opening tag, words for readers, ground and axes. */
  readonly before: string;
  readonly layers: readonly Layer[];
  /** Markers and legend swatches. */
  readonly after: string;
  /** All words, on top of everything. */
  readonly texts: readonly TextRun[];
  readonly plot: Rectangle;
}

/** Pixels a value tick needs, and the most there may be. */
const TICK_PX = 36;
const MAX_TICKS = 8;
/** Newest steps that may still be on their way without being called a gap. */
const GRACE_STEPS = 2;

/** Closes what `before` opened. */
export const SVG_END = '</svg>';

/** An SVG document. */
export function renderGraph(spec: GraphSpec): string {
  const { before, layers, after, texts } = composeGraph(spec);
  let data = '';
  for (const layer of layers) data += layerSvg(layer);
  // Points are whole tenths of a pixel; the group scales them back.
  return (
    before +
    (data === '' ? '' : `<g transform="scale(.1)" fill="none" stroke-linejoin="round">${data}</g>`) +
    after +
    textsSvg(texts) +
    SVG_END
  );
}

export function composeGraph(spec: GraphSpec): ComposedGraph {
  const palette = paletteOf(spec.theme);
  const count = stepsOf(spec);
  const summaries = spec.lines.map(scaledSummary);
  const extent = extentOf(spec, summaries, count);
  const empty = extent.low > extent.high;
  const frame = frameOf(spec, true);
  const ticks = Math.min(MAX_TICKS, Math.max(2, Math.floor((frame.bottom - frame.top) / TICK_PX)));
  const axis = valueAxis(extent, {
    unit: spec.unit,
    yMin: spec.yMin,
    yMax: spec.yMax,
    unsigned: spec.style === 'mirror',
    count: ticks,
  });
  const scales = scalesOf(spec, frame, axis);
  const { plot } = scales;
  const layers = empty ? [] : layersOf(spec, mappingOf(spec, scales, axis, count), palette);

  const texts = new Texts();
  header(spec, frame, axis, palette, texts);
  const description = describeWith(spec, summaries);
  const font = `font-family="${FONT_FAMILY}" font-size="${LABEL_PX}" font-variant="tabular-nums"`;
  const before =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${spec.width}" height="${spec.height}" viewBox="0 0 ${spec.width} ${spec.height}" role="img" ` +
    `data-plot="${px(plot.left)} ${px(plot.top)} ${px(plot.right)} ${px(plot.bottom)}" data-from="${spec.fromMs}" data-to="${spec.toMs}" ${font}>` +
    `<title>${escapeXml(spec.title)}</title><desc>${escapeXml(description)}</desc>` +
    (spec.transparent === true
      ? ''
      : `<path d="M0 0h${spec.width}v${spec.height}h-${spec.width}z" fill="${palette.background}"/>`) +
    drawUnobserved(unobservedAreas(spec, scales, count, empty), palette) +
    drawMarkerGround(spec, scales, palette) +
    drawTimeAxis(spec, scales, palette, frame.axisRows, texts) +
    drawValueAxis(axis, scales, palette, frame.bottom - frame.top >= 24 ? texts : undefined) +
    `<path d="M${px(plot.left)} ${px(crisp(plot.bottom))}H${px(plot.right)}" stroke="${palette.axis}"/>`;
  const after =
    (empty ? emptyNotice(spec, scales, palette, texts) : '') +
    nowLine(spec, scales, palette) +
    drawMarkers(spec, scales, palette, texts) +
    drawLegend(spec, frame.legend, summaries, palette, texts);
  return { before, layers, after, texts: texts.runs, plot };
}

function stepsOf(spec: GraphSpec): number {
  return spec.toMs > spec.fromMs && spec.stepMs > 0 ? Math.ceil((spec.toMs - spec.fromMs) / spec.stepMs) : 0;
}

/** Lowest and highest value drawn. */
function extentOf(spec: GraphSpec, summaries: readonly Summary[], count: number): ValueExtent {
  let low = Infinity;
  let high = -Infinity;
  const include = (value: number): void => {
    if (value < low) low = value;
    if (value > high) high = value;
  };
  if (spec.style === 'stack') {
    for (const layer of stackLayers(
      spec.lines.map(({ avg, scale }) => ({ avg, scale: scale ?? 1 })),
      count,
    )) {
      layer.low.forEach(include);
      layer.high.forEach(include);
    }
    return { low, high };
  }
  summaries.forEach((summary, index) => {
    if (summary.count === 0) return;
    const sign = spec.style === 'mirror' && index % 2 === 1 ? -1 : 1;
    include(sign * summary.min);
    include(sign * summary.max);
  });
  return { low, high };
}

function scalesOf(spec: GraphSpec, frame: Frame, axis: ValueAxis): Scales {
  const widest = Math.max(0, ...axis.ticks.map(({ label }) => textWidth(label, LABEL_PX)));
  const left = Math.round(Math.max(PAD_PX + widest + 7, 34));
  const right = Math.max(left + 10, spec.width - PAD_PX - 2);
  const { top, bottom } = frame;
  const perUnit = (bottom - top) / (axis.high - axis.low);
  const perMs = (right - left) / Math.max(1, spec.toMs - spec.fromMs);
  return {
    plot: { left, right, top, bottom },
    y: (value) => bottom - (value - axis.low) * perUnit,
    x: (atMs) => left + (atMs - spec.fromMs) * perMs,
  };
}

function mappingOf(spec: GraphSpec, scales: Scales, axis: ValueAxis, count: number): Mapping {
  const { plot } = scales;
  const dx = (10 * (plot.right - plot.left) * spec.stepMs) / (spec.toMs - spec.fromMs);
  const perUnit = (10 * (plot.bottom - plot.top)) / (axis.high - axis.low);
  return {
    x0: 10 * plot.left + dx / 2,
    dx,
    y0: 10 * plot.bottom + axis.low * perUnit,
    perUnit,
    top: 10 * plot.top,
    bottom: 10 * plot.bottom,
    count,
    columns: Math.max(1, Math.round(plot.right - plot.left)),
  };
}

/** Unobserved markers and stretches in which no line knows anything, up to the present. */
function unobservedAreas(spec: GraphSpec, scales: Scales, count: number, empty: boolean): Rectangle[] {
  const { plot } = scales;
  const areas: Rectangle[] = [];
  for (const marker of spec.markers ?? []) {
    const area = marker.kind === 'unobserved' ? markerArea(spec, marker, scales) : undefined;
    if (area !== undefined) areas.push(area);
  }
  const untilMs = Math.min(spec.nowMs ?? spec.toMs, spec.toMs);
  if (empty) {
    const right = Math.min(plot.right, scales.x(untilMs));
    return right > plot.left ? [{ ...plot, right }] : [];
  }
  const until = Math.max(0, Math.min(count, Math.floor((untilMs - spec.fromMs) / spec.stepMs)));
  for (const { start, end } of gapsOf(
    spec.lines.map(({ avg }) => avg),
    until,
    GRACE_STEPS,
  )) {
    const left = scales.x(spec.fromMs + start * spec.stepMs);
    const right = Math.min(plot.right, scales.x(spec.fromMs + end * spec.stepMs));
    if (right - left >= 0.7) areas.push({ left, right: Math.max(right, left + 1), top: plot.top, bottom: plot.bottom });
  }
  return areas;
}

function header(spec: GraphSpec, frame: Frame, axis: ValueAxis, palette: Palette, texts: Texts): void {
  const { titleY, subtitle, captionY } = frame;
  const room = spec.width - 2 * PAD_PX;
  const muted = { fill: palette.muted };
  if (titleY !== undefined) {
    texts.add(PAD_PX, titleY, fitText(spec.title, TITLE_PX, room), { fill: palette.text, size: TITLE_PX, weight: 600 });
    const second = fitText(spec.subtitle ?? '', LABEL_PX, room);
    if (subtitle === 'beside') texts.follow(second, muted);
    else if (subtitle === 'below') texts.add(PAD_PX, titleY + SUBTITLE_PX, second, muted);
  }
  if (captionY !== undefined) texts.add(PAD_PX, captionY, axis.caption, muted);
}

function nowLine(spec: GraphSpec, scales: Scales, palette: Palette): string {
  if (spec.nowMs === undefined || spec.nowMs <= spec.fromMs || spec.nowMs >= spec.toMs) return '';
  const { top, bottom } = scales.plot;
  const x = px(crisp(scales.x(spec.nowMs)));
  return `<path d="M${x} ${px(top)}V${px(bottom)}" stroke="${palette.muted}" stroke-dasharray="2 3"/>`;
}

function emptyNotice(spec: GraphSpec, scales: Scales, palette: Palette, texts: Texts): string {
  const { left, right, top, bottom } = scales.plot;
  const whole = `no data between ${rangeText(spec)}`;
  const rows =
    textWidth(whole, 12) + 16 <= right - left ? [whole] : ['no data between', ...rangeText(spec).split(/(?<= and) /)];
  const middle = (left + right) / 2;
  const width = Math.max(...rows.map((row) => textWidth(row, 12))) + 20;
  const height = rows.length * 17 + 9;
  const y = (top + bottom) / 2 - height / 2;
  rows.forEach((row, index) =>
    texts.add(middle, y + 17 + index * 17, row, { fill: palette.text, anchor: 'middle', size: 12 }),
  );
  return `<rect x="${px(middle - width / 2)}" y="${px(y)}" width="${px(width)}" height="${height}" rx="4" fill="${palette.background}"/>`;
}
