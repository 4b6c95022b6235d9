/**
 * Where everything stands: header, value axis, plot, time axis, legend. What does not fit is left out
 * in a fixed order (second axis row, legend figures, legend, header), so a small picture is a small
 * graph and not a crushed large one.
 */
import type { GraphSpec } from '../spec.ts';
import { legendLayout, type LegendLayout } from './legend-layout.ts';
import { textWidth } from './text-width.ts';
import { LABEL_PX } from '../draw/texts.ts';

export const PAD_PX = 12;
export const TITLE_PX = 13;
/** From the title's baseline to that of a subtitle below it. */
export const SUBTITLE_PX = 16;
const MIN_PLOT_PX = 56;

export interface Frame {
  /** Baselines; undefined where there is no room. */
  readonly titleY: number | undefined;
  readonly subtitle: 'beside' | 'below' | undefined;
  readonly captionY: number | undefined;
  readonly top: number;
  readonly bottom: number;
  /** Rows of time labels: 2, 1 or 0. */
  readonly axisRows: number;
  readonly legend: LegendLayout;
}

const AXIS_PX = [6, 20, 34] as const;

export function frameOf(spec: GraphSpec, captioned: boolean): Frame {
  const { width, height } = spec;
  const hasTitle = spec.title !== '' && height >= 90;
  let y = hasTitle ? PAD_PX + 12 : PAD_PX - 2;
  const titleY = hasTitle ? y : undefined;
  let subtitle: Frame['subtitle'];
  if (hasTitle && spec.subtitle !== undefined && spec.subtitle !== '') {
    const beside = PAD_PX + textWidth(spec.title, TITLE_PX) + 10;
    if (beside + textWidth(spec.subtitle, LABEL_PX) <= width - PAD_PX) subtitle = 'beside';
    else if (height >= 180) {
      y += SUBTITLE_PX;
      subtitle = 'below';
    }
  }
  const hasCaption = captioned && height >= 120;
  if (hasCaption) y += hasTitle ? 19 : 9;
  const captionY = hasCaption ? y : undefined;
  const top = Math.round(y + (hasTitle || hasCaption ? 9 : 0));

  const room = height - top - MIN_PLOT_PX;
  const axisRows = room >= AXIS_PX[2] + 4 ? 2 : room >= AXIS_PX[1] ? 1 : 0;
  const axis = AXIS_PX[axisRows] ?? 0;
  const legendRoom = axisRows === 2 ? Math.min(room - axis - 8, Math.max(height * 0.34, 70)) : 0;
  const legend = legendLayout(spec, legendRoom);
  const bottom = Math.round(height - axis - (legend.height > 0 ? legend.height + PAD_PX + 2 : axisRows === 0 ? 4 : 6));
  return { titleY, subtitle, captionY, top, bottom: Math.max(bottom, top + 8), axisRows, legend };
}
