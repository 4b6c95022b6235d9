/** The legend's shape: a table of figures where it fits, else names with their last value, else nothing. */
import type { GraphSpec } from '../spec.ts';
import { isTraffic, prefixFor } from '../units/unit.ts';
import type { Summary } from '../reduce/summary.ts';
import { textWidth } from './text-width.ts';

export type Figure = Exclude<keyof Summary, 'count'>;

export interface LegendLayout {
  readonly kind: 'table' | 'flow' | 'none';
  readonly height: number;
  readonly figures: readonly Figure[];
  /** Width of the label column (table) or of a cell (flow), swatch included. */
  readonly labelPx: number;
  readonly columnPx: number;
  /** Cells side by side (flow). */
  readonly columns: number;
  /** Lines shown; the rest is said as a number. */
  readonly shown: number;
}

export const LEGEND_ROW_PX = 17;
export const SWATCH_PX = 17;
const SIDES_PX = 24;
const VALUE_PX = 76;
const MIN_LABEL_PX = 76;
const NONE: LegendLayout = { kind: 'none', height: 0, figures: [], labelPx: 0, columnPx: 0, columns: 1, shown: 0 };

export function legendLayout(spec: GraphSpec, roomPx: number): LegendLayout {
  const count = spec.lines.length;
  if (count === 0 || roomPx < LEGEND_ROW_PX) return NONE;
  const inner = spec.width - SIDES_PX;
  const widest = Math.max(...spec.lines.map((line) => textWidth(line.label, 11))) + SWATCH_PX + 8;
  const { text } = prefixFor(spec.unit, 1e6);
  const valuePx = Math.ceil(textWidth(`88.8 ${text}`, 11)) + 10;
  const columnPx = spec.width < 520 ? valuePx : Math.max(valuePx + 8, VALUE_PX);
  // What is dropped first stands last.
  const wanted: Figure[] = ['last', 'max', 'avg', ...(isTraffic(spec.unit) ? (['p95'] as const) : []), 'min'];
  const fit = Math.min(
    wanted.length,
    Math.floor((inner - Math.min(widest, Math.max(MIN_LABEL_PX, inner * 0.3))) / columnPx),
  );
  const tableHeight = (count + 1) * LEGEND_ROW_PX;
  if (fit >= 1 && tableHeight <= roomPx) {
    const kept = new Set(wanted.slice(0, fit));
    const figures = (['last', 'min', 'avg', 'max', 'p95'] as const).filter((figure) => kept.has(figure));
    const labelPx = Math.min(Math.max(widest, 110), inner - figures.length * columnPx);
    return { kind: 'table', height: tableHeight, figures, labelPx, columnPx, columns: 1, shown: count };
  }
  const cell = Math.min(inner, Math.max(120, widest + 64));
  const columns = Math.max(1, Math.floor(inner / cell));
  const rows = Math.min(Math.ceil(count / columns), Math.floor(roomPx / LEGEND_ROW_PX));
  const shown = count <= rows * columns ? count : rows * columns - 1;
  if (shown < 1) return NONE;
  return {
    kind: 'flow',
    height: rows * LEGEND_ROW_PX,
    figures: ['last'],
    labelPx: inner / columns,
    columnPx,
    columns,
    shown,
  };
}
