/**
 * kill -9 of one part after another while the demo runs: the portal answers, an alarm still comes through, and
 * after the part's return nothing waits and both stores hold the same counts.
 */
import { findBinary, waitFor } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isWhole, PortalClient, startDemo, statusOf, type Demo } from '../support/demo.ts';

const ALARM_MS = 60_000;
const WHOLE_MS = 90_000;

/** What is killed, the web server that must go on, and the failure that must be seen meanwhile. */
const CASES = [
  { victim: 'logger-1', web: 0, device: 'hel-srv-1' },
  { victim: 'store-1', web: 0, device: 'hel-core-2' },
  { victim: 'analyzer-1', web: 0, device: 'tre-srv-1' },
  { victim: 'web-1', web: 1, device: 'roi-srv-1' },
  { victim: 'broker', web: 0, device: 'tre-core-1' },
  { victim: 'agent-helsinki', web: 0, device: 'tre-rtr-1' },
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
    const open = async (): Promise<boolean> => (await portal.alarms(address)).includes(`${device} device-down`);
    expect(await open()).toBe(false);
    await demo.simulate(`devices/${device}/down`);
    const beganMs = performance.now();
    const back = demo.killHard(victim);
    // Pages answer while it is away.
    const page = await portal.get(`${address}/devices/${device}`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(device);
    await back;
    await waitFor(open, ALARM_MS, `the alarm of ${device}`);
    const alarmS = (performance.now() - beganMs) / 1000;
    await demo.simulate(`devices/${device}/up`);
    await waitFor(async () => !(await open()), ALARM_MS, `the alarm of ${device} to clear`);
    const status = await waitFor(
      async () => {
        const now = await statusOf(demo);
        return isWhole(now) ? now : undefined;
      },
      WHOLE_MS,
      `lag zero and equal stores after ${victim}`,
    );
    process.stdout.write(
      `${victim}: alarm ${alarmS.toFixed(1)} s after the kill (three failed probes 10 s apart); whole again ` +
        `${((performance.now() - beganMs) / 1000).toFixed(1)} s after it\n`,
    );
    expect(status.comparison.differences).toEqual([]);
  });
});
