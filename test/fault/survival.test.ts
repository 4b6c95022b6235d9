/**
 * kill -9 of one part after another while the demo runs: the portal answers, an alarm still comes through, and
 * after the part's return nothing waits and both stores hold the same counts.
 */
import { findBinary, waitFor } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PortalClient, startDemo, statusOf, unfinished, type Demo } from '../support/demo.ts';

const ALARM_MS = 60_000;
const WHOLE_MS = 90_000;

/** What is killed, the web server that must go on, and the server whose disk fills meanwhile. */
const CASES = [
  { victim: 'logger-1', web: 0, device: 'hel-srv-2' },
  { victim: 'store-1', web: 0, device: 'tre-srv-1' },
  { victim: 'analyzer-1', web: 0, device: 'roi-srv-1' },
  { victim: 'web-1', web: 1, device: 'hel-srv-2' },
  { victim: 'broker', web: 0, device: 'tre-srv-1' },
  { victim: 'agent-helsinki', web: 0, device: 'roi-srv-1' },
] as const;

describe.skipIf(findBinary('nats-server') === undefined)('parts killed one at a time (nats-server needed)', () => {
  let demo: Demo;
  let portal: PortalClient;

  beforeAll(async () => {
    demo = await startDemo(1);
    portal = await PortalClient.signIn(demo.webs[0], 'noc', demo.passwordOf('noc'));
  }, 180_000);
  afterAll(async () => {
    expect(await demo?.stop()).toBe(0);
  });

  test.each(CASES)('$victim', async ({ victim, web, device }) => {
    const address = demo.webs[web];
    const alarm = `${device} storage-full /`;
    const open = async (): Promise<boolean> => (await portal.alarms(address)).includes(alarm);
    const seconds = (): string => ((performance.now() - beganMs) / 1000).toFixed(1);
    expect(await open()).toBe(false);
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
    await waitFor(async () => !(await open()), ALARM_MS, `the alarm of ${device} to clear`);
    process.stdout.write(
      `${victim} killed: started again after ${backS} s, an alarm of the meantime (sampled every 10 s) seen after ` +
        `${alarmS} s, lag zero and stores equal when asked after ${wholeS} s${last.length === 0 ? '' : ` (last to heal: ${last.join(', ')})`}\n`,
    );
  });
});
