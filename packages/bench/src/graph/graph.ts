/**
 * Graphs per second: a day of minutes, three lines with the figures of the legend, 800 × 300 pixels,
 * one after the other, beside rrdtool drawing the same. Ours starts from arrays as the web server has
 * them; rrdtool reads its file, which is in memory, and writes to nowhere. Rounds of both alternate and
 * the median counts, so a disturbance hits both or neither.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderGraph, renderGraphPng, type GraphSpec } from '@kaiku/image';
import { describeMachine } from '../machine.ts';
import { median } from '../median.ts';
import type { BenchOptions } from '../bench.ts';
import type { BenchResult } from '../result.ts';
import { FROM_S, HEIGHT, LABELS, STEP_S, TO_S, trafficLines, WIDTH } from './data.ts';
import { Rrdtool } from './rrdtool.ts';

const ROUNDS = { quick: 3, full: 7 } as const;
const ROUND_MS = { quick: 300, full: 1000 } as const;

export async function benchGraph({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'kaiku-bench-graph-'));
  const rrdtool = await Rrdtool.open(folder);
  try {
    if (rrdtool === undefined) progress('rrdtool is not installed, so there is no ratio: apt install rrdtool');
    return await measure(quick ? 'quick' : 'full', rrdtool, progress);
  } finally {
    await rrdtool?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  mode: 'quick' | 'full',
  rrdtool: Rrdtool | undefined,
  progress: BenchOptions['progress'],
): Promise<BenchResult> {
  const machine = { ...describeMachine(), ...(rrdtool === undefined ? {} : { rrdtool: rrdtool.version }) };
  const lines = trafficLines();
  const spec = specOf(lines);
  await rrdtool?.fill(lines);
  const contests: Record<string, () => unknown> = {
    ours_svg: () => renderGraph(spec),
    ...(rrdtool === undefined ? {} : { rrdtool_svg: () => rrdtool.draw('SVG') }),
    ours_png: () => renderGraphPng(spec),
    ...(rrdtool === undefined ? {} : { rrdtool_png: () => rrdtool.draw('PNG') }),
  };
  // One unmeasured round each: code compiled, fonts found, file in memory.
  for (const draw of Object.values(contests)) await perSecond(draw, ROUND_MS[mode]);
  const rates: Record<string, number[]> = {};
  for (let round = 1; round <= ROUNDS[mode]; round++) {
    for (const [name, draw] of Object.entries(contests))
      (rates[name] ??= []).push(await perSecond(draw, ROUND_MS[mode]));
    progress(`round ${round} of ${ROUNDS[mode]}`);
  }
  const rate = (name: string): number => median(rates[name] ?? []);
  const ours = {
    svg_per_s: rate('ours_svg'),
    png_per_s: rate('ours_png'),
    svg_bytes: Buffer.byteLength(renderGraph(spec)),
    png_bytes: (await renderGraphPng(spec)).length,
  };
  if (rrdtool === undefined) return { bench: 'graph', machine, ours, peers: {}, ratio: {} };
  return {
    bench: 'graph',
    machine,
    ours,
    peers: {
      rrdtool_svg: { svg_per_s: rate('rrdtool_svg'), svg_bytes: await rrdtool.bytes('SVG') },
      rrdtool_png: { png_per_s: rate('rrdtool_png'), png_bytes: await rrdtool.bytes('PNG') },
    },
    ratio: {
      rrdtool_svg: ours.svg_per_s / rate('rrdtool_svg'),
      rrdtool_png: ours.png_per_s / rate('rrdtool_png'),
    },
  };
}

async function perSecond(draw: () => unknown, forMs: number): Promise<number> {
  const start = performance.now();
  let count = 0;
  let elapsed = 0;
  while (elapsed < forMs) {
    await draw();
    count++;
    elapsed = performance.now() - start;
  }
  return (1000 * count) / elapsed;
}

/** The picture ours draws. */
export function specOf(lines: readonly Float64Array[]): GraphSpec {
  return {
    title: 'Traffic',
    unit: 'bit/s',
    style: 'line',
    fromMs: 1000 * FROM_S,
    toMs: 1000 * TO_S,
    stepMs: 1000 * STEP_S,
    timeZone: 'UTC',
    width: WIDTH,
    height: HEIGHT,
    theme: 'light',
    lines: lines.map((avg, index) => ({ label: LABELS[index] ?? '', avg })),
  };
}
