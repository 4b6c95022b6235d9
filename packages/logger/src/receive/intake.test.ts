/** Live first, replay and backlog in turns, and bulk groups that grow while a flood lasts. */
import { BrokerError, type Delivery, type StreamKey } from '@kaiku/core';
import { describe, expect, test } from 'vitest';
import { delivery } from '../testing/batches.ts';
import { createGroupSizing, type GroupSize } from './group-size.ts';
import { createIntake, type Group, type IntakeSizes, type Pull } from './intake.ts';

interface Lanes extends Pull {
  readonly left: Record<StreamKey, Delivery[]>;
}

function lanes(waiting: Partial<Record<StreamKey, number>>, size = 10): Lanes {
  const fill = (lane: StreamKey): Delivery[] =>
    Array.from({ length: waiting[lane] ?? 0 }, () => delivery(new Uint8Array(size)));
  const left: Record<StreamKey, Delivery[]> = { data: fill('data'), backlog: fill('backlog'), replay: fill('replay') };
  return { left, pull: (lane, _, max) => Promise.resolve(left[lane].splice(0, max)) };
}

const size = (batches: number, rows = 1000): GroupSize => ({ batches, bytes: 1_000_000, rows });
const sizes: IntakeSizes = { live: size(64), bulk: size(64) };
const LATER_MS = 1e9;

function describeGroup(group: Group | undefined): string {
  if (group === undefined) return 'nothing';
  const count = (lane: StreamKey): number => group.batches.filter((each) => each.lane === lane).length;
  return `${group.kind}: ${count('data')} live, ${count('replay')} replay, ${count('backlog')} backlog`;
}

const verdict = { kind: 'again', row: {} as never } as const;
/** One batch a message. */
const single = (each: Delivery) => [{ delivery: each, verdict }];

function intakeOf(broker: Pull, open = single) {
  const intake = createIntake(broker, 'logger-1', open);
  return {
    /** Takes in until nothing more goes in, then what would go to a store that is free. */
    group: async (nowMs = LATER_MS, limits = sizes): Promise<string> => {
      for (let step = 0; step < 50; step += 1) await intake.takeIn(limits, Promise.resolve());
      return describeGroup(intake.next(limits, nowMs));
    },
    intake,
  };
}

describe('what goes to the store next', () => {
  test('live alone, in turns with bulk while there is both', async () => {
    const { group } = intakeOf(lanes({ data: 100, backlog: 100 }));
    expect(await group()).toBe('live: 64 live, 0 replay, 0 backlog');
    expect(await group()).toBe('bulk: 0 live, 0 replay, 64 backlog');
    expect(await group()).toBe('live: 36 live, 0 replay, 0 backlog');
    expect(await group()).toBe('bulk: 0 live, 0 replay, 36 backlog');
    expect(await group()).toBe('nothing');
  });

  test('replay and backlog have their turns within a group', async () => {
    const { group } = intakeOf(lanes({ backlog: 100, replay: 100 }));
    expect(await group()).toBe('bulk: 0 live, 32 replay, 32 backlog');
  });

  test('a bulk group that is not full waits for more; a full one does not', async () => {
    const { group } = intakeOf(lanes({ backlog: 10 }));
    expect(await group(performance.now())).toBe('nothing');
    expect(await group(performance.now() + 10_000)).toBe('bulk: 0 live, 0 replay, 10 backlog');
    expect(await intakeOf(lanes({ backlog: 70 })).group(performance.now())).toBe('bulk: 0 live, 0 replay, 64 backlog');
  });

  test('live never waits', async () => {
    expect(await intakeOf(lanes({ data: 1, backlog: 10 })).group(performance.now())).toBe(
      'live: 1 live, 0 replay, 0 backlog',
    );
  });

  test('a full group is not filled further', async () => {
    const broker = lanes({ data: 500, backlog: 500 });
    const { group } = intakeOf(broker);
    expect(await group()).toBe('live: 64 live, 0 replay, 0 backlog');
    expect(broker.left.backlog.length).toBe(500 - 64);
    const large = lanes({ backlog: 500 }, 100_000);
    expect(await intakeOf(large).group()).toBe('bulk: 0 live, 0 replay, 12 backlog');
  });

  test('a message of several batches counts as several, and once as a message', async () => {
    const bundle = (each: Delivery) => Array.from({ length: 40 }, () => ({ delivery: each, verdict }));
    const { intake } = intakeOf(lanes({ backlog: 1 }), bundle);
    await intake.takeIn(sizes, undefined);
    const group = intake.next(sizes, LATER_MS);
    expect(group?.batches.length).toBe(40);
    expect(group?.batches.filter(({ first }) => first).length).toBe(1);
  });

  test('keeps what came before the broker failed, and tells of the failure afterwards', async () => {
    const broker = lanes({ data: 3 });
    const failing: Pull = {
      pull: (lane, durable, max, waitMs) =>
        lane === 'backlog' ? Promise.reject(new BrokerError('away', true)) : broker.pull(lane, durable, max, waitMs),
    };
    const { intake } = intakeOf(failing);
    await intake.takeIn(sizes, undefined);
    await expect(intake.takeIn(sizes, undefined)).rejects.toThrow('away');
    expect(describeGroup(intake.next(sizes, LATER_MS))).toBe('live: 3 live, 0 replay, 0 backlog');
  });
});

describe('the size of bulk groups', () => {
  test('grows while full groups go in quickly, shrinks when one takes long, within bounds', () => {
    const sizing = createGroupSizing({ groupBatches: 64, groupBytes: 4_000_000 });
    const commit = (tookMs: number, batches = sizing.size().batches): number => {
      sizing.learn({ batches, bytes: 0, rows: 0, tookMs }, 1e9);
      return sizing.size().batches;
    };
    expect(sizing.size().batches).toBe(256);
    expect(commit(100)).toBe(512);
    expect(commit(600)).toBe(512);
    expect(commit(100, 5)).toBe(512);
    expect(commit(5000, 200)).toBe(512);
    expect(commit(1250)).toBe(410);
    for (let i = 0; i < 20; i += 1) commit(5000);
    expect(sizing.size().batches).toBe(64);
    for (let i = 0; i < 40; i += 1) commit(10);
    expect(sizing.size()).toEqual({ batches: 8192, bytes: 32 * 1024 * 1024, rows: 1_000_000 });
  });

  test('a slow group closed by its rows makes the next ones smaller at once', () => {
    const sizing = createGroupSizing({ groupBatches: 64, groupBytes: 4_000_000 });
    for (let i = 0; i < 40; i += 1) sizing.learn({ ...sizing.size(), tookMs: 10 }, 1e9);
    sizing.learn({ batches: 1500, bytes: 14_000_000, rows: 1_000_000, tookMs: 1250 }, 1e9);
    expect(sizing.size().batches).toBe(1200);
  });

  test('grows when the store has too many parts, however slow it is', () => {
    const sizing = createGroupSizing({ groupBatches: 64, groupBytes: 4_000_000 });
    sizing.crowded(1000);
    sizing.learn({ batches: 512, bytes: 0, rows: 0, tookMs: 30_000 }, 31_000);
    expect(sizing.size().batches).toBe(512);
  });
});
