/** The edge to PNG: sharp with librsvg. Text needs fontconfig and one font on the machine. */

import type sharp from 'sharp';

type SharpLibrary = typeof sharp;
let opened: Promise<SharpLibrary> | undefined;

/** Loaded with the first picture: a web server that only sends SVG never pays for it. */
async function sharpLibrary(): Promise<SharpLibrary> {
  opened ??= import('sharp').then(({ default: library }) => {
    // Every picture differs: a cache would only hold memory.
    library.cache(false);
    return library;
  });
  return opened;
}

export interface PngOptions {
  /** Device pixels for one CSS pixel, 1 to 4. Default 1. */
  readonly scale?: number;
}

/** PNG of an SVG document. */
export async function renderPng(svg: string, { scale = 1 }: PngOptions = {}): Promise<Buffer> {
  const open = await sharpLibrary();
  return open(Buffer.from(svg), { density: 72 * scale })
    .png({ compressionLevel: 2 })
    .toBuffer();
}
