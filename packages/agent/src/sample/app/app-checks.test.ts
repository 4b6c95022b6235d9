/** The sampler as the agent's wiring uses it: plans in, rows and facts out; what a server repeats of a secret stays here. */
import { checkPlanSchema, type AgentPlan } from '@kaiku/catalog/plan';
import { createLog, createMetrics } from '@kaiku/core';
import { PROBE_STATUS } from '@kaiku/protocol';
import { until } from '@kaiku/core/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Collector } from '../collector.ts';
import type { Sampler } from '../sampler.ts';
import { createAppChecks } from './app-checks.ts';
import { startRudeServer, type RudeServer } from './testing/rude-server.ts';

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
  await until('a run', () => fact.mock.calls.some(([, name]) => name === 'checkReason'));
  const reason = fact.mock.calls.find(([, name]) => name === 'checkReason');
  expect(reason?.slice(0, 3)).toEqual(['mail', 'checkReason', 'smtp']);
  expect(reason?.[4]).toMatch(/^login refused: 535 no: .*\*\*\*/);
  const written = JSON.stringify(fact.mock.calls);
  expect(written).not.toContain(SECRET);
  expect(written).not.toContain(Buffer.from(`\0u\0${SECRET}`).toString('base64').slice(0, 12));
  const rows = gauge.mock.calls.map(([series, , value, status]) => [series.description, value, status] as const);
  expect(rows.find(([{ metric }]) => metric === 'appTime')).toEqual([
    { entity: 'mail', metric: 'appTime', instance: 'smtp', kind: 'gauge' },
    Number.NaN,
    PROBE_STATUS.denied,
  ]);
  expect(rows.find(([{ metric }]) => metric === 'appGreeting')?.[2]).toBe(PROBE_STATUS.ok);

  sampler.apply(plan({ check: 'tcp', id: 'port', port: server.port }));
  expect(fact.mock.calls.at(-1)).toEqual(['mail', 'checkReason', 'smtp', expect.any(Number), '']);
  await until('the other check', () => gauge.mock.calls.some(([series]) => series.description.instance === 'port'));
});
