/** The sampler as the agent's wiring uses it: plans in, rows and facts out; what a server repeats of a secret stays here. */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { checkPlanSchema, isAppCheck, type AgentPlan } from '@kaiku/catalog/plan';
import { createLog, createMetrics } from '@kaiku/core';
import { PROBE_STATUS } from '@kaiku/protocol';
import { until } from '@kaiku/core/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Collector } from '../collector.ts';
import type { Sampler } from '../sampler.ts';
import { createAppChecks } from './app-checks.ts';
import { CheckRunner } from './check-runner.ts';
import { startRudeServer, type RudeServer } from './testing/rude-server.ts';
import type { FoundFact, FoundGauge } from './thread/messages.ts';

const SECRET = 'hunter-two';
const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
let server: RudeServer;
let sampler: Sampler;
let collector: Collector;

const plan = (...checks: readonly object[]): AgentPlan => ({
  v: 2,
  agent: 'a',
  revision: 1,
  paths: [],
  targets: [
    {
      entity: 'mail',
      address: '127.0.0.1',
      checks: checks.map((check) =>
        checkPlanSchema.parse({ host: '127.0.0.1', everyMs: 1000, timeoutMs: 900, ...check }),
      ),
    },
  ],
});
const smtp = () => ({
  check: 'smtp',
  id: 'smtp',
  port: server.port,
  login: { user: 'u', secret: 'pw', inClear: true },
  secrets: { pw: SECRET },
});

beforeEach(async () => {
  // Repeats every word it hears in its refusals, decoded too.
  server = await startRudeServer((socket) => {
    socket.write('220 rude.example ESMTP\r\n');
    socket.on('data', (chunk: Buffer) => {
      const said = chunk.toString('utf8').trim();
      if (said.startsWith('EHLO')) socket.write('250-rude.example\r\n250 AUTH PLAIN\r\n');
      else {
        const token = said.split(' ')[2] ?? '';
        const words = Buffer.from(token, 'base64').toString('utf8').replaceAll('\0', ' ');
        socket.write(`535 no: ${words} (${token})\r\n`);
      }
    });
  });
  collector = new Collector('a');
  sampler = createAppChecks({ collector, inFlight: 10, metrics: createMetrics(), log });
  for (const part of sampler.parts) await part.start();
});
afterEach(async () => {
  for (const part of sampler.parts) await part.stop();
  server.stop();
});

test('a failed check is a row with its status, its reason a fact without the secret; a check that goes takes its reason along', async () => {
  const fact = vi.spyOn(collector, 'fact');
  const gauge = vi.spyOn(collector, 'gauge');
  sampler.apply(plan(smtp()));
  // On a busy machine a run may end in its time instead; the next one will not.
  const refused = () => fact.mock.calls.find(([, name, , , text]) => name === 'checkReason' && /refused/.test(text));
  await until('a run', () => refused() !== undefined);
  const reason = refused();
  expect(reason?.slice(0, 3)).toEqual(['mail', 'checkReason', 'smtp']);
  expect(reason?.[4]).toMatch(/^login refused: 535 no: .*\*\*\*/);
  const written = JSON.stringify(fact.mock.calls);
  expect(written).not.toContain(SECRET);
  expect(written).not.toContain(Buffer.from(`\0u\0${SECRET}`).toString('base64').slice(0, 12));
  const rows = gauge.mock.calls.map(([series, , value, status]) => [series.description, value, status] as const);
  expect(rows.findLast(([{ metric }]) => metric === 'appTime')).toEqual([
    { entity: 'mail', metric: 'appTime', instance: 'smtp', kind: 'gauge' },
    Number.NaN,
    PROBE_STATUS.denied,
  ]);
  expect(rows.find(([{ metric }]) => metric === 'appGreeting')?.[2]).toBe(PROBE_STATUS.ok);

  sampler.apply(plan({ check: 'tcp', id: 'port', port: server.port }));
  await until('the reason to go', () => fact.mock.calls.at(-1)?.[4] === '');
  expect(fact.mock.calls.at(-1)).toEqual(['mail', 'checkReason', 'smtp', expect.any(Number), '']);
  await until('the other check', () => gauge.mock.calls.some(([series]) => series.description.instance === 'port'));
});

test('the thread that asks is ended and comes back: the agent goes on, and says so', async () => {
  const threads: Worker[] = [];
  const hear = (thread: Worker): void => void threads.push(thread);
  process.on('worker', hear);
  try {
    const gauge = vi.spyOn(collector, 'gauge');
    sampler.apply(plan({ check: 'tcp', id: 'port', port: server.port }));
    await until('a run', () => gauge.mock.calls.length > 0);
    const [thread] = threads;
    let note = '';
    thread?.once('exit', () => {
      note = sampler.note();
    });
    await thread?.terminate();
    expect(note).toContain('not measured');
    const before = gauge.mock.calls.length;
    await until('a run of the next thread', () => gauge.mock.calls.length > before, 20_000);
    expect(threads).toHaveLength(2);
    expect(sampler.note()).toBe('');
  } finally {
    process.off('worker', hear);
  }
});

