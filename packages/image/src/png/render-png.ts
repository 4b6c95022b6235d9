/**
 * The edge to PNG. `renderPng` turns any SVG into one by sharp (librsvg). `renderGraphPng` lets it draw
 * only the frame of a graph, paints data and words itself and writes a palette image: the same picture several
 * times faster and smaller. Text needs fontconfig and one font on the machine.
 */
import type sharp from 'sharp';
import { textsSvg, type TextRun } from '../draw/texts.ts';
import { composeGraph, SVG_END } from '../graph.ts';
import type { GraphSpec } from '../spec.ts';
import { encodePng } from './encode.ts';
import { isPlain, learnGlyphs, type Face } from './glyphs.ts';
import { indexColors } from './index-colors.ts';
import { faceOf, paintTexts } from './paint-text.ts';
import { paintLayer } from './paint.ts';

type SharpLibrary = typeof sharp;
let opened: Promise<SharpLibrary> | undefined;

/** Loaded with the first picture: a web server that only sends SVG never pays for it. */
async function sharpLibrary(): Promise<SharpLibrary> {
  opened ??= import('sharp').then(({ default: library }) => {
    // Every picture differs: a cache would only hold memory. A picture is small: one thread each.
    library.cache(false);
    library.concurrency(1);
    return library;
  });
  return opened;
}

export interface PngOptions {
  /** Device pixels for one CSS pixel, 1 to 4. Default 1. */
  readonly scale?: number;
}

const MAX_SCALE = 4;
const clampScale = (scale = 1): number => Math.min(MAX_SCALE, Math.max(1, scale));

/** PNG of an SVG document. */
export async function renderPng(svg: string, options: PngOptions = {}): Promise<Buffer> {
  const open = await sharpLibrary();
  return open(Buffer.from(svg), { density: 72 * clampScale(options.scale) })
    .png({ compressionLevel: 4 })
    .toBuffer();
}

/** PNG of a graph; always on the theme's ground, which mail and chat need. */
export async function renderGraphPng(spec: GraphSpec, options: PngOptions = {}): Promise<Buffer> {
  const scale = clampScale(options.scale);
  const { before, layers, after, texts } = composeGraph({ ...spec, transparent: false });
  const open = await sharpLibrary();
  // One word that needs a shaper, and librsvg sets them all.
  const own = texts.every(({ text }) => isPlain(text));
  const words = own ? '' : textsSvg(texts);
  if (own) await learnTexts(open, texts, scale);
  const { data, info } = await open(Buffer.from(before + after + words + SVG_END), { density: 72 * scale })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const canvas = { pixels: data, width: info.width, height: info.height, scale };
  for (const layer of layers) paintLayer(canvas, layer);
  if (own) paintTexts(canvas, texts);
  return encodePng(indexColors(wordsOf(data), canvas.width, canvas.height), canvas.width, canvas.height);
}

async function learnTexts(open: SharpLibrary, texts: readonly TextRun[], scale: number): Promise<void> {
  const faces = new Map<string, { face: Face; chars: Set<string> }>();
  for (const run of texts) {
    const face = faceOf(run, scale);
    const key = `${face.size} ${face.weight}`;
    const known = faces.get(key) ?? { face, chars: new Set() };
    faces.set(key, known);
    for (const char of run.text) known.chars.add(char);
  }
  for (const { face, chars } of faces.values()) await learnGlyphs(open, chars, face);
}

/** The same bytes as 32-bit words; copied only where they are not aligned. */
function wordsOf(data: Buffer): Uint32Array {
  const aligned = data.byteOffset % 4 === 0 ? data : Uint8Array.from(data);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}
