/** Acknowledgements: grouped per agent and epoch, ranges joined, messages bounded. */
import { ackMessageSchema, decode, encode } from '@kaiku/protocol';
import type { LedgerRow } from '@kaiku/store';
import { describe, expect, test } from 'vitest';
import { ackMessages, standingAcks } from './ack-messages.ts';

const row = (agent: string, epoch: number, seq: number): LedgerRow => ({
  agent,
  epoch,
  seq,
  sha256: '',
  rows: 1,
  firstMs: seq,
  lastMs: seq + 10,
  sealedMs: seq,
});

describe('ackMessages', () => {
  test('one message per agent and epoch', () => {
    const rows = [row('a', 1, 2), row('b', 1, 1), row('a', 1, 1), row('a', 2, 1), row('a', 1, 5)];
    expect(ackMessages('l', rows)).toEqual([
      {
        v: 1,
        logger: 'l',
        agent: 'a',
        epoch: 1,
        ranges: [
          [1, 2],
          [5, 5],
        ],
        firstMs: 1,
        lastMs: 15,
        bundles: true,
      },
      { v: 1, logger: 'l', agent: 'b', epoch: 1, ranges: [[1, 1]], firstMs: 1, lastMs: 11, bundles: true },
      { v: 1, logger: 'l', agent: 'a', epoch: 2, ranges: [[1, 1]], firstMs: 1, lastMs: 11, bundles: true },
    ]);
  });

  test('none for nothing, and no message holds more ranges than its schema allows', () => {
    expect(ackMessages('l', [])).toEqual([]);
    const rows = Array.from({ length: 1500 }, (_, index) => row('a', 1, 1 + index * 2));
    const messages = ackMessages('l', rows);
    expect(messages.map(({ ranges }) => ranges.length)).toEqual([1000, 500]);
    for (const message of messages) expect(decode(ackMessageSchema, encode(message))).toEqual(message);
  });
});

describe('standingAcks', () => {
  const view = (agent: string, epoch: number, newestMs: number) => ({
    agent,
    epoch,
    ranges: [[1, 9]] as const,
    newestMs,
    watermarkMs: newestMs,
    gapBatches: 0,
  });

  test('the three newest epochs of agents heard of lately', () => {
    const views = [view('a', 1, 100), view('a', 2, 200), view('a', 4, 400), view('a', 3, 300), view('old', 1, 5)];
    expect(
      standingAcks('l', views, 50).map(({ agent, epoch, firstMs, lastMs }) => [agent, epoch, firstMs, lastMs]),
    ).toEqual([
      ['a', 4, 400, 400],
      ['a', 3, 300, 300],
      ['a', 2, 200, 200],
    ]);
  });
});
