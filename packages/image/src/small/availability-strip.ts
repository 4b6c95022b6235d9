/** Availability over time as a strip of cells for lists. Time is four-valued; unobserved is hatched, never coloured. */
import type { Theme } from '../spec.ts';
import { paletteOf } from '../theme.ts';
import { hatchPath, rectPath, type Rectangle } from '../draw/hatch.ts';
import { escapeXml } from '../draw/svg.ts';

export type Availability = 'up' | 'down' | 'excluded' | 'unobserved';

export interface StripOptions {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  /** Words for readers; default: the share of each state. */
  readonly label?: string;
}

/** Equal states side by side are one area. A cell of trouble is never narrower than this. */
const MIN_DOWN_PX = 1.5;

export function availabilityStrip(cells: readonly Availability[], options: StripOptions): string {
  const { width, height, theme } = options;
  const palette = paletteOf(theme);
  const areas: Record<Availability, Rectangle[]> = { up: [], down: [], excluded: [], unobserved: [] };
  const counts: Record<Availability, number> = { up: 0, down: 0, excluded: 0, unobserved: 0 };
  const each = width / Math.max(1, cells.length);
  let start = 0;
  cells.forEach((state, index) => {
    counts[state]++;
    if (cells[index + 1] === state) return;
    const left = start * each;
    const right = (index + 1) * each;
    const widened = state === 'down' ? Math.max(right, left + MIN_DOWN_PX) : right;
    // Up and excluded leave a pixel of air above: what needs a person stands taller.
    const top = state === 'down' ? 0 : Math.min(2, height / 6);
    areas[state].push({ left, right: Math.min(width, widened), top, bottom: height });
    start = index + 1;
  });
  if (cells.length === 0) areas.unobserved.push({ left: 0, right: width, top: 0, bottom: height });
  const paint = (state: Availability, fill: string): string =>
    areas[state].length === 0 ? '' : `<path d="${areas[state].map(rectPath).join('')}" fill="${fill}"/>`;
  const hatch = areas.unobserved.map((area) => hatchPath(area, 4)).join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">` +
    `<title>${escapeXml(options.label ?? sharesOf(counts, cells.length))}</title>` +
    paint('up', palette.up) +
    paint('excluded', palette.excluded) +
    paint('unobserved', palette.hatchGround) +
    (hatch === '' ? '' : `<path d="${hatch}" stroke="${palette.hatch}" stroke-width=".8"/>`) +
    paint('down', palette.down) +
    '</svg>'
  );
}

function sharesOf(counts: Readonly<Record<Availability, number>>, total: number): string {
  if (total === 0) return 'unobserved';
  const share = (state: Availability): string => `${state} ${((100 * counts[state]) / total).toFixed(1)} %`;
  const states = (['up', 'down', 'excluded', 'unobserved'] as const).filter((state) => counts[state] > 0);
  return states.map(share).join(', ');
}
