/** A word-sized graph for lists: no axes, the newest value as a dot, gaps break the line. */
import type { Theme } from '../spec.ts';
import { paletteOf, seriesColor } from '../theme.ts';
import { escapeXml, px } from '../draw/svg.ts';
import { pathOf } from '../draw/path-writer.ts';
import { lineTrack } from '../reduce/track.ts';
import { summarize } from '../reduce/summary.ts';

export interface SparklineOptions {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  /** Words for readers; without them the picture is hidden from them (the row says it in figures). */
  readonly label?: string;
  /** Soft bounds of the value axis; it starts at zero unless values are negative. */
  readonly yMin?: number;
  readonly yMax?: number;
}

const PAD = 2.5;

export function renderSparkline(values: Float64Array, options: SparklineOptions): string {
  const { width, height, theme, label } = options;
  const palette = paletteOf(theme);
  const color = seriesColor(palette, 0);
  const { min, max, count } = summarize(values);
  const words = label === undefined ? ' aria-hidden="true">' : ` role="img"><title>${escapeXml(label)}</title>`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"${words}`;
  const middle = px(height / 2);
  if (count === 0) {
    return `${open}<path d="M${PAD} ${middle}H${width - PAD}" stroke="${palette.hatch}" stroke-dasharray="2 3"/></svg>`;
  }
  const low = Math.min(options.yMin ?? 0, min);
  const high = Math.max(options.yMax ?? -Infinity, max, low + (max === low ? 1 : 0));
  const perUnit = (10 * (height - 2 * PAD)) / (high - low || 1);
  const dx = (10 * (width - 2 * PAD)) / Math.max(1, values.length);
  const bottom = 10 * (height - PAD);
  const map = {
    x0: 10 * PAD + dx / 2,
    dx,
    y0: bottom + low * perUnit,
    perUnit,
    top: 10 * PAD,
    bottom,
    count: values.length,
    columns: Math.max(1, Math.round(width - 2 * PAD)),
  };
  const track = lineTrack(values, 1, map);
  const base = Math.min(bottom, Math.round(map.y0));
  const newest = values.findLastIndex((value) => !Number.isNaN(value));
  const dotX = (map.x0 + newest * dx) / 10;
  const dotY = (map.y0 - (values[newest] as number) * perUnit) / 10;
  return (
    `${open}<g transform="scale(.1)" fill="none" stroke-linejoin="round">` +
    `<path d="${pathOf({ ...track, bottom: base })}" fill="${color}" fill-opacity=".14"/>` +
    `<path d="${pathOf(track)}" stroke="${color}" stroke-width="12"/></g>` +
    `<circle cx="${px(dotX)}" cy="${px(dotY)}" r="2" fill="${color}"/></svg>`
  );
}
