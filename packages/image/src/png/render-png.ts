/**
 * The edge to PNG. `renderPng` turns any SVG into one by sharp (librsvg). `renderGraphPng` lets it draw
 * only the frame of a graph, paints the data itself and writes a palette image: the same picture several
 * times faster and smaller. Text needs fontconfig and one font on the machine.
 */
import type sharp from 'sharp';
import { composeGraph } from '../graph.ts';
import type { GraphSpec } from '../spec.ts';
import { encodePng } from './encode.ts';
import { indexColors } from './index-colors.ts';
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
  const { before, layers, after } = composeGraph({ ...spec, transparent: false });
  const open = await sharpLibrary();
  const { data, info } = await open(Buffer.from(before + after), { density: 72 * scale })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  for (const layer of layers) paintLayer({ pixels: data, width, height, scale }, layer);
  return encodePng(indexColors(wordsOf(data), width, height), width, height);
}

/** The same bytes as 32-bit words; copied only where they are not aligned. */
function wordsOf(data: Buffer): Uint32Array {
  const aligned = data.byteOffset % 4 === 0 ? data : Uint8Array.from(data);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}
