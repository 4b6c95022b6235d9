/** Grid and labels of both axes. */
import type { GraphSpec } from '../spec.ts';
import type { Palette } from '../theme.ts';
import type { ValueAxis } from '../layout/value-axis.ts';
import type { Rectangle } from './hatch.ts';
import { textWidth } from '../layout/text-width.ts';
import { timeTicks, type TimeTicks } from '../time/ticks.ts';
import { crisp, px } from './svg.ts';
import { LABEL_PX, type Texts } from './texts.ts';

/** Pixels of a value and of an instant. */
export interface Scales {
  readonly plot: Rectangle;
  y(value: number): number;
  x(atMs: number): number;
}

/** `texts` is absent where there is no room for labels. */
export function drawValueAxis(axis: ValueAxis, scales: Scales, palette: Palette, texts: Texts | undefined): string {
  const { left, right } = scales.plot;
  let grid = '';
  let zero = '';
  for (const tick of axis.ticks) {
    const y = scales.y(tick.value);
    const line = `M${px(left)} ${px(crisp(y))}H${px(right)}`;
    if (tick.value === 0) zero = line;
    else grid += line;
    texts?.add(left - 7, Math.round(y) + 4, tick.label, { fill: palette.muted, anchor: 'end' });
  }
  return (
    (grid === '' ? '' : `<path d="${grid}" stroke="${palette.grid}"/>`) +
    (zero === '' ? '' : `<path d="${zero}" stroke="${palette.axis}"/>`)
  );
}

/** `rows` of labels below the plot; the second names the day, month or year, and the zone at its right end. */
export function drawTimeAxis(spec: GraphSpec, scales: Scales, palette: Palette, rows: number, texts: Texts): string {
  const { left, right, top, bottom } = scales.plot;
  const marks = timeTicks(spec.fromMs, spec.toMs, right - left, spec.timeZone);
  let grid = '';
  let strong = '';
  let taken = -Infinity;
  marks.ticks.forEach((tick, index) => {
    const at = scales.x(tick.atMs);
    if (at >= left - 0.5 && at <= right + 0.5) {
      const line = `M${px(crisp(at))} ${px(top)}V${px(bottom)}`;
      if (tick.boundary) strong += line;
      else grid += line;
    }
    const next = marks.ticks[index + 1]?.atMs;
    const x = marks.centred
      ? (Math.max(left, at) + Math.min(right, next === undefined ? right : scales.x(next))) / 2
      : at;
    const half = textWidth(tick.label, LABEL_PX) / 2;
    const spans = marks.centred
      ? Math.min(right, next === undefined ? right : scales.x(next)) - Math.max(left, at) >= 2 * half
      : true;
    if (!spans || x - half < Math.min(left, 30) - 24 || x + half > spec.width - 2 || x - half < taken) return;
    if (rows > 0) texts.add(x, bottom + 16, tick.label, { fill: palette.muted, anchor: 'middle' });
    taken = x + half + 6;
  });
  return (
    (grid === '' ? '' : `<path d="${grid}" stroke="${palette.grid}"/>`) +
    (strong === '' ? '' : `<path d="${strong}" stroke="${palette.axis}"/>`) +
    (rows < 2 ? '' : contextRow(spec, marks, scales, palette, texts))
  );
}

function contextRow(spec: GraphSpec, marks: TimeTicks, scales: Scales, palette: Palette, texts: Texts): string {
  const { left, right, bottom } = scales.plot;
  const y = bottom + 30;
  const zoneWidth = textWidth(spec.timeZone, LABEL_PX);
  // The last date matters more than the zone's name.
  const last = marks.context.at(-1);
  const lastEnd = last === undefined ? left : Math.max(left, scales.x(last.atMs) + 5) + textWidth(last.label, LABEL_PX);
  const zoneFits = lastEnd + 12 <= right - zoneWidth || (lastEnd > right && right - left >= zoneWidth + 110);
  const limit = zoneFits ? right - zoneWidth - 12 : right;
  let ticks = '';
  let taken = -Infinity;
  marks.context.forEach(({ atMs, label }, index) => {
    const start = scales.x(atMs);
    const inside = start >= left - 0.5;
    const x = inside ? start + 5 : left;
    const next = marks.context[index + 1]?.atMs;
    const end = Math.min(limit, next === undefined ? limit : scales.x(next) - 2);
    if (inside && start <= right) ticks += `M${px(crisp(start))} ${px(bottom + 20)}v13`;
    if (x < taken || x + textWidth(label, LABEL_PX) > end) return;
    texts.add(x, y, label, { fill: palette.muted });
    taken = x + textWidth(label, LABEL_PX) + 8;
  });
  if (zoneFits) texts.add(right, y, spec.timeZone, { fill: palette.muted, anchor: 'end' });
  return ticks === '' ? '' : `<path d="${ticks}" stroke="${palette.axis}"/>`;
}
