import { digestOf, sealBatch, type SealedBatch } from '@kaiku/protocol';
import { expect, test } from 'vitest';
import { ResultMemory } from './result-memory.ts';

const EPOCH = 1_700_000_000_000;
const HOUR_MS = 3_600_000;

function sealed(seq: number, sealedMs = EPOCH): SealedBatch {
  const clock = { offsetMs: null, monotonicMs: 1 };
  return sealBatch({ agent: 'a', epoch: EPOCH, seq, firstMs: 1, lastMs: 1, sealedMs, missedSlots: 0, clock }, []);
}
function memoryOf(batches: number): ResultMemory {
  const memory = new ResultMemory(EPOCH);
  for (let seq = 1; seq <= batches; seq += 1) {
    memory.add(sealed(seq), 0);
    memory.published(seq);
  }
  return memory;
}
const only = (memory: ResultMemory) => {
  const [epoch] = memory.inventory();
  if (epoch === undefined) throw new Error('an empty inventory');
  return epoch;
};

test('kept until every logger known has it; one that lacks it after all gets it if it is still there', () => {
  const memory = memoryOf(4);
  memory.acked('logger-1', EPOCH, [[1, 4]], 1000);
  memory.acked('logger-2', EPOCH, [[1, 2]], 1000);
  memory.lacks('logger-2', EPOCH, [[2, 2]]);
  memory.prune(2000);
  expect(only(memory)).toEqual({
    epoch: EPOCH,
    from: 1,
    to: 4,
    held: [[2, 4]],
    waiting: [],
    lost: [{ ranges: [[1, 1]], reason: 'expired' }],
  });
  expect(memory.read(EPOCH, 2)).toBeDefined();
  expect(memory.read(EPOCH, 1)).toBeUndefined();
});

test('nobody acknowledges: kept for a quarter of an hour; what the broker has not is kept longer', () => {
  const memory = memoryOf(2);
  memory.add(sealed(3), 0);
  memory.prune(14 * 60_000);
  expect(only(memory).held).toEqual([[1, 3]]);
  memory.prune(16 * 60_000);
  expect(only(memory)).toMatchObject({ held: [[3, 3]], waiting: [[3, 3]] });
});

test('audits are answered for what is no longer kept; a refused batch is in none', () => {
  const memory = memoryOf(3);
  memory.add(sealed(4, EPOCH + HOUR_MS), 0);
  memory.add(sealed(5, EPOCH + HOUR_MS), 0);
  memory.refused(5);
  memory.prune(16 * 60_000);
  const hourMs = EPOCH - (EPOCH % HOUR_MS);
  const hashes = [1, 2, 3].map((seq) => sealed(seq).sha256);
  expect(memory.audit(EPOCH, 0, EPOCH + 9 * HOUR_MS)).toEqual([
    { hourMs, batches: 3, digest: digestOf(hashes) },
    { hourMs: hourMs + HOUR_MS, batches: 1, digest: digestOf([sealed(4, EPOCH + HOUR_MS).sha256]) },
  ]);
  expect(memory.list(EPOCH, hourMs)).toEqual([1, 2, 3].map((seq, at) => ({ seq, sha256: hashes[at] })));
  expect(memory.audit(EPOCH - 1, 0, EPOCH * 2)).toEqual([]);
});

test('memory is bounded: beyond 64 MiB the oldest go', () => {
  const memory = new ResultMemory(EPOCH);
  for (let seq = 1; seq <= 80; seq += 1) {
    memory.add({ ...sealed(seq), bytes: new Uint8Array(1024 * 1024) }, 0);
    memory.published(seq);
  }
  memory.prune(1);
  expect(memory.bytes).toBeLessThanOrEqual(64 * 1024 * 1024);
  expect(only(memory).held).toEqual([[17, 80]]);
});
