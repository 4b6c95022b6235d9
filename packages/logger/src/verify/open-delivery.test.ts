/** A bundle's message is settled when all of its batches are; a bad batch in it concerns itself alone. */
import { openBatch, packBundle } from '@kaiku/protocol';
import { expect, test } from 'vitest';
import { delivery, gaugeBatch } from '../testing/batches.ts';
import { openDelivery } from './open-delivery.ts';

const unknown = (): boolean => false;
const bundleOf = (seqs: readonly number[]) =>
  delivery(packBundle(seqs.map((seq) => gaugeBatch({ seq }).bytes)), 'agent-a', 'backlog');

test('a single batch is its own delivery', () => {
  const one = delivery(gaugeBatch({ seq: 1 }).bytes);
  const [part, ...others] = openDelivery(one, unknown);
  expect(others).toEqual([]);
  expect(part?.delivery).toBe(one);
});

test('a bundle is acknowledged once, when its last batch is', () => {
  const whole = bundleOf([1, 2, 3]);
  const parts = openDelivery(whole, unknown);
  expect(parts.map(({ verdict }) => verdict)).toMatchObject(
    [1, 2, 3].map((seq) => ({ kind: 'verified', row: { seq } })),
  );
  expect(parts.map(({ delivery: { bytes } }) => openBatch(bytes).ok)).toEqual([true, true, true]);
  parts[0]?.delivery.ack();
  parts[0]?.delivery.ack();
  parts[2]?.delivery.ack();
  expect(whole.acks).toBe(0);
  parts[1]?.delivery.ack();
  parts[1]?.delivery.ack();
  expect(whole.acks).toBe(1);
});

test('one batch that is to come again brings the whole bundle again, after the longest wait', () => {
  const retries: number[] = [];
  const whole = { ...bundleOf([1, 2, 3]), retry: (ms: number) => void retries.push(ms) };
  const parts = openDelivery(whole, unknown);
  parts[1]?.delivery.retry(500);
  parts[2]?.delivery.retry(100);
  expect(retries).toEqual([]);
  parts[0]?.delivery.ack();
  expect(retries).toEqual([500]);
  expect(whole.acks).toBe(0);
});

test('a damaged batch is refused alone', () => {
  const good = gaugeBatch({ seq: 1 }).bytes;
  const bad = Buffer.from(gaugeBatch({ seq: 2 }).bytes);
  bad[60] = (bad[60] ?? 0) ^ 1;
  const spoof = gaugeBatch({ seq: 3, agent: 'agent-b' }).bytes;
  const nested = packBundle([good]);
  const parts = openDelivery(delivery(packBundle([bad, good, spoof, nested])), unknown);
  expect(parts.map(({ verdict }) => verdict.kind)).toEqual(['refused', 'verified', 'refused', 'refused']);
  expect(parts.map(({ delivery: { bytes } }) => bytes.length)).toEqual(
    [bad, good, spoof, nested].map(({ length }) => length),
  );
});

test('a bundle that cannot be taken apart is refused as it is', () => {
  const whole = delivery(packBundle([gaugeBatch({ seq: 1 }).bytes]).subarray(0, 50));
  const [part, ...others] = openDelivery(whole, unknown);
  expect(others).toEqual([]);
  expect(part?.verdict).toMatchObject({ kind: 'refused', agent: 'agent-a', reason: 'bundle: cut short', final: false });
  part?.delivery.ack();
  expect(whole.acks).toBe(1);
});
