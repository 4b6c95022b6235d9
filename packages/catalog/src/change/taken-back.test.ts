/** Older files over a newer state: what they would take back is named, with who had changed it. */
import { expect, test } from 'vitest';
import { entryAfter, LOG_START, positionOf, type Action, type LogEntry } from './entry.ts';
import type { Operation } from './operations.ts';
import { takenBack } from './taken-back.ts';

const set = (id: string, nick: string): Operation => ({ op: 'set', part: 'devices', id, value: { id, nick } });
const remove = (id: string): Operation => ({ op: 'remove', part: 'devices', id });

function logOf(...actions: readonly (readonly [author: string, action: Partial<Action> | Operation[]])[]): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const [author, said] of actions) {
    const last = entries.at(-1);
    const action = (
      Array.isArray(said) ? { kind: 'applied', reason: `by ${author}`, operations: said, files: [] } : said
    ) as Action;
    const before = last === undefined ? LOG_START : positionOf(last);
    entries.push(entryAfter(before, { author, atMs: 1000 * (entries.length + 1), action }));
  }
  return entries;
}
const told = (operations: readonly Operation[], entries: readonly LogEntry[], nowMs = 1e6): string[] =>
  takenBack(operations, entries, nowMs).map(
    ({ entry, reason, what }) => `${entry.seq} ${entry.author} ${reason}: ${what.join(' ')}`,
  );

const log = logOf(
  ['anna', [set('a', 'one'), set('b', 'one'), set('c', 'one')]],
  ['bert', [set('a', 'two'), remove('b')]],
  ['cilla', [set('d', 'new')]],
);

test('a value of before, a device that was removed, one that was added since', () => {
  expect(told([set('a', 'one'), set('b', 'one'), remove('d')], log)).toEqual([
    '2 bert by bert: a b',
    '3 cilla by cilla: d',
  ]);
});

test('nothing of what is new, nor of what the first entry made', () => {
  expect(told([set('a', 'three'), set('c', 'two'), set('e', 'new'), set('d', 'newer')], log)).toEqual([]);
});

test('of a log whose beginning is not known only what it tells', () => {
  expect(told([remove('d'), set('a', 'one')], log.slice(1))).toEqual([]);
  expect(told([remove('d'), set('a', 'one')], log)).toHaveLength(2);
});

test('what is yet to take effect, or never did, is not taken back', () => {
  const later = { kind: 'applied', reason: 'later', operations: [set('a', 'three')], files: [], effectiveAtMs: 9000 };
  const scheduled = logOf(['anna', [set('a', 'one')]], ['bert', [set('a', 'two')]], ['cilla', later as Action]);
  expect(told([set('a', 'one')], scheduled, 8000)).toEqual(['2 bert by bert: a']);
  expect(told([set('a', 'two')], scheduled, 9000)).toEqual(['3 cilla later: a']);
  const cancelled = [...scheduled, ...logOf(['anna', { kind: 'cancelled', entry: 3, reason: '' }])];
  expect(told([set('a', 'one')], cancelled, 9000)).toEqual(['2 bert by bert: a']);
});

test('a secret that another machine sealed is the same secret', () => {
  const sealed = (by: string): Operation => ({ op: 'set', part: 'devices', id: 'a', value: { c: `sealed:1:${by}` } });
  const entries = logOf(['anna', [sealed('anna')]], ['bert', [set('a', 'two')]]);
  expect(told([sealed('carl')], entries)).toEqual(['2 bert by bert: a']);
});
