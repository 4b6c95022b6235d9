import { expect, test } from 'vitest';
import sharp from 'sharp';
import { renderGraph } from '../graph.ts';
import { EXAMPLES } from '../testing/examples.ts';
import { isPlain } from './glyphs.ts';
import { indexColors } from './index-colors.ts';
import { renderGraphPng, renderPng } from './render-png.ts';

async function pixelsOf(png: Buffer): Promise<{ data: Buffer; width: number; height: number }> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

for (const [name, spec] of Object.entries(EXAMPLES)) {
  test(`painted and by librsvg, ${name} is the same picture`, async () => {
    for (const scale of [1, 2]) {
      const own = await pixelsOf(await renderGraphPng(spec, { scale }));
      const other = await pixelsOf(await renderPng(renderGraph(spec), { scale }));
      expect([own.width, own.height]).toEqual([spec.width * scale, spec.height * scale]);
      expect([other.width, other.height]).toEqual([own.width, own.height]);
      let sum = 0;
      let far = 0;
      for (let i = 0; i < own.data.length; i++) {
        const apart = Math.abs((own.data[i] ?? 0) - (other.data[i] ?? 0));
        sum += apart;
        if (apart > 96) far++;
      }
      // Of 255, over all pixels. Edges are smoothed a little differently and letters stand up to a pixel apart
      // where a font kerns; nothing else may differ.
      expect(sum / own.data.length).toBeLessThan(1);
      expect(far / own.data.length).toBeLessThan(0.004);
    }
  });
}

test('a word that needs a shaper is set by librsvg', async () => {
  const spec = { ...(EXAMPLES['empty'] as (typeof EXAMPLES)[string]), title: '\u0645\u0631\u0648\u0631 😀' };
  expect(isPlain(spec.title)).toBe(false);
  expect([isPlain('Liikenne · Gi0/1 – 12\u00a0µs'), isPlain('ruːt ő Ж')]).toEqual([true, false]);
  const own = await pixelsOf(await renderGraphPng(spec));
  const other = await pixelsOf(await renderPng(renderGraph(spec)));
  // Only the palette stands between them.
  expect(
    own.data.reduce((sum, value, i) => sum + Math.abs(value - (other.data[i] ?? 0)), 0) / own.data.length,
  ).toBeLessThan(0.05);
});

test('the ground keeps its exact colour', async () => {
  const dark = await pixelsOf(await renderGraphPng(EXAMPLES['memory-dark'] as (typeof EXAMPLES)[string]));
  expect([...dark.data.subarray(0, 3)]).toEqual([0x14, 0x19, 0x1f]);
});

test('more colours than a palette holds: at most 256, plain areas exact', () => {
  const pixels = new Uint32Array(128 * 128).fill(0xff_ff_ff_ff);
  for (let i = 0; i < 128 * 64; i++) pixels[i] = 0xff_00_00_00 | (i * 521);
  const { palette, rows } = indexColors(pixels, 128, 128);
  expect(palette.length).toBeLessThanOrEqual(3 * 256);
  const index = rows.at(-1) ?? 0;
  expect([...palette.subarray(3 * index, 3 * index + 3)]).toEqual([255, 255, 255]);
});
