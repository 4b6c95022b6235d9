/**
 * The words of a picture, collected while it is drawn and put on top of it: by the SVG writer as text
 * elements that share what they have in common, by the PNG edge glyph by glyph.
 */
import { escapeXml, px } from './svg.ts';

export interface TextStyle {
  readonly fill: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Font size, px. */
  readonly size?: number;
  readonly weight?: 400 | 600;
}

export interface TextRun extends Required<TextStyle> {
  /** Where the anchor stands; absent: right after the run before, `gap` px apart. */
  readonly x: number | undefined;
  /** Baseline. */
  readonly y: number;
  readonly text: string;
}

/** Font size of everything that says nothing else. */
export const LABEL_PX = 11;
/** Between a run and the one that follows it on the same line. */
export const FOLLOW_GAP_PX = 8;

export class Texts {
  readonly runs: TextRun[] = [];

  add(x: number, y: number, text: string, style: TextStyle): void {
    this.push(x, y, text, style);
  }

  /** Goes on after the last run, whatever its true width is. */
  follow(text: string, style: TextStyle): void {
    this.push(undefined, this.runs.at(-1)?.y ?? 0, text, style);
  }

  private push(
    x: number | undefined,
    y: number,
    text: string,
    { fill, anchor = 'start', size = LABEL_PX, weight = 400 }: TextStyle,
  ): void {
    if (text !== '') this.runs.push({ x, y, text, fill, anchor, size, weight });
  }
}

/** Text elements; runs of one look in a row share a group. */
export function textsSvg(runs: readonly TextRun[]): string {
  let svg = '';
  let look = '';
  runs.forEach((run, index) => {
    if (run.x === undefined) return;
    const next = lookOf(run);
    if (next !== look) svg += `${look === '' ? '' : '</g>'}<g${next}>`;
    look = next;
    const tail = runs[index + 1];
    const following =
      tail !== undefined && tail.x === undefined
        ? `<tspan dx="${FOLLOW_GAP_PX}" fill="${tail.fill}" font-size="${tail.size}" font-weight="${tail.weight}">${escapeXml(tail.text)}</tspan>`
        : '';
    svg += `<text x="${px(run.x)}" y="${px(run.y)}">${escapeXml(run.text)}${following}</text>`;
  });
  return look === '' ? '' : `${svg}</g>`;
}

function lookOf({ fill, anchor, size, weight }: TextRun): string {
  return (
    ` fill="${fill}"` +
    (anchor === 'start' ? '' : ` text-anchor="${anchor}"`) +
    (size === LABEL_PX ? '' : ` font-size="${size}"`) +
    (weight === 400 ? '' : ` font-weight="${weight}"`)
  );
}
