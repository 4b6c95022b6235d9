/** The portal over HTTP, on generated data: who may see and do what, and what hostile input becomes. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { alarmId } from '@kaiku/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFixture, FIXTURE_PASSWORD, type Fixture } from '../dev/fixture-portal.ts';
import { fixtureEvent } from '../dev/fixture-store.ts';

let fixture: Fixture;
let server: Server;
let base = '';

beforeAll(async () => {
  fixture = await createFixture();
  await fixture.portal.board.start();
  await fixture.portal.hub.start();
  server = createServer(fixture.app);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await vi.waitUntil(() => fixture.portal.board.readMs !== undefined, 5000);
});

afterAll(async () => {
  await fixture.portal.hub.stop();
  await fixture.portal.board.stop();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

interface Person {
  readonly cookie: string;
  readonly token: string;
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  readonly post: (
    path: string,
    form: Record<string, string | readonly string[]>,
    headers?: Record<string, string>,
  ) => Promise<Response>;
}

function formBody(form: Record<string, string | readonly string[]>): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form))
    for (const each of typeof value === 'string' ? [value] : value) body.append(name, each);
  return body;
}

async function signInForm(): Promise<{ cookie: string; token: string }> {
  const page = await fetch(`${base}/login`);
  const cookie = (page.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const token = /name="token" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
  return { cookie, token };
}

function postSignIn(form: { cookie: string; token: string }, user: string, password: string): Promise<Response> {
  return fetch(`${base}/login`, {
    method: 'POST',
    body: formBody({ token: form.token, user, password, next: '/alarms' }),
    headers: { cookie: form.cookie, accept: 'text/html' },
    redirect: 'manual',
  });
}

async function signIn(user: string): Promise<Person> {
  const answer = await postSignIn(await signInForm(), user, FIXTURE_PASSWORD);
  expect(answer.status).toBe(303);
  const cookie = /kaiku_session=[^;]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
  const get: Person['get'] = (path, headers = {}) =>
    fetch(`${base}${path}`, { headers: { cookie, accept: 'text/html', ...headers }, redirect: 'manual' });
  const token = /data-token="([^"]+)"/.exec(await (await get('/')).text())?.[1] ?? '';
  const post: Person['post'] = (path, form, headers = {}) =>
    fetch(`${base}${path}`, {
      method: 'POST',
      body: formBody(form),
      headers: { cookie, accept: 'application/json', ...headers },
      redirect: 'manual',
    });
  return { cookie, token, get, post };
}

describe('signing in', () => {
  it('asks strangers in, and brings them where they were going', async () => {
    const answer = await fetch(`${base}/devices/hel-sw-1?from=now-1h`, {
      headers: { accept: 'text/html' },
      redirect: 'manual',
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/login?next=%2Fdevices%2Fhel-sw-1%3Ffrom%3Dnow-1h');
    for (const path of ['/api/v1/status', '/g/hel-sw-1.rtt.svg', '/live'])
      expect((await fetch(`${base}${path}`, { redirect: 'manual' })).status, path).toBe(401);
  });

  it('gives a cookie that script cannot read and another site cannot use', async () => {
    const answer = await postSignIn(await signInForm(), 'noc', FIXTURE_PASSWORD);
    expect(answer.headers.get('location')).toBe('/alarms');
    expect(answer.headers.get('set-cookie')).toMatch(/kaiku_session=[^;]+;.*HttpOnly; SameSite=Lax/);
  });

  it('refuses a wrong password, an unknown name and a form from elsewhere alike', async () => {
    const form = await signInForm();
    expect((await postSignIn(form, 'noc', 'wrong')).status).toBe(401);
    expect((await postSignIn(form, 'nobody', FIXTURE_PASSWORD)).status).toBe(401);
    expect((await postSignIn({ ...form, token: 'x' }, 'noc', FIXTURE_PASSWORD)).status).toBe(403);
    expect((await postSignIn({ ...form, cookie: '' }, 'noc', FIXTURE_PASSWORD)).status).toBe(403);
  });

  it('makes whoever guesses wait, whatever the next password', async () => {
    const form = await signInForm();
    for (let tries = 0; tries < 8; tries += 1) await postSignIn(form, 'victim', `guess ${tries}`);
    const answer = await postSignIn(form, 'victim', 'guess 9');
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('does not open a damaged or forged cookie', async () => {
    const { cookie } = await signIn('noc');
    for (const bad of [
      `${cookie.slice(0, -4)}AAAA`,
      'kaiku_session=e30.e30',
      'kaiku_session=',
      `kaiku_session=${'x'.repeat(5000)}`,
    ]) {
      const answer = await fetch(`${base}/api/v1/status`, { headers: { cookie: bad }, redirect: 'manual' });
      expect(answer.status).toBe(401);
    }
  });

  it('never sends anybody to another site', async () => {
    const { get } = await signIn('noc');
    for (const next of [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      '/%0d%0aX: y'.replace('%0d%0a', '\r\n'),
    ])
      expect((await get(`/login?next=${encodeURIComponent(next)}`)).headers.get('location')).toBe('/');
  });
});

describe('scope', () => {
  it('shows a viewer only the own agency, and says "not here" about the rest', async () => {
    const { get } = await signIn('katja');
    for (const path of [
      '/devices/hel-sw-1',
      '/agencies/licences',
      '/agencies/licences/access-switch',
      '/graphs/hel-sw-1.rtt',
      '/g/hel-sw-1.rtt.svg',
      '/g/hel-sw-1.rtt.csv',
      '/api/v1/devices/hel-sw-1',
      '/api/v1/series?device=hel-sw-1&metric=rtt',
    ])
      expect((await get(path)).status, path).toBe(404);
    for (const path of ['/devices/hel-sw-3', '/agencies/registry', '/g/hel-sw-3.rtt.svg'])
      expect((await get(path)).status, path).toBe(200);
    const devices = (await (await get('/api/v1/devices')).json()) as { devices: { agency: string }[] };
    expect(new Set(devices.devices.map((device) => device.agency))).toEqual(new Set(['registry']));
    for (const path of ['/', '/alarms', '/alarms/history?from=now-30d', '/search?q=helsinki', '/api/v1/alarms'])
      expect(await (await get(path)).text(), path).not.toMatch(/hel-srv-2|Helsinki server 2|oul-prn-1/);
  });

  it('lets a viewer look but not touch, and a team touch only its own', async () => {
    const id = alarmId('hel-sw-3', 'link', 'Gi0/3').toString();
    const viewer = await signIn('katja');
    expect((await viewer.post('/alarms/acknowledge', { token: viewer.token, alarm: id })).status).toBe(403);
    const team = await signIn('team');
    const answer = await team.post('/alarms/acknowledge', { token: team.token, alarm: id });
    expect(await answer.json()).toEqual({ changed: 0 });
    expect(fixture.acts).toEqual([]);
  });
});

describe('acknowledging', () => {
  it('wants the token of the session and a form from this site', async () => {
    const { post, token } = await signIn('noc');
    const alarm = alarmId('tam-sw-1', 'device-down', '').toString();
    expect((await post('/alarms/acknowledge', { alarm })).status).toBe(403);
    expect((await post('/alarms/acknowledge', { alarm, token: 'x'.repeat(token.length) })).status).toBe(403);
    expect((await post('/alarms/acknowledge', { alarm, token }, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await post('/alarms/acknowledge', { alarm, token }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await post('/alarms/acknowledge', { token })).status).toBe(400);
    expect(fixture.acts).toEqual([]);
  });

  it('stores the act, shows it, and takes it back', async () => {
    const { post, get, token } = await signIn('noc');
    const id = alarmId('tam-sw-1', 'device-down', '').toString();
    const other = alarmId('hel-srv-2', 'disk', '/var').toString();
    const answer = await post('/alarms/acknowledge', { token, alarm: [id, other, '12345'] }, { origin: base });
    expect(await answer.json()).toEqual({ changed: 2 });
    expect(fixture.acts).toMatchObject([
      { alarm: id, event: 'acknowledged', actor: 'noc', token: 0 },
      { alarm: other, event: 'acknowledged', actor: 'noc' },
    ]);
    expect(await (await get('/alarms?state=acknowledged')).text()).toContain(`data-alarm="${id}"`);
    expect(await (await post('/alarms/acknowledge', { token, alarm: id })).json()).toEqual({ changed: 0 });
    const back = await post('/api/v1/alarms/acknowledge', { token, alarm: [id, other], act: 'unacknowledge' });
    expect(await back.json()).toEqual({ changed: 2 });
    fixture.acts.length = 0;
  });

  it('says so when it cannot be stored, and changes nothing', async () => {
    const { post, token } = await signIn('noc');
    fixture.state.broker = false;
    const answer = await post('/alarms/acknowledge', {
      token,
      alarm: alarmId('tam-sw-1', 'device-down', '').toString(),
    });
    fixture.state.broker = true;
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: 'WEB_UNAVAILABLE' });
    expect(fixture.acts).toEqual([]);
  });
});

describe('pages', () => {
  it.each([
    '/',
    '/alarms',
    '/alarms?severity=critical&agency=registry&q=x&sort=age',
    '/alarms/history',
    '/agencies/licences',
    '/agencies/licences/access-switch',
    '/sites/oulu',
    '/devices/hel-sw-1?all=1',
    '/devices/hel-prn-1?theme=dark&kiosk=1',
    '/graphs/hel-sw-1.traffic.Gi0%2F1?from=now-7d&to=now',
    '/health',
    '/search?q=switch',
  ])('%s renders, without inline script or style', async (path) => {
    const { get } = await signIn('noc');
    const answer = await get(path);
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(text).not.toMatch(/<script(?![^>]*src=)|\sstyle="|\son[a-z]+="|<style|undefined|NaN|\[object/);
  });

  it('answers 404 and 400 as pages with a hint', async () => {
    const { get } = await signIn('noc');
    for (const path of [
      '/nothing',
      '/devices/nope',
      '/devices/%2e%2e%2fetc',
      '/agencies/x',
      '/sites/x',
      '/graphs/a.b',
      '/g/x',
      '/g/hel-sw-1.rtt.exe',
    ])
      expect((await get(path)).status, path).toBe(404);
    const bad = await get('/devices/hel-sw-1?from=whenever');
    expect(bad.status).toBe(400);
    expect(await bad.text()).toContain('now-24h');
    expect((await get('/devices/%ff')).status).toBe(400);
  });

  it('escapes whatever a device or a person says', async () => {
    const { get } = await signIn('noc');
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
    fixture.onAlarmEvent(
      fixtureEvent({
        entity: 'hel-sw-2',
        rule: 'evil',
        instance: evil,
        severity: 'minor',
        message: `x ${evil}`,
        tsMs: Date.now(),
      }),
    );
    const pages = await Promise.all(
      [
        '/',
        '/alarms',
        '/devices/hel-sw-2',
        `/search?q=${encodeURIComponent(evil)}`,
        `/alarms?q=${encodeURIComponent(evil)}`,
        `/login?next=${encodeURIComponent(`/${evil}`)}`,
      ].map(async (path) => (await get(path)).text()),
    );
    for (const page of pages) expect(page).not.toMatch(/<script>alert|<img src=x/);
    expect(pages[1]).toContain('&lt;script&gt;alert(1)');
    const message = await nextLive(get, () =>
      fixture.onAlarmEvent(
        fixtureEvent({
          entity: 'hel-sw-2',
          rule: 'evil',
          instance: evil,
          severity: 'minor',
          message: evil,
          tsMs: Date.now() + 1,
          event: 'cleared',
        }),
      ),
    );
    expect(message.html).not.toContain('<script>');
  });

  it('renders what is known when every store is away, and says so', async () => {
    const { get } = await signIn('noc');
    fixture.state.away = true;
    for (const path of [
      '/',
      '/alarms',
      '/agencies/licences',
      '/devices/hel-srv-1',
      '/alarms/history',
      '/graphs/hel-sw-1.rtt',
      '/health',
    ]) {
      const answer = await get(path);
      expect(answer.status, path).toBe(200);
      expect(await answer.text(), path).toContain('No store answers');
    }
    expect((await get('/g/hel-srv-3.rtt.svg')).status).toBe(503);
    fixture.state.away = false;
    expect((await get('/g/hel-srv-3.rtt.svg')).status).toBe(200);
  });

  it('tells what is lost for good or refused, to those who see everything', async () => {
    const { get } = await signIn('noc');
    const page = async (): Promise<string> => (await get('/health')).text();
    expect(await page()).toContain('Nothing is lost, nothing refused, says store-1.');
    fixture.state.losses = true;
    const told = await page();
    expect(told).toContain('25 batches lost, 1 refused');
    expect(told).toContain('given up by the agent for room on its disk');
    // Newest first.
    const order = ['agent-hel', 'agent-&lt;old&gt;', 'agent-tam'].map((agent) =>
      told.indexOf(agent, told.indexOf('id="losses"')),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
    fixture.state.away = true;
    expect(await page()).toContain('No store answers, so nobody can tell.');
    fixture.state.away = false;
    const other = await signIn('katja');
    expect(await (await other.get('/health')).text()).not.toContain('id="losses"');
    fixture.state.losses = false;
  });

  it('does not say that nothing waits when it cannot know', async () => {
    const blind = await createFixture();
    blind.state.away = true;
    const other = createServer(blind.app);
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const user = blind.portal.directory().users.get('noc');
    if (user === undefined) throw new Error('the fixture has no noc');
    const cookie = `kaiku_session=${await blind.portal.sessions.seal(user)}`;
    for (const path of ['/', '/alarms']) {
      const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}${path}`;
      const text = await (await fetch(address, { headers: { cookie, accept: 'text/html' } })).text();
      expect(text).toContain('Alarms cannot be read now');
      expect(text).not.toMatch(/Nothing waits for you|No alarm is active/);
    }
    await new Promise((done) => other.close(done));
  });

  it('keeps the colours somebody chose', async () => {
    const { post, token } = await signIn('noc');
    const answer = await post('/theme', { token, theme: 'dark', next: '/alarms?theme=light&sort=age' });
    expect(answer.headers.get('location')).toBe('/alarms?sort=age');
    expect(answer.headers.get('set-cookie')).toContain('kaiku_theme=dark');
    expect((await post('/theme', { token, theme: 'pink' })).status).toBe(400);
  });
});

describe('events', () => {
  it('lists what devices said, the bytes too, as text and never as markup', async () => {
    const noc = await signIn('noc');
    const page = await (await noc.get('/events')).text();
    expect(page).toContain('linkDown ifIndex=3');
    expect(page).toContain('Accepted publickey for &lt;root&gt;');
    expect(page).toContain('Gi0/3 &lt;b&gt;');
    expect(page).toContain('30 82 20 70');
    expect(page).toContain('from a machine nobody knows');
    expect(page).toMatch(/4 events/);
  });

  it('filters by kind and device, and bears odd questions', async () => {
    const noc = await signIn('noc');
    expect(await (await noc.get('/events?kind=trap')).text()).not.toContain('Accepted publickey');
    expect(await (await noc.get('/events?device=hel-srv-2')).text()).toMatch(/1 event/);
    for (const odd of ['kind=x', 'severity=99', 'severity=-1', 'device=%00', `q=${'a'.repeat(5000)}`])
      expect((await noc.get(`/events?${odd}`)).status, odd).toBe(200);
    expect((await noc.get('/events?from=yesterday')).status).toBe(400);
  });

  it("shows only one's own agencies, and no unknown sender", async () => {
    const katja = await signIn('katja');
    const page = await (await katja.get('/events')).text();
    expect(page).not.toContain('from a machine nobody knows');
    expect(page).not.toContain('Accepted publickey');
    expect(page).toContain('serial number FOC1 became FOC2');
  });

  it('are had as JSON too', async () => {
    const noc = await signIn('noc');
    const { events } = (await (await noc.get('/api/v1/events?kind=trap')).json()) as { events: object[] };
    expect(events).toMatchObject([{ id: '4', agent: 'agent-hki', entity: 'hel-sw-3', severity: 3 }]);
  });

  it("stand on the device's page, beside what each agent saw", async () => {
    const noc = await signIn('noc');
    const page = await (await noc.get('/devices/hel-sw-3')).text();
    expect(page).toContain('id="device-events"');
    expect(page).toContain('linkDown ifIndex=3');
    expect(page).toContain('Measured by');
  });
});

describe('images', () => {
  it('draws svg, png and csv, in the size asked for', async () => {
    const { get } = await signIn('noc');
    const svg = await get('/g/hel-sw-1.traffic.Gi0%2F1.svg?from=now-6h&to=now&w=500&h=200&theme=dark');
    expect(svg.headers.get('content-type')).toContain('image/svg+xml');
    expect(svg.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await svg.text()).toMatch(/<svg[^>]* width="500" height="200"/);
    const png = await get('/g/hel-sw-1.rtt.png?w=300&h=120');
    expect(
      Buffer.from(await png.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    const csv = await get('/g/hel-sw-1.rtt.csv?from=now-1h');
    expect((await csv.text()).split('\r\n').length).toBeGreaterThan(50);
  });

  it.each(['w=100000', 'h=0', 'w=-5', 'w=1e3', 'h=abc', 'theme=pink', 'scale=9', 'from=now-90y', 'from=now&to=now-1h'])(
    'refuses %s',
    async (query) => {
      const { get } = await signIn('noc');
      expect((await get(`/g/hel-sw-1.rtt.${query.startsWith('scale') ? 'png' : 'svg'}?${query}`)).status).toBe(400);
    },
  );

  it('lets only the closed past be cached, and only privately', async () => {
    const { get } = await signIn('noc');
    const closed = await get('/g/hel-sw-1.rtt.svg?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z');
    expect(closed.headers.get('cache-control')).toBe('private, max-age=86400');
    const open = await get('/g/hel-sw-1.rtt.svg?from=now-1h&to=now');
    expect(open.headers.get('cache-control')).toBe('private, max-age=15');
  });
});

describe('live', () => {
  it('has an alarm in the stream at once, and nothing out of scope', async () => {
    const [noc, katja] = [await signIn('noc'), await signIn('katja')];
    const seen = nextLive(katja.get, () => undefined);
    const began = performance.now();
    const message = await nextLive(noc.get, () => {
      for (const entity of ['hel-srv-1', 'tam-ws-1'])
        fixture.onAlarmEvent(
          fixtureEvent({ entity, rule: 'cpu', severity: 'major', message: 'busy', tsMs: Date.now() }),
        );
    });
    expect(performance.now() - began).toBeLessThan(5000);
    expect(message).toMatchObject({ entity: 'hel-srv-1', severity: 'major', acknowledged: false, cleared: false });
    expect(message.html).toContain('data-alarm=');
    expect(await seen).toMatchObject({ entity: 'tam-ws-1' });
  });
});

/** Opens a stream, runs `cause` once it stands, answers the first alarm heard. */
async function nextLive(get: Person['get'], cause: () => void): Promise<{ entity: string; html: string }> {
  const abort = new AbortController();
  const answer = await get(`/live?cursor=${fixture.portal.hub.cursor()}`, { accept: 'text/event-stream' });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let caused = false;
  for (;;) {
    const chunk = await reader?.read();
    text += chunk?.value ?? '';
    if (!caused) {
      caused = true;
      cause();
    }
    const data = /event: alarm\ndata: (.*)\n\n/.exec(text)?.[1];
    if (data !== undefined || chunk?.done !== false) {
      abort.abort();
      await reader?.cancel();
      return JSON.parse(data ?? '{}') as { entity: string; html: string };
    }
  }
}

