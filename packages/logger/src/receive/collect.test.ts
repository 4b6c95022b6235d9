/** Live first, replay and backlog in turns, and groups that end when they are full or when nothing waits. */
import { BrokerError, type Delivery, type StreamKey } from '@kaiku/core';
import { describe, expect, test } from 'vitest';
import { delivery } from '../testing/batches.ts';
import { createCollect, type Pull } from './collect.ts';
import { createGroupSizing, type GroupSize } from './group-size.ts';

interface Lanes extends Pull {
  readonly waits: number[];
}

function lanes(waiting: Partial<Record<StreamKey, number>>, size = 10): Lanes {
  const fill = (lane: StreamKey): Delivery[] =>
    Array.from({ length: waiting[lane] ?? 0 }, () => delivery(new Uint8Array(size)));
  const left: Record<StreamKey, Delivery[]> = { data: fill('data'), backlog: fill('backlog'), replay: fill('replay') };
  const waits: number[] = [];
  return {
    waits,
    pull: (lane, _, max, waitMs) => {
      waits.push(waitMs);
      return Promise.resolve(left[lane].splice(0, max));
    },
  };
}

const size = { batches: 64, bytes: 1_000_000 };

function groupsOf(broker: Pull): (bulk?: GroupSize) => Promise<string> {
  const collect = createCollect(broker, 'logger-1');
  return async (bulk = size) => {
    const received = await collect.group(size, bulk);
    const count = (lane: StreamKey): number => received.filter((each) => each.lane === lane).length;
    return `${count('data')} live, ${count('replay')} replay, ${count('backlog')} backlog`;
  };
}

describe('a group', () => {
  test('of a full live lane has nothing else', async () => {
    const broker = lanes({ data: 100, backlog: 100 });
    const group = groupsOf(broker);
    expect(await group()).toBe('64 live, 0 replay, 0 backlog');
    expect(await group()).toBe('36 live, 0 replay, 28 backlog');
    expect(await group()).toBe('0 live, 0 replay, 64 backlog');
    expect(await group()).toBe('0 live, 0 replay, 8 backlog');
    expect(broker.waits.every((waitMs) => waitMs === 0)).toBe(true);
  });

  test('gives replay and backlog their turns', async () => {
    const group = groupsOf(lanes({ backlog: 100, replay: 100 }));
    expect(await group()).toBe('0 live, 64 replay, 0 backlog');
    expect(await group()).toBe('0 live, 0 replay, 64 backlog');
    expect(await group()).toBe('0 live, 36 replay, 28 backlog');
  });

  test('takes as much of them as is told, live data included', async () => {
    const group = groupsOf(lanes({ data: 10, replay: 500 }));
    expect(await group({ batches: 200, bytes: 1_000_000 })).toBe('10 live, 190 replay, 0 backlog');
    expect(await group({ batches: 8, bytes: 1_000_000 })).toBe('0 live, 8 replay, 0 backlog');
  });

  test('is closed by its bytes', async () => {
    expect(await groupsOf(lanes({ data: 100 }, 100_000))()).toBe('16 live, 0 replay, 0 backlog');
  });

  test('is empty after a short wait when nothing waits', async () => {
    const broker = lanes({});
    expect(await groupsOf(broker)()).toBe('0 live, 0 replay, 0 backlog');
    expect(Math.max(...broker.waits)).toBeGreaterThan(0);
  });

  test('keeps what came before the broker failed', async () => {
    const broker = lanes({ data: 3 });
    const group = groupsOf({
      pull: (lane, durable, max, waitMs) =>
        lane === 'backlog' ? Promise.reject(new BrokerError('away', true)) : broker.pull(lane, durable, max, waitMs),
    });
    expect(await group()).toBe('3 live, 0 replay, 0 backlog');
    await expect(group()).rejects.toThrow('away');
  });
});

describe('the size of bulk groups', () => {
  test('grows while full groups go in quickly, shrinks when one takes long, within bounds', () => {
    const sizing = createGroupSizing({ groupBatches: 64, groupBytes: 4_000_000 });
    const commit = (tookMs: number, batches = sizing.size().batches): number => {
      sizing.learn({ batches, bytes: 0, tookMs }, 1e9);
      return sizing.size().batches;
    };
    expect(commit(100)).toBe(96);
    expect(commit(400)).toBe(96);
    expect(commit(100, 5)).toBe(96);
    expect(commit(600)).toBe(80);
    for (let i = 0; i < 20; i += 1) commit(5000);
    expect(sizing.size().batches).toBe(64);
    for (let i = 0; i < 40; i += 1) commit(10);
    expect(sizing.size().batches).toBeLessThanOrEqual(1024);
    expect(sizing.size().bytes).toBeLessThanOrEqual(32 * 1024 * 1024);
  });

  test('grows when the store has too many parts, however slow it is', () => {
    const sizing = createGroupSizing({ groupBatches: 64, groupBytes: 4_000_000 });
    sizing.crowded(1000);
    sizing.learn({ batches: 64, bytes: 0, tookMs: 30_000 }, 31_000);
    expect(sizing.size().batches).toBe(128);
  });
});
