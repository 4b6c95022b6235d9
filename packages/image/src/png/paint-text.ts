/** Sets words from glyph masks into a picture. */
import { FOLLOW_GAP_PX, type TextRun } from '../draw/texts.ts';
import { FRACTIONS, glyphOf, type Face, type Glyph } from './glyphs.ts';
import type { Canvas } from './paint.ts';

export function faceOf(run: TextRun, scale: number): Face {
  return { size: run.size * scale, weight: run.weight };
}

/** Every letter must have been learnt. */
export function paintTexts(canvas: Canvas, runs: readonly TextRun[]): void {
  let pen = 0;
  for (const run of runs) {
    const face = faceOf(run, canvas.scale);
    const set = Array.from(run.text, (char) => glyphOf(char, face)).filter((glyph) => glyph !== undefined);
    const width = set.reduce((sum, { advance }) => sum + advance, 0) * face.size;
    if (run.x === undefined) pen += FOLLOW_GAP_PX * canvas.scale;
    else pen = run.x * canvas.scale - (run.anchor === 'end' ? width : run.anchor === 'middle' ? width / 2 : 0);
    const y = Math.round(run.y * canvas.scale);
    const color = Number.parseInt(run.fill.slice(1), 16);
    for (const glyph of set) {
      paintGlyph(canvas, glyph, pen, y, color);
      pen += glyph.advance * face.size;
    }
  }
}

function paintGlyph(canvas: Canvas, glyph: Glyph, pen: number, y: number, color: number): void {
  const quarter = Math.round(pen * FRACTIONS);
  const mask = glyph.masks[quarter % FRACTIONS];
  // Left of the picture the remainder is negative: nothing is set there.
  if (mask === undefined) return;
  const left = Math.floor(quarter / FRACTIONS) - glyph.penX;
  const top = y - glyph.penY;
  const [red, green, blue] = [color >> 16, (color >> 8) & 255, color & 255];
  const { pixels } = canvas;
  for (let row = Math.max(0, -top); row < glyph.height && top + row < canvas.height; row++) {
    for (let column = Math.max(0, -left); column < glyph.width && left + column < canvas.width; column++) {
      const ink = mask[row * glyph.width + column] as number;
      if (ink === 0) continue;
      const at = 4 * ((top + row) * canvas.width + left + column);
      const share = ink / 255;
      const r = pixels[at] as number;
      const g = pixels[at + 1] as number;
      const b = pixels[at + 2] as number;
      pixels[at] = r + (red - r) * share + 0.5;
      pixels[at + 1] = g + (green - g) * share + 0.5;
      pixels[at + 2] = b + (blue - b) * share + 0.5;
    }
  }
}