describe('limits', () => {
  it('refuses bodies and headers that are too large', async () => {
    const { post, token } = await signIn('noc');
    expect((await post('/alarms/acknowledge', { token, alarm: 'x'.repeat(100_000) })).status).toBe(413);
    const answer = await fetch(`${base}/api/v1/series?device=hel-sw-1&metric=rtt&from=now-30d&step=1s`, {
      headers: { cookie: (await signIn('noc')).cookie },
    });
    expect(answer.status).toBe(400);
  });
});

describe('api', () => {
  it('tells status, devices, alarms and series as JSON', async () => {
    const { get } = await signIn('noc');
    const json = async (path: string): Promise<Record<string, unknown>> =>
      (await (await get(path)).json()) as Record<string, unknown>;
    expect(await json('/api/v1/status')).toMatchObject({ devices: { total: 30 }, feeds: { broker: true } });
    expect(await json('/api/v1/devices/hel-sw-1')).toMatchObject({ id: 'hel-sw-1', level: 'ok', agency: 'licences' });
    const series = await json('/api/v1/series?device=hel-sw-1&metric=rtt&from=now-1h&step=5m');
    expect(series).toMatchObject({ stepMs: 300_000, series: [{ instance: '', kind: 'gauge' }] });
    expect(await json('/api/v1/alarms/history?from=now-30d&limit=3')).toMatchObject({ events: { length: 3 } });
    expect((await get('/api/v1/alarms/history?limit=0')).status).toBe(400);
    expect(await json('/healthz')).toMatchObject({ ok: true });
  });
});
