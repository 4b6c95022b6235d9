/** Replaying a log gives what is in force, whenever it is asked and however far `current` was carried along. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entryAfter, LOG_START, positionOf, type Action, type LogEntry } from './entry.ts';
import { applyOperations, type CatalogData, type Operation } from './operations.ts';
import { afterEntry, inForceAt, NOTHING, replay, revisionsOf, statesOf } from './state.ts';

const id = fc.constantFrom('a', 'b', 'c');
const operation = fc.oneof(
  fc
    .tuple(id, fc.nat(9))
    .map(([of, nick]): Operation => ({ op: 'set', part: 'devices', id: of, value: { id: of, nick } })),
  id.map((of): Operation => ({ op: 'remove', part: 'devices', id: of })),
);

interface Step {
  readonly waitMs: number;
  readonly delayMs: number | undefined;
  readonly cancels: number | undefined;
  readonly operations: Operation[];
}

const step: fc.Arbitrary<Step> = fc.record({
  waitMs: fc.nat(10),
  delayMs: fc.option(fc.nat(30), { nil: undefined }),
  cancels: fc.option(fc.nat(5), { nil: undefined, freq: 4 }),
  operations: fc.array(operation, { minLength: 1, maxLength: 3 }),
});

function logOf(steps: readonly Step[]): readonly LogEntry[] {
  const entries: LogEntry[] = [];
  let atMs = 0;
  for (const { waitMs, delayMs, cancels, operations } of steps) {
    atMs += waitMs;
    const last = entries.at(-1);
    const later = delayMs === undefined ? {} : { effectiveAtMs: atMs + delayMs };
    const action: Action =
      cancels === undefined
        ? { kind: 'applied', reason: 'r', operations, files: [], ...later }
        : { kind: 'cancelled', entry: cancels, reason: 'r' };
    entries.push(entryAfter(last === undefined ? LOG_START : positionOf(last), { author: 'me', atMs, action }));
  }
  return entries;
}

/** The same, said another way: all effects known by `nowMs`, in the order of their times. */
function byHand(
  entries: readonly LogEntry[],
  nowMs: number,
): { readonly data: CatalogData; readonly revision: number } {
  const known = entries.filter((entry) => entry.atMs <= nowMs);
  const effects = known.flatMap(({ seq, atMs, action }) =>
    action.kind === 'applied'
      ? [{ seq, atMs: Math.max(atMs, action.effectiveAtMs ?? atMs), operations: action.operations }]
      : [],
  );
  const taken = effects.filter(
    (effect) =>
      effect.atMs <= nowMs &&
      !known.some(
        ({ seq, atMs, action }) =>
          action.kind === 'cancelled' && action.entry === effect.seq && seq > effect.seq && atMs < effect.atMs,
      ),
  );
  const inOrder = taken.toSorted((a, b) => a.atMs - b.atMs || a.seq - b.seq);
  const data = inOrder.reduce<CatalogData>((before, { operations }) => applyOperations(before, operations), {});
  return { data, revision: inOrder.length };
}

describe('replaying a log', () => {
  test('gives all effects in the order of their times', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.nat(150), (steps, nowMs) => {
        const entries = logOf(steps);
        const { data, revision } = replay(entries, nowMs);
        expect({ data, revision }).toEqual(byHand(entries, nowMs));
      }),
    );
  });

  test('a state carried along, looked at or not in between, is the state replayed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.array(fc.nat(5)), fc.nat(200), (steps, looks, laterMs) => {
        const entries = logOf(steps);
        let state = NOTHING;
        for (const [index, entry] of entries.entries()) {
          state = afterEntry(state, entry);
          // Somebody writes `current` down at this moment.
          state = inForceAt(state, Math.min(entry.atMs + (looks[index] ?? 0), entries[index + 1]?.atMs ?? Infinity));
        }
        const nowMs = (entries.at(-1)?.atMs ?? 0) + 5 + laterMs;
        expect(inForceAt(state, nowMs)).toEqual(replay(entries, nowMs));
      }),
    );
  });

  test('every revision is a state that was, one after the other', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const entries = logOf(steps);
        const states = [...statesOf(entries, 1000)];
        expect(states.map(({ revision }) => revision)).toEqual(states.map((_, index) => index + 1));
        // What is scheduled or cancelled afterwards makes no state of its own.
        expect({ ...(states.at(-1) ?? NOTHING), scheduled: [] }).toEqual(replay(entries, 1000));
        expect([...revisionsOf(entries, 1000)]).toEqual(states.map(({ seq, revision }) => [seq, revision]));
      }),
    );
  });
});

test('a log says which entry follows which, and its times never go back', () => {
  const action: Action = { kind: 'commented', change: 1, note: 'x' };
  const first = entryAfter(LOG_START, { author: 'a', atMs: 100, action });
  const second = entryAfter(positionOf(first), { author: 'b', atMs: 50, action });
  expect(second).toMatchObject({ seq: 2, prev: positionOf(first).digest, atMs: 100 });
});