test('without application checks there is no thread', async () => {
  const threads: Worker[] = [];
  const hear = (thread: Worker): void => void threads.push(thread);
  process.on('worker', hear);
  sampler.apply(plan());
  await new Promise((done) => setImmediate(done));
  process.off('worker', hear);
  expect(threads).toEqual([]);
});

describe('a run', () => {
  const found: { gauges: FoundGauge[]; facts: FoundFact[] } = { gauges: [], facts: [] };
  const runner = (timeoutMs: number, port: number): CheckRunner => {
    found.gauges = [];
    found.facts = [];
    const sink = {
      gauge: (each: FoundGauge) => found.gauges.push(each),
      fact: (each: FoundFact) => found.facts.push(each),
    };
    const check = checkPlanSchema.parse({
      check: 'tcp',
      id: 'it',
      host: '127.0.0.1',
      everyMs: 10_000,
      timeoutMs,
      port,
      expect: 'hi',
    });
    if (!isAppCheck(check)) throw new Error('not an application check');
    return new CheckRunner('mail', check, sink);
  };

  test('that began late ends before the next slot', async () => {
    const silent = await startRudeServer(() => undefined);
    await runner(10_000, silent.port).run(Date.now() - 9700);
    silent.stop();
    expect(found.gauges.at(-1)).toMatchObject({ metric: 'appTime', status: PROBE_STATUS.timeout });
    expect(Number(/within (\d+) ms/.exec(found.facts.at(-1)?.value ?? '')?.[1])).toBeLessThanOrEqual(250);
  });

  test('of a check that has left the plan meanwhile writes nothing down', async () => {
    const sockets: Socket[] = [];
    const holding = await startRudeServer((socket) => void sockets.push(socket));
    const old = runner(5000, holding.port);
    const running = old.run(Date.now());
    await until('the connection', () => sockets.length > 0);
    old.end();
    holding.stop();
    await running;
    expect(found.gauges).toEqual([]);
    expect(found.facts.map(({ name, value }) => [name, value])).toEqual([['checkReason', '']]);
  });
});

test('a login that is tried in every way leaves no secret in rows, facts and reasons, nor what the session gave', async () => {
  const token = 'csrf-token-4711';
  const session = 'session-0815';
  /** Repeats whatever it hears, in its own words too. */
  const echo = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const heard = [request.url ?? '', body, ...Object.values(request.headers)]
        .join(' ')
        .replaceAll(/[^\x20-\x7e]/g, ' ');
      response.setHeader('server', `echo ${heard}`.slice(0, 4000));
      response.setHeader('set-cookie', `sid=${session}; Path=/`);
      response.statusCode = request.url === '/form' ? 200 : 403;
      response.statusMessage = heard.slice(0, 500);
      response.end(request.url === '/form' ? `<input name="csrf" value="${token}">` : heard);
    })();
  });
  await new Promise<void>((done) => void echo.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
  const step = { id: 'log-in', url: `${base}/login?u={{user}}`, method: 'POST', contains: ['welcome'] };
  const form = { id: 'form', url: `${base}/form`, extract: { csrf: { pattern: 'value="([^"]+)"' } } };
  const secrets = { user: 'monitor&co', pw: SECRET };
  const ways: readonly object[] = [
    { form: { csrf: '{{csrf}}', password: '{{pw}}' } },
    { body: '{"password": "{{pw}}", "csrf": "{{csrf}}"}' },
    { headers: { 'X-Key': '{{pw}} {{csrf}}' } },
    { auth: { user: 'u', secret: 'pw', inClear: true } },
    { auth: { bearer: 'pw', inClear: true } },
  ];
  const sink = { gauge: (each: FoundGauge) => written.push(each), fact: (each: FoundFact) => written.push(each) };
  const written: (FoundGauge | FoundFact)[] = [];
  for (const way of ways) {
    const steps = [form, { ...step, ...way }];
    const check = checkPlanSchema.parse({ check: 'transaction', id: 'tx', host: '127.0.0.1', secrets, steps });
    if (isAppCheck(check)) await new CheckRunner('shop', check, sink).run(Date.now());
  }
  echo.closeAllConnections();
  echo.close();
  const text = JSON.stringify(written);
  expect(text.split('step log-in: HTTP 403')).toHaveLength(ways.length + 1);
  expect(text).toContain('echo');
  const basic = Buffer.from(`u:${SECRET}`).toString('base64');
  for (const secret of [SECRET, encodeURIComponent(secrets.user), secrets.user, basic, token]) {
    expect(text.includes(secret), secret).toBe(false);
  }
  expect(text.includes(session)).toBe(false);
});
