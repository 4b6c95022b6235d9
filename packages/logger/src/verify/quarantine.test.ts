/** Quarantine keeps what it can, within limits, and never stops the stream. */
import { createLog, createMetrics } from '@kaiku/core';
import { expect, test } from 'vitest';
import { FakeStoreError, memoryStore } from '../testing/memory-store.ts';
import { createQuarantine } from './quarantine.ts';

const log = createLog({ role: 'logger', name: 'test', level: 'silent' });

function bench() {
  const store = memoryStore();
  const metrics = createMetrics();
  const patience = { signal: new AbortController().signal, log, onTrouble: () => undefined };
  return { store, metrics, quarantine: createQuarantine(store, patience, metrics, log) };
}

const refused = { agent: 'agent-a', epoch: 1, seq: 1, reason: 'no reason' };

test('the same bytes are kept once, other bytes again', async () => {
  const { store, metrics, quarantine } = bench();
  for (const text of ['one', 'one', 'two']) await quarantine(refused, Buffer.from(text));
  expect(store.quarantine.map(({ bytes }) => bytes)).toEqual([3, 3]);
  expect(metrics.figures()['quarantined']).toBe(3);
});

test('a store that refuses even the row: without bytes, then not at all; the stream goes on', async () => {
  const { store, metrics, quarantine } = bench();
  let refusals = 1;
  store.fault = (operation) => {
    if (operation === 'quarantine' && refusals-- > 0) throw new FakeStoreError('refused');
  };
  await quarantine(refused, Buffer.from('one'));
  expect(store.quarantine.map(({ bytes }) => bytes)).toEqual([0]);
  refusals = 2;
  await quarantine(refused, Buffer.from('two'));
  expect(store.quarantine).toHaveLength(1);
  expect(metrics.figures()['quarantineDropped']).toBe(1);
});

test('an agent that floods gets its rows and no more; another is not harmed', async () => {
  const { store, metrics, quarantine } = bench();
  for (let seq = 1; seq <= 1500; seq += 1) await quarantine({ ...refused, seq }, Buffer.from(`garbage ${seq}`));
  await quarantine({ ...refused, agent: 'agent-b' }, Buffer.from('other'));
  const rows = Map.groupBy(store.quarantine, ({ agent }) => agent);
  expect(rows.get('agent-a')?.length).toBeLessThanOrEqual(2000);
  expect(rows.get('agent-a')?.length).toBeGreaterThanOrEqual(1000);
  expect(rows.get('agent-b')).toHaveLength(1);
  expect(metrics.figures()['quarantined']).toBe(1501);
});

test('bytes of one agent are bounded', async () => {
  const { store, quarantine } = bench();
  for (let seq = 1; seq <= 12; seq += 1) await quarantine({ ...refused, seq }, Buffer.alloc(4 * 1024 * 1024, seq));
  expect(store.quarantine).toHaveLength(12);
  // At an hour's turn the allowance begins anew: twice at most.
  expect(store.quarantine.filter(({ bytes }) => bytes > 0).length).toBeLessThanOrEqual(16);
  expect(store.quarantine.filter(({ bytes }) => bytes > 0).length).toBeGreaterThanOrEqual(8);
});
