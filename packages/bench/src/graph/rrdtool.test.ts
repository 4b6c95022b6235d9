import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderGraph, renderGraphPng } from '@kaiku/image';
import { trafficLines, POINTS } from './data.ts';
import { specOf } from './graph.ts';
import { Rrdtool, RRDTOOL } from './rrdtool.ts';

const installed = spawnSync(RRDTOOL, ['--version']).status === 0;

test('the data is the same each time and has no gap', () => {
  const lines = trafficLines();
  expect(lines).toEqual(trafficLines());
  expect(lines.every((line) => line.length === POINTS && line.every((value) => value > 0))).toBe(true);
});

test('ours draws all three lines', async () => {
  const svg = renderGraph(specOf(trafficLines()));
  expect(svg.match(/stroke-width="14"/g)).toHaveLength(3);
  expect((await renderGraphPng(specOf(trafficLines()))).length).toBeGreaterThan(5000);
});

test.skipIf(!installed)('rrdtool draws the same data at the same size', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaiku-rrdtool-'));
  const rrdtool = await Rrdtool.open(folder);
  try {
    await rrdtool?.fill(trafficLines());
    await rrdtool?.draw('SVG');
    expect(await rrdtool?.bytes('PNG')).toBeGreaterThan(5000);
    const png = await readFile(join(folder, 'sample.png'));
    // Width and height in the PNG header.
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([800, 300]);
  } finally {
    await rrdtool?.close();
    await rm(folder, { recursive: true, force: true });
  }
});
