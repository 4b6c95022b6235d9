/** Events over HTTP: pages that stay what they are, names of compiled MIBs, and text of strangers as text. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openMibs } from '@kaiku/catalog/mib';
import { agentId } from '@kaiku/protocol';
import type { EventRow } from '@kaiku/store';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createFixture, FIXTURE_PASSWORD, type Fixture } from '../dev/fixture-portal.ts';

const CONFIG_EVENT = '1.3.6.1.4.1.9.9.43.2.0.2';
const SOURCE = '1.3.6.1.4.1.9.9.43.1.1.6.1.3';

let fixture: Fixture;
let server: Server;
let base = '';
let cookie = '';

const event = (ageMs: number, more: Partial<EventRow> = {}): EventRow => ({
  id: BigInt(ageMs),
  tsMs: Date.now() - ageMs,
  agent: agentId('agent-hki'),
  entity: 'hel-sw-3',
  source: '192.0.2.99',
  kind: 'trap',
  name: CONFIG_EVENT,
  severity: 5,
  message: `${CONFIG_EVENT} ${SOURCE}.7=1`,
  fields: { trapOid: CONFIG_EVENT, [`${SOURCE}.7`]: '1' },
  rawBase64: '',
  ...more,
});

const get = (path: string): Promise<Response> => fetch(`${base}${path}`, { headers: { cookie, accept: 'text/html' } });
const page = async (path: string): Promise<string> => (await get(path)).text();

beforeAll(async () => {
  fixture = await createFixture();
  await fixture.portal.board.start();
  server = createServer(fixture.app);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const form = await fetch(`${base}/login`);
  const token = /name="token" value="([^"]+)"/.exec(await form.text())?.[1] ?? '';
  const answer = await fetch(`${base}/login`, {
    method: 'POST',
    body: new URLSearchParams({ token, user: 'noc', password: FIXTURE_PASSWORD, next: '/' }),
    headers: { cookie: (form.headers.get('set-cookie') ?? '').split(';')[0] ?? '' },
    redirect: 'manual',
  });
  cookie = /kaiku_session=[^;]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
});
beforeEach(() => {
  fixture.state.mibs = undefined;
  fixture.state.said = [];
});
afterAll(async () => {
  await fixture.portal.board.stop();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

it('names traps as soon as somebody has compiled their MIB, and finds them by it', async () => {
  fixture.state.said = [event(1000)];
  expect(await page('/events')).toContain(`${CONFIG_EVENT} ${SOURCE}.7=1`);
  fixture.state.mibs = openMibs({
    format: 'kaiku-mib',
    v: 1,
    modules: ['CISCO-CONFIG-MAN-MIB'],
    nodes: [
      { oid: CONFIG_EVENT, name: 'ccmCLIRunningConfigChanged', module: 0, kind: 'notification' },
      { oid: SOURCE, name: 'ccmHistoryEventCommandSource', module: 0, kind: 'column', enums: { 1: 'commandLine' } },
    ],
  });
  const named = await page('/events');
  expect(named).toContain('ccmCLIRunningConfigChanged ccmHistoryEventCommandSource=commandLine');
  expect(named).toContain(`title="${CONFIG_EVENT}"`);
  expect(await page('/events?q=runningconfig')).toMatch(/1 event\s/);
  expect(await page('/devices/hel-sw-3')).toContain('ccmCLIRunningConfigChanged');
  const { events } = (await (await get('/api/v1/events?limit=1')).json()) as { events: EventRow[] };
  expect(events).toMatchObject([
    {
      name: 'ccmCLIRunningConfigChanged',
      fields: { trapOid: CONFIG_EVENT, 'ccmHistoryEventCommandSource.7': 'commandLine' },
    },
  ]);
});

it('goes back page by page, each showing the same however many come meanwhile', async () => {
  const many = Array.from({ length: 450 }, (_, index) => event(1000 + index * 100, { message: `number ${index}.` }));
  fixture.state.said = many;
  const first = await page('/events?from=now-1h&to=now&kind=trap');
  expect(first).toContain('200 events, the newest');
  const older = /href="([^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(older).toContain('kind=trap');
  fixture.state.said = [event(5, { message: 'a new one' }), ...many];
  const second = await page(older);
  expect([second.includes('number 199.'), second.includes('number 200.'), second.includes('number 399.')]).toEqual([
    false,
    true,
    true,
  ]);
  expect(second).not.toContain('a new one');
  const third = await page(/href="([^"]+)" rel="next"/.exec(second)?.[1]?.replaceAll('&amp;', '&') ?? '');
  expect(third).toContain('number 449.');
  expect(third).not.toContain('rel="next"');
  expect(third).toContain('>Newest<');
});

it('pages over the API as well, and says what cannot be used', async () => {
  fixture.state.said = Array.from({ length: 5 }, (_, index) => event(1000 + index * 100));
  const ids: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const answer = await get(`/api/v1/events?kind=trap&limit=2&before=${next}`);
    const body = (await answer.json()) as { events: { id: string }[]; next: string | null };
    ids.push(...body.events.map(({ id }) => id));
    next = body.next;
  }
  expect(ids.slice(0, 5)).toEqual(['1000', '1100', '1200', '1300', '1400']);
  for (const wrong of ['before=1', 'before=1.2.99999999999999999999', 'limit=0', 'limit=5001', 'limit=x']) {
    expect((await get(`/api/v1/events?${wrong}`)).status, wrong).toBe(400);
  }
});

it('shows who sent it, and nothing a sender writes is more than text', async () => {
  const hostile = '<img src=x onerror=alert(1)> \u001b[31m "quoted" \' & \u202eevil';
  fixture.state.said = [
    event(10, {
      kind: 'syslog',
      name: hostile,
      message: hostile,
      entity: hostile,
      source: '192.0.2.99',
      fields: { [hostile]: hostile },
    }),
  ];
  const text = await page('/events');
  expect(text).toContain('192.0.2.99');
  expect(text).not.toContain('<img');
  expect(text).not.toContain('"quoted"');
  expect(await page(`/events?q=${encodeURIComponent(hostile)}&device=${encodeURIComponent(hostile)}`)).not.toContain(
    '<img',
  );
});
