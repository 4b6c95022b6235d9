/**
 * What people notice when parts of the demo die. kill -9 of one after another: the portal answers, an alarm still comes
 * through, and after the part's return nothing waits and both stores hold the same counts. Gone for a while, not just
 * restarted: pages go on being answered while a store is dead or frozen, and an analyzer's work is taken over. Prints how
 * long each took; asserts only that it happened.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Broker, brokerOptions, createLog, loadInstallation } from '@kaiku/core';
import { BUCKETS } from '@kaiku/protocol';
import { findBinary, waitFor } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PortalClient, startDemo, statusOf, unfinished, type Demo } from '../support/demo.ts';
import { kaiku } from '../support/installation.ts';

const ALARM_MS = 60_000;
const WHOLE_MS = 180_000;
/** The deadlines of a test's waits together, and room. */
const TEST_MS = 420_000;
const AWAY_MS = 8000;
const TAKEN_OVER_MS = 30_000;
const PAGES = ['/', '/devices/hel-core-1', '/alarms', '/health', '/api/v1/alarms'] as const;

/** What is killed, the web server that must go on, and the server whose disk fills meanwhile. */
const CASES = [
  { victim: 'logger-1', web: 0, device: 'hel-srv-2' },
  { victim: 'store-1', web: 0, device: 'tre-srv-1' },
  { victim: 'analyzer-1', web: 0, device: 'roi-srv-1' },
  { victim: 'web-1', web: 1, device: 'hel-srv-2' },
  { victim: 'broker', web: 0, device: 'tre-srv-1' },
  { victim: 'agent-helsinki', web: 0, device: 'roi-srv-1' },
] as const;

type Device = (typeof CASES)[number]['device'];

interface Answer {
  readonly page: string;
  readonly tookMs: number;
  readonly status: number;
}

/** Asks for one page after the other while something is away; prints how long they took. */
async function whileReading(
  what: string,
  portal: PortalClient,
  web: string,
  { takeAway, giveBack }: { readonly takeAway: () => Promise<void>; readonly giveBack: () => Promise<void> },
): Promise<readonly Answer[]> {
  const reading = new AbortController();
  const pages = readPages(portal, web, reading.signal);
  await sleep(1000);
  await takeAway();
  await sleep(AWAY_MS);
  reading.abort();
  const answers = await pages;
  await giveBack();
  const sorted = answers.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(0);
  const slowest = answers.toSorted((a, b) => b.tookMs - a.tookMs)[0];
  process.stdout.write(
    `${what}: ${answers.length} pages read meanwhile, median ${at(0.5)} ms, 99 % ${at(0.99)} ms, ` +
      `slowest ${at(1)} ms (${slowest?.page ?? ''})\n`,
  );
  return answers;
}

async function readPages(portal: PortalClient, web: string, signal: AbortSignal): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let turn = 0; !signal.aborted; turn += 1) {
    const page = PAGES[turn % PAGES.length] ?? '/';
    const startedMs = performance.now();
    const { status } = await portal.get(`${web}${page}`);
    answers.push({ page, status, tookMs: performance.now() - startedMs });
    await sleep(20);
  }
  return answers;
}

const isPossible = findBinary('nats-server') !== undefined;

