/** What a logger believes, and what it does not. */
import { sealBatch } from '@kaiku/protocol';
import { describe, expect, test } from 'vitest';
import { gaugeBatch, gaugeRows, NOON_MS } from '../testing/batches.ts';
import { verifyBatch, type Recognize } from './verify-batch.ts';

const never: Recognize = () => false;

describe('verifyBatch', () => {
  test('a good batch gives its ledger row and the times of its samples', () => {
    const batch = gaugeBatch({ seq: 3, rows: 4 });
    const verdict = verifyBatch(batch.bytes, 'agent-a', never);
    const firstMs = NOON_MS + 30_000;
    expect(verdict).toMatchObject({
      kind: 'verified',
      row: { agent: 'agent-a', epoch: 1, seq: 3, sha256: batch.sha256, rows: 4, firstMs, lastMs: firstMs + 3000 },
      sampled: { firstMs, lastMs: firstMs + 3000 },
    });
  });

  test('times come from the rows, whatever the header says', () => {
    const header = { ...gaugeBatch({ seq: 1 }).header, firstMs: 0, lastMs: 1 };
    const verdict = verifyBatch(sealBatch(header, [gaugeRows({ seq: 1 })]).bytes, 'agent-a', never);
    expect(verdict).toMatchObject({ kind: 'verified', row: { firstMs: NOON_MS + 10_000, lastMs: NOON_MS + 11_000 } });
  });

  test('a batch without samples has nothing to roll up', () => {
    const batch = gaugeBatch({ seq: 1, rows: 0 });
    expect(verifyBatch(batch.bytes, 'agent-a', never)).toMatchObject({ kind: 'verified', sampled: undefined });
  });

  test('what is recognized is not looked at again', () => {
    const batch = gaugeBatch({ seq: 1, rowsOf: 'agent-b' });
    const recognize: Recognize = (agent, epoch, seq, sha256) =>
      agent === 'agent-a' && epoch === 1 && seq === 1 && sha256 === batch.sha256;
    expect(verifyBatch(batch.bytes, 'agent-a', recognize)).toMatchObject({ kind: 'again', row: { seq: 1 } });
  });

  const damaged = Buffer.from(gaugeBatch({ seq: 1 }).bytes);
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  test.each([
    ['sent under another name', gaugeBatch({ seq: 1 }).bytes, 'agent-b', 'sent as agent-b, sealed as agent-a', 1],
    ['rows of another agent', gaugeBatch({ seq: 1, rowsOf: 'agent-b' }).bytes, 'agent-a', 'rows of another agent', 1],
    ['damage', damaged, 'agent-a', 'hash does not match', 0],
    ['garbage', Buffer.from('hello'), 'agent-a', 'not a batch', 0],
    ['garbage under a name that is none', Buffer.from('hello'), 'Ä', 'not a batch', 0],
    ['times before 1970', gaugeBatch({ seq: 1, firstMs: -5000 }).bytes, 'agent-a', '1970', 1],
    ['times after 2200', gaugeBatch({ seq: 1, firstMs: Date.UTC(2300, 0) }).bytes, 'agent-a', '2200', 1],
    ['a span of months', gaugeBatch({ seq: 1, stepMs: 40 * 86_400_000 }).bytes, 'agent-a', '32 days', 1],
  ])('refuses %s', (_, bytes, agent, reason, seq) => {
    const verdict = verifyBatch(bytes, agent, never);
    expect(verdict).toMatchObject({ kind: 'refused', agent: agent === 'Ä' ? 'unknown' : agent, seq });
    expect(verdict.kind === 'refused' && verdict.reason).toContain(reason);
  });
});
