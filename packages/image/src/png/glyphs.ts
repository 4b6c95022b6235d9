/**
 * Letters as small masks of coverage, drawn once by librsvg and kept: a graph has some 300 letters of
 * some 40 kinds, and drawing them anew costs more than all else in a picture. Each is kept at four
 * horizontal fractions of a pixel, with the exact width of the letter, so words stand as librsvg sets them.
 */
import type sharp from 'sharp';
import { escapeXml } from '../draw/svg.ts';
import { FONT_FAMILY } from '../theme.ts';

export interface Glyph {
  /** To the next letter, in em. */
  readonly advance: number;
  /** Coverage 0..255 at each fraction, `width` × `height`, its pen at (`penX`, `penY`). */
  readonly masks: readonly Uint8Array[];
  readonly width: number;
  readonly height: number;
  readonly penX: number;
  readonly penY: number;
}

export interface Face {
  /** Device pixels. */
  readonly size: number;
  readonly weight: number;
}

type SharpLibrary = typeof sharp;

/** Fractions of a pixel at which a letter may stand. */
export const FRACTIONS = 4;
/** Letters drawn in one go; with several sizes and scales a thousand kinds is plenty. */
const BATCH = 64;
const MAX_GLYPHS = 4000;
/** Size at which widths are measured, px, and where the pen then stands. */
const RULER_PX = 64;
const RULER_PEN = 8;
const RULER_WIDTH = 224;
const RULER_HEIGHT = 88;

const glyphs = new Map<string, Glyph>();

/**
 * Whether a text can be set letter by letter: left to right, nothing that joins or stacks. Others go
 * through librsvg.
 */
export function isPlain(text: string): boolean {
  return /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u024f\u0391-\u03ce\u0400-\u045f\u2013\u2014\u2018-\u201d\u2022\u2026\u2190-\u2193\u2212\u221e]*$/.test(
    text,
  );
}

const keyOf = (char: string, { size, weight }: Face): string => `${weight} ${size} ${char}`;

export function glyphOf(char: string, face: Face): Glyph | undefined {
  return glyphs.get(keyOf(char, face));
}

/** Draws and measures what of `chars` is not known yet. */
export async function learnGlyphs(open: SharpLibrary, chars: Iterable<string>, face: Face): Promise<void> {
  const missing = [...new Set(chars)].filter((char) => !glyphs.has(keyOf(char, face)));
  if (glyphs.size + missing.length > MAX_GLYPHS) glyphs.clear();
  for (let start = 0; start < missing.length; start += BATCH)
    await learnBatch(open, missing.slice(start, start + BATCH), face);
}

async function learnBatch(open: SharpLibrary, chars: readonly string[], face: Face): Promise<void> {
  const width = Math.ceil(face.size * 1.6) + 4;
  const height = Math.ceil(face.size * 1.5) + 2;
  const penX = Math.ceil(face.size * 0.3) + 1;
  const penY = Math.ceil(face.size * 1.1) + 1;
  let cells = '';
  let rulers = '';
  chars.forEach((char, row) => {
    const letter = escapeXml(char);
    for (let step = 0; step < FRACTIONS; step++) {
      cells += `<text x="${step * width + penX + step / FRACTIONS}" y="${row * height + penY}">${letter}</text>`;
    }
    // Unseen bars on both sides: a space at either end would be dropped.
    rulers += `<text x="${RULER_PEN}" y="${row * RULER_HEIGHT + RULER_PX}"><tspan fill="none">|${letter}|</tspan>|</text>`;
  });
  rulers += `<text x="${RULER_PEN}" y="${chars.length * RULER_HEIGHT + RULER_PX}"><tspan fill="none">||</tspan>|</text>`;
  const sheet = await inkOf(open, cells, { ...face, width: FRACTIONS * width, height: chars.length * height });
  const ruler = await inkOf(open, rulers, {
    size: RULER_PX,
    weight: face.weight,
    width: RULER_WIDTH,
    height: (chars.length + 1) * RULER_HEIGHT,
  });
  const origin = barAt(ruler, chars.length);
  chars.forEach((char, row) => {
    const masks = Array.from({ length: FRACTIONS }, (_, step) => {
      const mask = new Uint8Array(width * height);
      for (let y = 0; y < height; y++) {
        const from = (row * height + y) * FRACTIONS * width + step * width;
        mask.set(sheet.subarray(from, from + width), y * width);
      }
      return mask;
    });
    const advance = (barAt(ruler, row) - origin) / RULER_PX;
    glyphs.set(keyOf(char, face), { advance, masks, width, height, penX, penY });
  });
}

/** Middle of the bar in a row of the ruler, px. */
function barAt(ruler: Uint8Array, row: number): number {
  let sum = 0;
  let weighted = 0;
  for (let i = row * RULER_HEIGHT * RULER_WIDTH; i < (row + 1) * RULER_HEIGHT * RULER_WIDTH; i++) {
    const ink = ruler[i] as number;
    sum += ink;
    weighted += ink * (i % RULER_WIDTH);
  }
  return sum === 0 ? 0 : weighted / sum;
}

/** Black ink of a sheet of text, 0..255 a pixel. */
async function inkOf(
  open: SharpLibrary,
  texts: string,
  { size, weight, width, height }: Face & { width: number; height: number },
): Promise<Uint8Array> {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT_FAMILY}" ` +
    `font-size="${size}" font-weight="${weight}" font-variant="tabular-nums">${texts}</svg>`;
  return open(Buffer.from(svg)).ensureAlpha().extractChannel(3).raw().toBuffer();
}