describe.skipIf(!isPossible)('parts of the demo (nats-server needed)', { timeout: TEST_MS }, () => {
  let demo: Demo;
  let portal: PortalClient;

  beforeAll(async () => {
    demo = await startDemo(1);
    portal = await PortalClient.signIn(demo.webs[0], 'noc', demo.passwordOf('noc'));
  }, 240_000);
  afterAll(async () => {
    expect(await demo?.stop()).toBe(0);
  });

  describe('killed', () => {
    test.each(CASES)('$victim', async ({ victim, web, device }) => {
      const address = demo.webs[web];
      const alarm = `${device} storage-full /`;
      const open = async (): Promise<boolean> => (await portal.alarms(address)).includes(alarm);
      const seconds = (): string => ((performance.now() - beganMs) / 1000).toFixed(1);
      // Of an earlier case on the same device.
      await waitFor(async () => !(await open()), ALARM_MS, `the alarm of ${device} to clear`);
      const beganMs = performance.now();
      const back = demo.killHard(victim);
      await demo.simulate(`devices/${device}/storage/%2F/fill?percent=97`);
      // Pages answer while it is away.
      const page = await portal.get(`${address}/devices/${device}`);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain(device);
      await back;
      const backS = seconds();
      await waitFor(open, ALARM_MS, `the alarm of ${device}`);
      const alarmS = seconds();
      let last: readonly string[] = [];
      await waitFor(
        async () => {
          const left = unfinished(await statusOf(demo));
          if (left.length > 0) last = left;
          return left.length === 0;
        },
        WHOLE_MS,
        `lag zero and equal stores after ${victim}`,
      );
      const wholeS = seconds();
      await demo.simulate(`devices/${device}/storage/%2F/fill`);
      process.stdout.write(
        `${victim} killed: started again after ${backS} s, an alarm of the meantime (sampled every 10 s) seen after ` +
          `${alarmS} s, lag zero and stores equal when asked after ${wholeS} s${last.length === 0 ? '' : ` (last to heal: ${last.join(', ')})`}\n`,
      );
    });

    test('the alarms of the meantime clear', async () => {
      const devices = new Set(CASES.map(({ device }) => device));
      await waitFor(
        async () =>
          !(await portal.alarms(demo.webs[0])).some((alarm) =>
            devices.has(alarm.replace(/ storage-full \/$/, '') as Device),
          ),
        ALARM_MS,
        'every alarm to clear',
      );
    });
  });

  describe('gone for a while', () => {
    const part = async (...words: string[]): Promise<void> => {
      const { code, stderr } = await kaiku('part', ...words, '-c', demo.config);
      expect(stderr).toBe('');
      expect(code).toBe(0);
    };

    const failed = (answers: readonly Answer[]): readonly Answer[] => answers.filter(({ status }) => status !== 200);

    /** A store that comes back reads its data first: until then there is no other to read from. */
    const allWhole = async (): Promise<void> => {
      await waitFor(async () => unfinished(await statusOf(demo)).length === 0, WHOLE_MS, 'every part to be whole');
    };

    test('a store dies: reading goes on', async () => {
      await allWhole();
      const answers = await whileReading('store-1 killed and kept away', portal, demo.webs[0], {
        takeAway: () => part('hold', 'store-1', '--hard'),
        giveBack: () => part('release', 'store-1'),
      });
      expect(failed(answers)).toEqual([]);
      expect(answers.length).toBeGreaterThan(10);
    });

    test('a store freezes without a word: reading goes on', async () => {
      await allWhole();
      const pid = await waitFor(() => demo.pidOf('store-2'), 20_000, 'store-2 to run');
      const answers = await whileReading('store-2 stopped (SIGSTOP)', portal, demo.webs[0], {
        takeAway: () => Promise.resolve(void process.kill(pid, 'SIGSTOP')),
        giveBack: () => Promise.resolve(void process.kill(pid, 'SIGCONT')),
      });
      expect(failed(answers)).toEqual([]);
      expect(answers.length).toBeGreaterThan(10);
    });

    test('an analyzer dies: the other takes all its partitions', async () => {
      const installation = loadInstallation(demo.config);
      const log = createLog({ role: 'test', name: 'failover', level: 'silent' });
      const broker = await Broker.connect({ ...brokerOptions(installation, 'admin', 'cli'), log });
      try {
        const bucket = await broker.bucket(BUCKETS.lease);
        const holders = async (): Promise<readonly string[]> => {
          const keys = (await bucket.keys()).filter((key) => key.startsWith('lease.'));
          const entries = await Promise.all(keys.map((key) => bucket.get(key)));
          return entries.map((entry) => {
            const { holder } = JSON.parse(Buffer.from(entry?.value ?? []).toString()) as { holder: string };
            return holder.split('/')[0] ?? '';
          });
        };
        const heldBy = async (name: string): Promise<number> =>
          (await holders()).filter((each) => each === name).length;
        await waitFor(async () => (await heldBy('analyzer-1')) > 0, TAKEN_OVER_MS, 'analyzer-1 to hold a partition');
        const before = await heldBy('analyzer-1');
        const pid = demo.pidOf('analyzer-1');
        expect(pid).toBeDefined();
        const beganMs = performance.now();
        const held = part('hold', 'analyzer-1', '--hard');
        await waitFor(() => demo.pidOf('analyzer-1') !== pid, TAKEN_OVER_MS, 'analyzer-1 to be gone');
        const goneMs = performance.now();
        await waitFor(
          async () => (await holders()).every((holder) => holder === 'analyzer-2'),
          TAKEN_OVER_MS,
          'analyzer-2 to hold every partition',
        );
        const nowMs = performance.now();
        await held;
        process.stdout.write(
          `analyzer-1 killed: its ${before} partitions taken over ${((nowMs - goneMs) / 1000).toFixed(1)} s after its end ` +
            `(${((nowMs - beganMs) / 1000).toFixed(1)} s after the order)\n`,
        );
      } finally {
        await part('release', 'analyzer-1');
        await broker.close();
      }
    });
  });
});
