import { expect, test } from 'vitest';
import { availabilityStrip, type Availability } from './availability-strip.ts';
import { renderSparkline } from './sparkline.ts';

const SIZE = { width: 120, height: 24, theme: 'light' } as const;

test('a sparkline breaks at gaps and marks the newest value', () => {
  const svg = renderSparkline(Float64Array.of(1, 2, Number.NaN, 3, 4, Number.NaN), SIZE);
  expect(/<path d="([^"]+)" stroke=/.exec(svg)?.[1]?.match(/M/g)).toHaveLength(2);
  expect(svg).toContain('<circle cx="88.8"');
  expect(svg).toContain('aria-hidden="true"');
  expect(renderSparkline(Float64Array.of(1), { ...SIZE, label: 'CPU <1>' })).toContain('<title>CPU &lt;1&gt;</title>');
});

test('sparklines of nothing, of zeros, of one value are sound', () => {
  for (const values of [[], [Number.NaN], [0, 0, 0], [5], [-3, -3]]) {
    expect(renderSparkline(Float64Array.from(values), SIZE)).not.toMatch(/NaN|Infinity/);
  }
  expect(renderSparkline(new Float64Array(0), SIZE)).toContain('stroke-dasharray');
});

test('a strip joins equal cells, hatches the unobserved and says the shares', () => {
  const cells: Availability[] = ['up', 'up', 'down', 'unobserved', 'unobserved', 'up', 'excluded', 'up', 'up', 'up'];
  const svg = availabilityStrip(cells, SIZE);
  expect(svg).toContain('<title>up 60.0 %, down 10.0 %, excluded 10.0 %, unobserved 20.0 %</title>');
  expect(svg).toContain('M24 0H36V24H24z');
  expect(svg).toContain('stroke-width=".8"');
});

test('one bad minute of a day is still seen', () => {
  const cells = Array.from({ length: 1440 }, (_, i): Availability => (i === 700 ? 'down' : 'up'));
  const [, left, right] = /<path d="M([\d.]+) 0H([\d.]+)V/.exec(availabilityStrip(cells, SIZE)) ?? [];
  expect(Number(right) - Number(left)).toBeGreaterThanOrEqual(1.4);
});

test('no cells is unobserved, not up', () => {
  expect(availabilityStrip([], SIZE)).toContain('<title>unobserved</title>');
});
