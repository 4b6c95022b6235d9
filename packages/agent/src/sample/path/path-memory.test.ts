/** What a path knows over slots, days and restarts. Three points; a burst is `loss of 10/rtt` for each, `?` not measured. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@kaiku/core';
import { expect, test, vi } from 'vitest';
import { sampleReader } from '../../testing/samples.ts';
import { scriptedProber } from '../../testing/scripted-prober.ts';
import { Collector } from '../collector.ts';
import type { BurstMessage } from '../icmp/messages.ts';
import { createPathSampler } from './path-sampler.ts';
import { PathTarget } from './path-target.ts';

const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const MINUTE_MS = 60_000;
const NAMES = ['switch', 'router', 'server'];
const plan = {
  entity: 'p',
  everyMs: MINUTE_MS,
  points: NAMES.map((entity, index) => ({ entity, address: `192.0.2.${index}` })),
  packets: 10,
  spacingMs: 50,
  timeoutMs: 1000,
};

function burstOf(word: string): Partial<BurstMessage> | undefined {
  if (word === '?') return undefined;
  const [lost = 0, rtt = 1] = word.split('/').map(Number);
  const back = Array.from({ length: 10 }, (_, at) => at >= lost);
  return {
    fates: back.map((ok) => (ok ? 'ok' : 'lost')),
    rtts: back.map((ok) => (ok ? rtt : null)),
    arrived: lost < 10,
  };
}

function pathAt() {
  let words: readonly string[] = [];
  const collector = new Collector('agent-a');
  const events: string[] = [];
  collector.event = ({ message }) => void events.push(message);
  const prober = scriptedProber(({ address }) => burstOf(words[Number(address.split('.').at(-1))] ?? '?'));
  const read = sampleReader(collector);
  const target = new PathTarget(plan, { collector, prober });
  let slotMs = 0;
  /** So many slots of it. @returns who is to blame in the last one */
  const slots = async (count: number, text: string): Promise<unknown> => {
    words = text.split(' ');
    for (let slot = 0; slot < count; slot += 1) await target.probe((slotMs += MINUTE_MS));
    return read().all('pathBlame').at(-1)?.value;
  };
  return { slots, events, read, collector, prober, say: (text: string) => void (words = text.split(' ')) };
}

test('a delay that stays is blamed for a day, and then usual', async () => {
  const { slots, events } = pathAt();
  expect(await slots(10, '0/1 0/2 0/3')).toBe(0);
  expect(await slots(20 * 60, '0/1 0/42 0/43')).toBe(2);
  expect(await slots(5 * 60, '0/1 0/42 0/43')).toBe(0);
  expect(events).toEqual([
    'router is to blame: 40 ms more than usual from there on',
    'No point is to blame any more; it was router',
  ]);
  expect(await slots(1, '0/1 0/42 0/93')).toBe(3);
});

test('pings a router never answers well are not held against it when another one loses', async () => {
  const { slots } = pathAt();
  expect(await slots(10, '0/1 2/2 0/3')).toBe(0);
  expect(await slots(3, '0/1 2/2 2/3')).toBe(3);
  expect(await slots(3, '0/1 5/2 3/3')).toBe(2);
});

/** Slots in which each point was blamed, of a fault that lasts 17 slots, met 15 times: chance as it is, from one seed. */
async function chances(lossBehindRouter: number, unansweredBySwitch: number): Promise<readonly number[]> {
  let seed = 20261123;
  const random = (): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  const blamed = [0, 0, 0, 0];
  for (let run = 0; run < 15; run += 1) {
    let loss = 0;
    const collector = new Collector('agent-a');
    const prober = scriptedProber(({ address }) => {
      const point = NAMES.findIndex((_, index) => address.endsWith(`.${index}`));
      const back = Array.from(
        { length: 10 },
        () => !((point > 0 && random() < loss) || (point === 0 && random() < unansweredBySwitch)),
      );
      return { fates: back.map((ok) => (ok ? 'ok' : 'lost')), rtts: back.map((ok) => (ok ? 1 : null)) };
    });
    const read = sampleReader(collector);
    const target = new PathTarget(plan, { collector, prober });
    for (let slot = 0; slot < 40; slot += 1) {
      loss = slot < 20 ? 0 : lossBehindRouter;
      await target.probe(slot * MINUTE_MS);
    }
    for (const { value } of read().all('pathBlame').slice(-17))
      blamed[Number(value)] = (blamed[Number(value)] ?? 0) + 1;
  }
  return blamed.map((count) => count / (15 * 17));
}

