/**
 * The portal in Chromium, over the living demo: what a person sees on a wide screen and a phone, light and dark;
 * no accessibility violation; and how long an alarm takes from the sample that shows it to the page.
 *
 * Screenshots go to test-results/, for people to look at.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary, waitFor } from '@kaiku/testkit';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemo, type Demo } from '../support/demo.ts';
import { ROOT } from '../support/installation.ts';

const SHOTS = join(ROOT, 'test-results');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const IN_PAGE = readFileSync(join(import.meta.dirname, 'in-page.js'), 'utf8');

const SCREENS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;
type Screen = (typeof SCREENS)[number];
const THEMES = ['light', 'dark'] as const;

const PAGES = [
  { label: 'overview', path: '/' },
  { label: 'alarms', path: '/alarms' },
  { label: 'history', path: '/alarms/history' },
  { label: 'device', path: '/devices/hel-core-1' },
  { label: 'server', path: '/devices/hel-srv-1' },
  { label: 'agency', path: '/agencies/vesivirasto' },
  { label: 'graph', path: '/graphs/hel-core-1.response' },
  { label: 'events', path: '/events' },
  { label: 'service', path: '/devices/portal' },
  { label: 'path', path: '/devices/path-desk-register' },
  { label: 'health', path: '/health' },
] as const;

const missing = ['chromium', 'nats-server'].filter((name) => findBinary(name) === undefined);

describe.skipIf(missing.length > 0)(`the portal in Chromium (missing: ${missing.join(', ') || 'nothing'})`, () => {
  let demo: Demo;
  let browser: Browser;

  const open = async (screen: Screen): Promise<BrowserContext> =>
    browser.newContext({
      viewport: screen,
      colorScheme: 'light',
      deviceScaleFactor: screen.width < 500 ? 2 : 1,
      baseURL: demo.webs[0],
    });
  const signIn = async (page: Page, user = 'noc'): Promise<void> => {
    await page.goto('/login');
    await page.fill('#user', user);
    await page.fill('#password', demo.passwordOf(user));
    await page.click('button.primary');
    await page.waitForURL((url) => !url.pathname.startsWith('/login'));
  };

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    demo = await startDemo(7);
    browser = await chromium.launch({ executablePath: findBinary('chromium') ?? 'chromium', args: FLAGS });
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  test.each(SCREENS)(
    'pages at $width, light and dark: no error, no sideways scroll, no axe violation',
    async (screen) => {
      const context = await open(screen);
      const page = await context.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => {
        // An interface of this machine came or went: not the portal's doing.
        if (message.text().includes('ERR_NETWORK_CHANGED')) return;
        if (message.type() === 'error') problems.push(message.text());
      });
      await signIn(page);
      for (const { label, path } of PAGES) {
        await page.emulateMedia({ colorScheme: 'light' });
        const answer = await page.goto(path);
        expect(answer?.status(), path).toBe(200);
        await page.evaluate(IN_PAGE);
        await page.evaluate(axe.source);
        for (const theme of THEMES) {
          const what = `${path}, ${screen.width} px, ${theme}`;
          await page.emulateMedia({ colorScheme: theme });
          await page.evaluate('kaikuTest.imagesArrived()');
          await page.screenshot({ path: join(SHOTS, `${label}-${screen.width}-${theme}.png`) });
          expect(await page.evaluate<number>('kaikuTest.overflow()'), `${what} scrolls sideways`).toBeLessThanOrEqual(
            0,
          );
          expect(await page.evaluate<string[]>('kaikuTest.violations()'), what).toEqual([]);
        }
      }
      expect(problems).toEqual([]);
      await context.close();
    },
  );

  test('a week of history fills the graphs', async () => {
    const context = await open(SCREENS[0]);
    const page = await context.newPage();
    await signIn(page);
    const csv = await page.request.get('/g/hel-core-1.response.csv?from=now-7d&to=now');
    expect(csv.status()).toBe(200);
    const rows = (await csv.text()).trim().split('\n').slice(1);
    const filled = rows.filter((row) => /,\d/.test(row.slice(row.indexOf(',')))).length;
    expect(rows.length).toBeGreaterThan(50);
    expect(filled / rows.length).toBeGreaterThan(0.9);
    await context.close();
  });

  test('a viewer sees one agency only', async () => {
    const context = await open(SCREENS[0]);
    const page = await context.newPage();
    await signIn(page, 'katja');
    const hidden = await page.goto('/devices/hel-core-1');
    expect(hidden?.status()).toBe(404);
    const image = await page.request.get('/g/hel-core-1.response.svg');
    expect(image.status()).toBe(404);
    await context.close();
  });

  test('an alarm is on the page soon after the sample that shows it', async () => {
    const context = await open(SCREENS[0]);
    const page = await context.newPage();
    await signIn(page);
    await page.goto('/alarms');
    await page.waitForSelector('[data-testid="alarm-row"]');
    // The page notes by its own clock (this machine's) when each row appears.
    await page.evaluate(IN_PAGE);
    await page.evaluate('kaikuTest.watchAlarms()');
    const delays: number[] = [];
    const devices = ['hel-srv-2', 'roi-srv-1', 'tre-srv-1'];
    for (const device of devices) await demo.simulate(`devices/${device}/storage/%2F/fill?percent=97`);
    for (const device of devices) {
      const row = page.locator(`[data-testid="alarm-row"][data-entity="${device}"][data-rule="storage-full"]`);
      await row.waitFor({ state: 'attached', timeout: 60_000 });
      const raisedMs = Number(await row.getAttribute('data-raised'));
      const seenMs = await page.evaluate<number>(`kaikuTest.seen[${JSON.stringify(`${device} storage-full`)}]`);
      delays.push(seenMs - raisedMs);
    }
    process.stdout.write(
      `alarm on the page after its sample: ${delays.map((ms) => `${(ms / 1000).toFixed(2)} s`).join(', ')}\n`,
    );
    expect(delays.every((ms) => ms > 0)).toBe(true);
    await context.close();
  });

  test('an acknowledgement holds on the other web server', async () => {
    const context = await open(SCREENS[0]);
    const page = await context.newPage();
    await signIn(page);
    await page.goto('/alarms');
    const row = page.locator('[data-testid="alarm-row"][data-state="open"]').first();
    const id = await row.getAttribute('data-alarm');
    await row.getByRole('button', { name: /acknowledge/i }).click();
    const other = demo.webs[1];
    await waitFor(
      async () => {
        await page.goto(`${other}/alarms`);
        return (await page.locator(`[data-alarm="${id}"]`).first().getAttribute('data-state')) === 'acknowledged';
      },
      20_000,
      'the acknowledgement on the other web server',
    );
    await context.close();
  });
});
