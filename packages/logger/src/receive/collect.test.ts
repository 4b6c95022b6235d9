/** Live before backlog, and groups that end when they are full or when nothing waits. */
import { BrokerError, type Delivery, type StreamKey } from '@kaiku/core';
import { describe, expect, test } from 'vitest';
import { delivery } from '../testing/batches.ts';
import { collectGroup, type Pull } from './collect.ts';

function lanes(live: number, backlog: number, size = 10): Pull & { readonly waits: number[] } {
  const waiting: Record<StreamKey, Delivery[]> = {
    data: Array.from({ length: live }, () => delivery(new Uint8Array(size))),
    backlog: Array.from({ length: backlog }, () => delivery(new Uint8Array(size), 'agent-a', 'backlog')),
    replay: [],
  };
  const waits: number[] = [];
  return {
    waits,
    pull: (lane, _, max, waitMs) => {
      waits.push(waitMs);
      return Promise.resolve(waiting[lane].splice(0, max));
    },
  };
}

const limits = { groupBatches: 64, groupBytes: 1_000_000 };

async function group(broker: Pull, some = limits): Promise<string> {
  const deliveries = await collectGroup(broker, 'logger-1', some);
  const count = (lane: string): number => deliveries.filter(({ subject }) => subject.includes(`.${lane}.`)).length;
  return `${count('data')} live, ${count('backlog')} backlog`;
}

describe('a group', () => {
  test('of a full live lane has no backlog', async () => {
    const broker = lanes(100, 100);
    expect(await group(broker)).toBe('64 live, 0 backlog');
    expect(await group(broker)).toBe('36 live, 28 backlog');
    expect(await group(broker)).toBe('0 live, 64 backlog');
    expect(await group(broker)).toBe('0 live, 8 backlog');
    expect(broker.waits.every((waitMs) => waitMs === 0)).toBe(true);
  });

  test('is closed by its bytes', async () => {
    expect(await group(lanes(100, 0, 100_000), { groupBatches: 1000, groupBytes: 1_000_000 })).toBe(
      '16 live, 0 backlog',
    );
  });

  test('is empty after a short wait when nothing waits', async () => {
    const broker = lanes(0, 0);
    expect(await group(broker)).toBe('0 live, 0 backlog');
    expect(Math.max(...broker.waits)).toBeGreaterThan(0);
  });

  test('keeps what came before the broker failed', async () => {
    const broker = lanes(3, 0);
    const failing: Pull = {
      pull: (lane, durable, max, waitMs) =>
        lane === 'backlog' ? Promise.reject(new BrokerError('away', true)) : broker.pull(lane, durable, max, waitMs),
    };
    expect(await group(failing)).toBe('3 live, 0 backlog');
    await expect(collectGroup(failing, 'logger-1', limits)).rejects.toThrow('away');
  });
});
