/**
 * Reloads while polling, through the real follower's path: plans with sealed secrets, opened, turned into lanes, on the real
 * scheduler. Only the clock and the devices are not real. The seed is printed when it fails.
 */
import { createLog, createMetrics, createSealingKey, sealText } from '@kaiku/core';
import { checkPlanSchema, type AgentPlan, type CheckPlan } from '@kaiku/catalog';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Due, LaneCheck, LanePlan } from '../schedule/lane.ts';
import { createScheduler } from '../schedule/scheduler.ts';
import { slotAtOrAfter, slotOffsetMs } from '../schedule/slots.ts';
import { createPlanOpener } from './plan-opener.ts';

const DEVICES = 40;
const RELOADS = 200;
const RELOAD_EVERY_MS = 137;
const START_MS = 1_800_000_000_000;
const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const key = createSealingKey();
const secrets = ['public', 'private', 'other'].map((text) =>
  sealText(text, [{ agent: 'agent-a', publicKey: key.publicKey }]),
);

/** A reproducible source of numbers below `n`. */
function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** `steady` is in every plan; what else a device has changes. */
const steady = checkPlanSchema.parse({ check: 'snmp-get', everyMs: 1000, metrics: [], facts: [] });
const variants: readonly CheckPlan[] = [500, 1000, 3000].flatMap((everyMs) =>
  ['ifXTable', 'hrStorage'].map((table) =>
    checkPlanSchema.parse({ check: 'snmp-table', table, everyMs, nameOids: [], metrics: [], facts: [] }),
  ),
);

interface Slot {
  readonly lane: string;
  readonly key: string;
  readonly slotMs: number;
}
type Check = LaneCheck & { readonly plan: CheckPlan };

beforeEach(() => void vi.useFakeTimers({ now: START_MS, toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => void vi.useRealTimers());

test.each([1, 2, 3])('200 reloads while polling: no slot is lost or doubled (seed %i)', async (seed) => {
  const random = numbers(seed);
  const taken: Slot[] = [];
  const opener = createPlanOpener({ agent: 'agent-a', privateKey: () => key.privateKey, metrics: createMetrics() });
  const scheduler = createScheduler<Check>({
    name: 'test',
    maxRunning: DEVICES,
    log,
    run: async (lane: LanePlan<Check>, due: Due<Check>) => {
      for (const check of due.checks) taken.push({ lane: lane.target, key: check.key, slotMs: due.slotMs });
      await new Promise((done) => setTimeout(done, 20 + random(200)));
    },
  });
  const apply = async (plan: AgentPlan): Promise<void> => {
    const { targets } = await opener.open(plan);
    scheduler.setLanes(
      targets.map(({ entity, checks }) => ({
        id: entity,
        target: entity,
        checks: checks.map((each) => ({ key: JSON.stringify(each), everyMs: each.everyMs, plan: each })),
      })),
    );
  };
  const devices = Array.from({ length: DEVICES }, (_, index) => ({ entity: `sw-${index}`, more: 0, secret: 0 }));
  const planNow = (revision: number): AgentPlan => ({
    v: 2,
    agent: 'agent-a',
    revision,
    paths: [],
    targets: devices.map(({ entity, more, secret }) => ({
      entity,
      address: '192.0.2.1',
      snmp: { version: '2c', port: 161, community: secrets[secret] ?? '' },
      checks: [steady, ...variants.filter((_, index) => (more & (1 << index)) !== 0)],
    })),
  });

  await apply(planNow(1));
  await scheduler.start();
  for (let reload = 0; reload < RELOADS; reload += 1) {
    await vi.advanceTimersByTimeAsync(RELOAD_EVERY_MS + random(50));
    const device = devices[random(DEVICES)];
    if (device === undefined) continue;
    device.more = random(2 ** variants.length);
    device.secret = random(secrets.length);
    // The process was busy: what is due has not been taken yet.
    vi.setSystemTime(Date.now() + random(30));
    await apply(planNow(reload + 2));
  }
  const endMs = Date.now();
  await vi.advanceTimersByTimeAsync(1);
  const stopping = scheduler.stop();
  await vi.advanceTimersByTimeAsync(1000);
  await stopping;

  const steadyKey = JSON.stringify(steady);
  for (const { entity } of devices) {
    const slots = taken.filter(({ lane, key: each }) => lane === entity && each === steadyKey);
    const expected: number[] = [];
    const first = slotAtOrAfter(START_MS, 1000, slotOffsetMs(entity, 1000));
    for (let slotMs = first; slotMs <= endMs; slotMs += 1000) expected.push(slotMs);
    expect(slots.map(({ slotMs }) => slotMs)).toEqual(expected);
  }
  const names = taken.map(({ lane, key: each, slotMs }) => `${lane} ${each} ${slotMs}`);
  expect(new Set(names).size).toBe(names.length);
  expect(scheduler.takeMissed()).toBe(0);
});
