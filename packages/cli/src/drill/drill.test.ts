/** What a drill takes, what its looks amount to, and how it judges. */
import { expect, test } from 'vitest';
import type { ControlledPart } from '../supervise/control.ts';
import { holesOf, lackingOf, unionOf, watchFigures, type Look } from './figures.ts';
import { planDrill } from './plan.ts';
import { drillMarkdown, verdictOf, type DrillResult } from './report.ts';

const part = (role: string, name = `${role}-1`, held = false): ControlledPart => ({
  role,
  name,
  pid: held ? null : 1,
  state: held ? 'held' : 'running',
  held,
  restarts: 0,
  startedMs: 0,
});
const PARTS = [
  part('broker', 'broker'),
  ...['store', 'logger', 'analyzer'].flatMap((role) => [part(role), part(role, `${role}-2`)]),
  part('web'),
  part('agent'),
];

test('half takes the last of each central role, never the only one, no agent and no broker', () => {
  const { taken, nothingLeft } = planDrill(PARTS, [], true);
  expect(taken.map(({ name }) => name)).toEqual(['store-2', 'logger-2', 'analyzer-2']);
  expect(nothingLeft).toEqual([]);
});

test('what would be missing altogether is said; a part held before does not count as remaining', () => {
  expect(planDrill(PARTS, ['broker', 'web-1'], false).nothingLeft).toHaveLength(2);
  const held = [part('store'), part('store', 'store-2', true)];
  expect(planDrill(held, ['store-1'], false)).toMatchObject({ heldBefore: ['store-2'], unknown: [] });
  expect(planDrill(held, ['store-1'], false).nothingLeft).toHaveLength(1);
  expect(planDrill(held, ['store-2', 'x'], false).unknown).toEqual(['store-2', 'x']);
});

const look = (atMs: number, page: number | undefined, partitionsHeld = 8): Look => ({
  atMs,
  pages: { 'web-1': page, 'web-2': undefined },
  storesAnswering: 1,
  freshnessMs: atMs / 10,
  partitionsHeld,
});

test('an interruption lasts from the last good look to the next good one', () => {
  const looks = [look(1000, 5), look(2000, undefined), look(3000, undefined, 4), look(4000, 9), look(5000, undefined)];
  expect(watchFigures(looks, 8)).toEqual({
    looks: 5,
    pagesAwayMs: 3000,
    pagesAnswered: 2,
    pageMedianMs: 9,
    pageWorstMs: 9,
    freshnessWorstMs: 500,
    storesAwayMs: 0,
    unevaluatedMs: 2000,
  });
});

test('what one store has is wanted of all; what none has is a hole', () => {
  const a = { store: 'a', held: new Map([['x 1', [[1, 4]] as const]]) };
  const b = {
    store: 'b',
    held: new Map([
      [
        'x 1',
        [
          [3, 5],
          [9, 9],
        ] as const,
      ],
    ]),
  };
  const all = unionOf([a, b]);
  expect(all.get('x 1')).toEqual([
    [1, 5],
    [9, 9],
  ]);
  expect([lackingOf(a, all), lackingOf(b, all), holesOf(all)]).toEqual([2, 2, 3]);
});

const RESULT: DrillResult = {
  version: 1,
  installation: 'Test',
  operator: 'me',
  startedMs: 0,
  takenMs: 1000,
  releasedMs: 61_000,
  endedMs: 90_000,
  interrupted: false,
  taken: [{ role: 'store', name: 'store-2' }],
  remaining: [{ role: 'store', name: 'store-1' }],
  agentsWatched: ['agent-1'],
  before: { pageMs: 3, freshnessMs: 2000, missing: 0 },
  during: watchFigures([look(1000, 5)], 8),
  readyMs: { 'store-2': 4000 },
  wholeMs: 9000,
  unfinished: [],
  missing: { 'store-1': 0, 'store-2': 0 },
  newHoles: 0,
  recordedGaps: 0,
  targets: { rtoMs: 60_000, rpoBatches: 0 },
};

test('the verdict names each target that was missed', () => {
  expect(verdictOf(RESULT)).toEqual({ passed: true, reasons: [] });
  expect(verdictOf({ ...RESULT, wholeMs: 61_000 }).reasons).toEqual(['whole again after 1 m 1 s; the target is 1 m']);
  expect(verdictOf({ ...RESULT, wholeMs: null, missing: { 'store-1': 2 } }).reasons).toEqual([
    'the installation did not become whole again in the time',
    '2 batches lost (store-1 lacks 2, 0 in no store, 0 recorded as gaps); the target is 0',
  ]);
  expect(drillMarkdown({ ...RESULT, recordedGaps: 1 })).toContain('not passed');
});
