/** Draws the legend: swatch, name and figures; numbers right-aligned under their heads. */
import type { GraphSpec } from '../spec.ts';
import type { Palette } from '../theme.ts';
import { seriesColor, seriesDash } from '../theme.ts';
import type { Summary } from '../reduce/summary.ts';
import { formatValue } from '../units/format.ts';
import { PAD_PX } from '../layout/frame.ts';
import { LEGEND_ROW_PX, SWATCH_PX, type Figure, type LegendLayout } from '../layout/legend-layout.ts';
import { fitText, textWidth } from '../layout/text-width.ts';
import { px, textAt } from './svg.ts';

const HEAD: Readonly<Record<Figure, string>> = { last: 'last', min: 'min', avg: 'avg', max: 'max', p95: '95th pct' };

export function drawLegend(
  spec: GraphSpec,
  layout: LegendLayout,
  summaries: readonly Summary[],
  palette: Palette,
): string {
  if (layout.kind === 'none') return '';
  const top = spec.height - PAD_PX + 1 - layout.height;
  return layout.kind === 'table'
    ? table(spec, layout, summaries, palette, top)
    : flow(spec, layout, summaries, palette, top);
}

function table(
  spec: GraphSpec,
  layout: LegendLayout,
  summaries: readonly Summary[],
  palette: Palette,
  top: number,
): string {
  const columnX = (index: number): number => PAD_PX + layout.labelPx + (index + 1) * layout.columnPx;
  let swatches = '';
  let names = '';
  let heads = '';
  let figures = '';
  layout.figures.forEach((figure, index) => (heads += textAt(columnX(index), top + 11, HEAD[figure])));
  spec.lines.forEach((line, row) => {
    const y = top + (row + 1) * LEGEND_ROW_PX + 11;
    swatches += swatch(spec, palette, row, PAD_PX, y - 9);
    names += textAt(PAD_PX + SWATCH_PX, y, fitText(line.label, 11, layout.labelPx - SWATCH_PX));
    const summary = summaries[row];
    if (summary === undefined) return;
    layout.figures.forEach(
      (figure, index) => (figures += textAt(columnX(index), y, formatValue(summary[figure], spec.unit))),
    );
  });
  return (
    `${swatches}<g fill="${palette.muted}" text-anchor="end">${heads}</g><g fill="${palette.text}">${names}` +
    `<g text-anchor="end">${figures}</g></g>`
  );
}

function flow(
  spec: GraphSpec,
  layout: LegendLayout,
  summaries: readonly Summary[],
  palette: Palette,
  top: number,
): string {
  let swatches = '';
  let texts = '';
  const place = (cell: number): { x: number; y: number } => ({
    x: PAD_PX + (cell % layout.columns) * layout.labelPx,
    y: top + Math.floor(cell / layout.columns) * LEGEND_ROW_PX + 11,
  });
  for (let cell = 0; cell < layout.shown; cell++) {
    const line = spec.lines[cell];
    const summary = summaries[cell];
    if (line === undefined || summary === undefined) continue;
    const { x, y } = place(cell);
    const value = formatValue(summary.last, spec.unit);
    swatches += swatch(spec, palette, cell, x, y - 9);
    const label = fitText(line.label, 11, layout.labelPx - SWATCH_PX - textWidth(value, 11) - 14);
    texts += textAt(x + SWATCH_PX, y, label) + textAt(x + layout.labelPx - 12, y, value, ' text-anchor="end"');
  }
  const more = spec.lines.length - layout.shown;
  if (more > 0) {
    const { x, y } = place(layout.shown);
    texts += textAt(x + SWATCH_PX, y, `and ${more} more`, ` fill="${palette.muted}"`);
  }
  return `${swatches}<g fill="${palette.text}">${texts}</g>`;
}

/** A filled square for surfaces, a stroke for lines; in a mirror the half above or below a zero line. */
function swatch(spec: GraphSpec, palette: Palette, index: number, x: number, y: number): string {
  const color = seriesColor(palette, index);
  if (spec.style === 'mirror') {
    const upper = index % 2 === 0;
    return (
      `<path d="M${px(x)} ${px(upper ? y : y + 5)}h11v5h-11z" fill="${color}"/>` +
      `<path d="M${px(x)} ${px(y + 5)}h11" stroke="${palette.axis}"/>`
    );
  }
  if (spec.style === 'stack') return `<path d="M${px(x)} ${px(y)}h10v10h-10z" fill="${color}"/>`;
  const dash = seriesDash(palette, index);
  const stroke = dash === undefined ? '' : ` stroke-dasharray="3 2"`;
  return `<path d="M${px(x)} ${px(y + 5)}h11" stroke="${color}" stroke-width="3"${stroke}/>`;
}
