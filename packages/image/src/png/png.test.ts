import { expect, test } from 'vitest';
import sharp from 'sharp';
import { renderGraph } from '../graph.ts';
import { EXAMPLES } from '../testing/examples.ts';
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
      // Of 255, over all pixels; anti-aliasing differs a little along edges, nothing else may.
      expect(sum / own.data.length).toBeLessThan(1);
      expect(far / own.data.length).toBeLessThan(0.002);
    }
  });
}

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
