/** Who reads the backlog lane decides whether it is bundled: every logger heard of within a day, none older. */
import { expect, test } from 'vitest';
import { createBundleReaders } from './bundle-readers.ts';

const DAY_MS = 24 * 3_600_000;
const NOW_MS = 100 * DAY_MS;
const none = new Map<string, { lastMs: number }>();

test('nobody was heard of: no bundles', () => {
  expect(createBundleReaders().all(none, NOW_MS)).toBe(false);
});

test('all said so: bundles; one that does not, or no longer does: none', () => {
  const readers = createBundleReaders();
  readers.heard('logger-1', true, NOW_MS);
  expect(readers.all(none, NOW_MS)).toBe(true);
  readers.heard('logger-2', false, NOW_MS);
  expect(readers.all(none, NOW_MS)).toBe(false);
  readers.heard('logger-2', true, NOW_MS);
  expect(readers.all(none, NOW_MS)).toBe(true);
  readers.heard('logger-1', false, NOW_MS);
  expect(readers.all(none, NOW_MS)).toBe(false);
});

test('a logger that acknowledged within a day but not yet to this process keeps it from bundling', () => {
  const readers = createBundleReaders();
  readers.heard('logger-1', true, NOW_MS);
  const known = new Map([['logger-2', { lastMs: NOW_MS - DAY_MS }]]);
  expect(readers.all(known, NOW_MS)).toBe(false);
  expect(readers.all(known, NOW_MS + 1)).toBe(true);
});

test('who was silent for a day no longer counts, for or against', () => {
  const readers = createBundleReaders();
  readers.heard('logger-1', false, NOW_MS);
  readers.heard('logger-2', true, NOW_MS + 1);
  expect(readers.all(none, NOW_MS + DAY_MS + 1)).toBe(true);
  expect(readers.all(none, NOW_MS + DAY_MS + 2)).toBe(false);
});