test('chance names nobody else: random loss at the router, and a switch in front of it that answers badly', async () => {
  const [nobody = 1, , router = 0] = await chances(0.2, 0);
  expect(router).toBeGreaterThan(0.95);
  expect(nobody).toBeLessThan(0.03);
  const [, ofSwitch = 1, ofRouter = 0] = await chances(0.2, 0.1);
  expect(ofRouter).toBeGreaterThan(0.8);
  expect(ofSwitch).toBeLessThan(0.2);
  expect(await chances(0, 0.3)).toEqual([1, 0, 0, 0]);
});

test('a point in the middle that is not measured costs its own figures only; the last one, what is said of the path', async () => {
  const { slots, read, say, collector, prober } = pathAt();
  expect(await slots(1, '0/1 ? 3/3')).toBe(3);
  expect(await slots(1, '0/1 0/2 ?')).toBeUndefined();
  say('0/1 ? 0/3');
  await new PathTarget({ ...plan, entity: 'q' }, { collector, prober }).probe(1000);
  expect(read().samples.map(({ series }) => series)).toEqual([
    'q hopRtt switch',
    'q hopLoss switch',
    'q hopDelay switch',
    'q hopRtt server',
    'q hopLoss server',
    'q pathRtt',
    'q pathLoss',
    'q pathBlame',
  ]);
});

test('a restart keeps what is usual and who was to blame', async () => {
  vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date', 'setTimeout', 'clearTimeout', 'performance'] });
  const dir = await mkdtemp(join(tmpdir(), 'kaiku-paths-'));
  /** A life of some minutes. */
  const live = async (text: string, minutes: number) => {
    const words = text.split(' ');
    const collector = new Collector('agent-a');
    const read = sampleReader(collector);
    const events: string[] = [];
    collector.event = ({ message }) => void events.push(message);
    const prober = scriptedProber(({ address }) => burstOf(words[Number(address.split('.').at(-1))] ?? '?'));
    const sampler = createPathSampler({ collector, prober, file: join(dir, 'path-usual.json'), log });
    sampler.apply({ v: 2, agent: 'agent-a', revision: 1, targets: [], paths: [plan] });
    for (const part of sampler.parts) await part.start();
    await vi.advanceTimersByTimeAsync(minutes * MINUTE_MS);
    for (const part of sampler.parts.toReversed()) await part.stop();
    const all = read();
    return { blamed: all.all('pathBlame').at(-1)?.value, facts: all.facts, events };
  };
  expect(await live('0/1 0/2 0/3', 10)).toMatchObject({ blamed: 0, events: [] });
  const delayed = await live('0/1 0/42 0/43', 3);
  expect(delayed.events).toEqual(['router is to blame: 40 ms more than usual from there on']);
  expect(await live('0/1 0/42 0/43', 3)).toMatchObject({
    blamed: 2,
    facts: ['p pathBlame =router (delay)'],
    events: [],
  });
  expect(await live('0/1 0/2 0/3', 3)).toMatchObject({
    blamed: 0,
    facts: ['p pathBlame =router (delay)', 'p pathBlame ='],
    events: ['No point is to blame any more; it was router'],
  });
  vi.useRealTimers();
  await rm(dir, { recursive: true });
});
