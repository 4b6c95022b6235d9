/** Messages and subjects: round trips, and unfit bytes answered with undefined. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seriesId, agentId, alarmId, partitionOf } from '../batch/series-id.ts';
import {
  ackMessageSchema,
  alarmEventSchema,
  commandMessageSchema,
  decode,
  encode,
  healthReportSchema,
} from './messages.ts';
import type { CommandMessage } from './messages.ts';
import { digestOf, inventoryMessageSchema, type InventoryMessage } from './repair.ts';
import { lastToken, subjects } from './subjects.ts';

describe('messages', () => {
  const ack = {
    v: 1 as const,
    logger: 'logger-1',
    agent: 'agent-hki',
    epoch: 5,
    ranges: [
      [1, 3],
      [7, 7],
    ] as [number, number][],
    firstMs: 1,
    lastMs: 2,
  };

  test('round trip', () => {
    expect(decode(ackMessageSchema, encode(ack))).toEqual(ack);
    expect(decode(commandMessageSchema, encode({ v: 1, command: 'reload' }))).toEqual({ v: 1, command: 'reload' });
  });

  test('unfit bytes are undefined, never thrown', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 100 }),
          fc.json().map((json) => Buffer.from(json)),
        ),
        (bytes) => {
          for (const schema of [ackMessageSchema, commandMessageSchema, alarmEventSchema, healthReportSchema]) {
            expect(decode<unknown>(schema, bytes)).toBeUndefined();
          }
        },
      ),
    );
  });

  test('one too large is undefined', () => {
    const padded = Buffer.concat([Buffer.alloc(256 * 1024, ' '), encode(ack)]);
    expect(decode(ackMessageSchema, padded)).toBeUndefined();
  });

  test('a newer version is not mistaken for this one', () => {
    expect(decode(ackMessageSchema, Buffer.from(JSON.stringify({ ...ack, v: 2 })))).toBeUndefined();
  });
});

describe('names', () => {
  test('subjects end in the agent', () => {
    expect(subjects.data('agent-hki')).toBe('kaiku.data.agent-hki');
    expect(subjects.ack('logger-1', 'agent-hki')).toBe('kaiku.ack.logger-1.agent-hki');
    expect(lastToken(subjects.backlog('agent-hki'))).toBe('agent-hki');
  });

  test('ids never change: they are stored', () => {
    expect(seriesId({ entity: 'hel-core-1', metric: 'ifHCInOctets', instance: 'Gi1/0/1' })).toBe(13895287887238696820n);
    expect(agentId('agent-hki')).toBe(7080381523034865458n);
    expect(alarmId('hel-core-1', 'rtt-high', '')).toBe(14122983067020853604n);
    expect(partitionOf('hel-core-1', 16)).toBe(12);
  });
});

describe('repair messages', () => {
  const inventory: InventoryMessage = {
    v: 1,
    agent: 'agent-hki',
    instance: '0123456789abcdef',
    atMs: 5,
    epoch: 7,
    epochs: [
      { epoch: 7, from: 1, to: 9, held: [[1, 7]], waiting: [[7, 7]], lost: [{ ranges: [[8, 9]], reason: 'damage' }] },
    ],
    complete: true,
  };

  test('round trip', () => {
    expect(decode(inventoryMessageSchema, encode(inventory))).toEqual(inventory);
    const replay: CommandMessage = {
      v: 1,
      command: 'replay',
      logger: 'logger-1',
      wanted: [{ epoch: 7, ranges: [[1, 4]] }],
    };
    expect(decode(commandMessageSchema, encode(replay))).toEqual(replay);
  });

  test('the digest is a sum of the first eight bytes, whatever the order', () => {
    const hashes = ['ffffffffffffffff', '0000000000000003'].map((start) => start.padEnd(64, 'a'));
    expect(digestOf(hashes)).toBe('0000000000000002');
    expect(digestOf(hashes.toReversed())).toBe(digestOf(hashes));
    expect(digestOf([])).toBe('0000000000000000');
  });
});
