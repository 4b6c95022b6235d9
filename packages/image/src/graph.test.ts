import { describe, expect, test } from 'vitest';
import { renderGraph } from './graph.ts';
import type { GraphSpec } from './spec.ts';
import { EXAMPLES } from './testing/examples.ts';

const traffic = EXAMPLES['traffic'] as GraphSpec;
const empty = EXAMPLES['empty'] as GraphSpec;

/** Start of each tag and whether all are closed in order: enough to tell a broken document. */
function isWellFormed(xml: string): boolean {
  const open: string[] = [];
  for (const [, closing, name, , selfClosing] of xml.matchAll(/<(\/?)([a-zA-Z]+)((?:"[^"]*"|[^">])*?)(\/?)>/g)) {
    if (selfClosing === '/') continue;
    if (closing === '/') {
      if (open.pop() !== name) return false;
    } else open.push(name ?? '');
  }
  return open.length === 0;
}

describe('golden pictures', () => {
  for (const [name, spec] of Object.entries(EXAMPLES)) {
    test(name, async () => {
      const svg = renderGraph(spec);
      expect(isWellFormed(svg)).toBe(true);
      expect(svg).not.toMatch(/NaN|Infinity|undefined|style=|<style|id=/);
      // One tag a line, so that a difference can be read.
      await expect(svg.replaceAll('><', '>\n<')).toMatchFileSnapshot(`./testing/golden/${name}.svg.golden`);
    });
  }
});

test('the same spec gives the same bytes, whatever was drawn before', () => {
  const first = renderGraph(traffic);
  renderGraph(EXAMPLES['cores'] as GraphSpec);
  expect(renderGraph(traffic)).toBe(first);
});

test('all text is escaped', () => {
  const evil = '</text><script>alert("1")</script>&\u0000\ud800';
  const svg = renderGraph({
    ...traffic,
    title: evil,
    subtitle: evil,
    unit: evil,
    lines: traffic.lines.map((line) => ({ ...line, label: evil })),
    markers: [{ kind: 'alarm', atMs: traffic.fromMs, label: evil }],
  });
  expect(isWellFormed(svg)).toBe(true);
  expect(svg).not.toContain('<script');
  expect(svg.includes('\u0000')).toBe(false);
});

test('a gap breaks the line and is hatched; it is never bridged', () => {
  const known = (from: number, to: number): number[] => Array.from({ length: to - from }, () => 5);
  const line = {
    label: 'a',
    avg: Float64Array.from([...known(0, 40), ...Array.from({ length: 20 }, () => Number.NaN), ...known(60, 96)]),
  };
  const spec: GraphSpec = { ...empty, style: 'line', lines: [line], yMax: 10 };
  const path = /<path d="(M[^"]+)" stroke="#0072B2" stroke-width="14"/.exec(renderGraph(spec))?.[1] ?? '';
  expect(path.match(/M/g)).toHaveLength(2);
  expect(renderGraph(spec)).toContain('stroke="#ccd2d8"');
  expect(renderGraph({ ...spec, lines: [{ label: 'a', avg: new Float64Array(96).fill(5) }] })).not.toContain(
    'stroke="#ccd2d8"',
  );
});

test('the newest values on their way and the future are no gap', () => {
  const avg = new Float64Array(96).fill(5);
  avg.fill(Number.NaN, 78);
  const spec: GraphSpec = {
    ...empty,
    style: 'line',
    lines: [{ label: 'a', avg }],
    nowMs: empty.fromMs + 80 * empty.stepMs,
  };
  expect(renderGraph(spec)).not.toContain('stroke="#ccd2d8"');
  expect(renderGraph({ ...spec, nowMs: empty.fromMs + 84 * empty.stepMs })).toContain('stroke="#ccd2d8"');
});

test('no data says so, with the range', () => {
  expect(renderGraph(empty)).toContain('>no data between 2025-01-13 08:00 and 2025-01-14 08:00</text>');
  for (const broken of [
    { lines: [] },
    { stepMs: 0 },
    { toMs: empty.fromMs },
    { lines: [{ label: 'a', avg: new Float64Array(0) }] },
  ]) {
    const svg = renderGraph({ ...empty, ...broken });
    expect(svg).toContain('no data');
    expect(svg).not.toMatch(/NaN|Infinity/);
  }
});

test('any size gives a sound picture', () => {
  for (const [width, height] of [
    [120, 40],
    [200, 80],
    [300, 120],
    [390, 150],
    [1600, 900],
  ] as const) {
    for (const spec of Object.values(EXAMPLES)) {
      const svg = renderGraph({ ...spec, width, height });
      expect(isWellFormed(svg), `${width}×${height}`).toBe(true);
      expect(svg).not.toMatch(/NaN|Infinity/);
      const [left = 0, top = 0, right = 0, bottom = 0] = (/data-plot="([^"]+)"/.exec(svg)?.[1] ?? '')
        .split(' ')
        .map(Number);
      expect(right - left).toBeGreaterThan(0);
      expect(bottom - top).toBeGreaterThan(0);
      expect(bottom).toBeLessThanOrEqual(height);
    }
  }
});

test('constant and negative values have room', () => {
  const flat = (value: number, unit: string): string =>
    renderGraph({ ...empty, unit, style: 'line', lines: [{ label: 'a', avg: new Float64Array(96).fill(value) }] });
  for (const svg of [flat(0, 'bit/s'), flat(7, '%'), flat(-12, '°C'), flat(1e18, 'B'), flat(1e-9, 's')])
    expect(svg).not.toMatch(/NaN|Infinity/);
});

test('words for readers: title, description with the figures', () => {
  const svg = renderGraph(traffic);
  expect(svg).toMatch(
    /^<svg [^>]*role="img"[^>]*><title>Traffic<\/title><desc>[^<]*In last [^<]*1 alarm marked\.<\/desc>/,
  );
});
