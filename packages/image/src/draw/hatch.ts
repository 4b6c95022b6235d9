/** Hatching by plain diagonal lines cut to the rectangle: no pattern, so no ids that clash when several graphs share a page. */
import { px } from './svg.ts';

export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Path data of 45° lines, rising to the right, `spacing` px apart; aligned across rectangles of one picture. */
export function hatchPath({ left, top, right, bottom }: Rectangle, spacing = 6): string {
  let path = '';
  // Lines x + y = sum.
  for (let sum = Math.ceil((left + top) / spacing) * spacing; sum < right + bottom; sum += spacing) {
    const startX = Math.max(left, sum - bottom);
    const endX = Math.min(right, sum - top);
    if (endX - startX < 0.2) continue;
    path += `M${px(startX)} ${px(sum - startX)}L${px(endX)} ${px(sum - endX)}`;
  }
  return path;
}

export function rectPath({ left, top, right, bottom }: Rectangle): string {
  return `M${px(left)} ${px(top)}H${px(right)}V${px(bottom)}H${px(left)}z`;
}
