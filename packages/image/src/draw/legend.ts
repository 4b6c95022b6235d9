/** Draws the legend: swatch, name and figures; numbers right-aligned under their heads. */
import type { GraphSpec } from '../spec.ts';
import type { Palette } from '../theme.ts';
import { seriesColor, seriesDash } from '../theme.ts';
import type { Summary } from '../reduce/summary.ts';
import { formatValue } from '../units/format.ts';
import { PAD_PX } from '../layout/frame.ts';
import { LEGEND_ROW_PX, SWATCH_PX, type Figure, type LegendLayout } from '../layout/legend-layout.ts';
import { fitText, textWidth } from '../layout/text-width.ts';
import { px } from './svg.ts';
import type { Texts } from './texts.ts';

const HEAD: Readonly<Record<Figure, string>> = { last: 'last', min: 'min', avg: 'avg', max: 'max', p95: '95th pct' };

/** Returns the swatches; words go to `texts`. */
export function drawLegend(
  spec: GraphSpec,
  layout: LegendLayout,
  summaries: readonly Summary[],
  palette: Palette,
  texts: Texts,
): string {
  if (layout.kind === 'none') return '';
  const top = spec.height - PAD_PX + 1 - layout.height;
  const draw = layout.kind === 'table' ? table : flow;
  return draw(spec, layout, summaries, palette, texts, top);
}

function table(
  spec: GraphSpec,
  layout: LegendLayout,
  summaries: readonly Summary[],
  palette: Palette,
  texts: Texts,
  top: number,
): string {
  const columnX = (index: number): number => PAD_PX + layout.labelPx + (index + 1) * layout.columnPx;
  const rowY = (row: number): number => top + (row + 1) * LEGEND_ROW_PX + 11;
  layout.figures.forEach((figure, index) =>
    texts.add(columnX(index), top + 11, HEAD[figure], { fill: palette.muted, anchor: 'end' }),
  );
  let swatches = '';
  spec.lines.forEach((line, row) => {
    swatches += swatch(spec, palette, row, PAD_PX, rowY(row) - 9);
    const label = fitText(line.label, 11, layout.labelPx - SWATCH_PX);
    texts.add(PAD_PX + SWATCH_PX, rowY(row), label, { fill: palette.text });
  });
  summaries.forEach((summary, row) =>
    layout.figures.forEach((figure, index) =>
      texts.add(columnX(index), rowY(row), formatValue(summary[figure], spec.unit), {
        fill: palette.text,
        anchor: 'end',
      }),
    ),
  );
  return swatches;
}

function flow(
  spec: GraphSpec,
  layout: LegendLayout,
  summaries: readonly Summary[],
  palette: Palette,
  texts: Texts,
  top: number,
): string {
  let swatches = '';
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
    texts.add(x + SWATCH_PX, y, label, { fill: palette.text });
    texts.add(x + layout.labelPx - 12, y, value, { fill: palette.text, anchor: 'end' });
  }
  const more = spec.lines.length - layout.shown;
  if (more > 0) {
    const { x, y } = place(layout.shown);
    texts.add(x + SWATCH_PX, y, `and ${more} more`, { fill: palette.muted });
  }
  return swatches;
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
