/** Plans for agents over a real broker: answered once by several loggers, told of changes. */
import { gunzipSync } from 'node:zlib';
import { agentPlanSchema, catalogSchema, publishCatalog, type Catalog } from '@kaiku/catalog';
import { readPlan } from '@kaiku/catalog/plan/packed';
import { Broker, createLog, createMetrics, type Part } from '@kaiku/core';
import { startNats, until, type TestNats } from '@kaiku/core/testing';
import { encode, subjects } from '@kaiku/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveConfig } from './serve-config.ts';

const log = createLog({ role: 'logger', name: 'test', level: 'silent' });
const nothing = new Uint8Array();

function catalog(agents: readonly string[]): Catalog {
  return catalogSchema.parse({
    version: 1,
    agencies: [{ id: 'agency', name: 'Agency' }],
    sites: [{ id: 'hel', name: 'Helsinki', country: 'FI', locality: 'Helsinki' }],
    devices: agents.map((agent, index) => ({
      id: `device-${index}`,
      nick: `Device ${index}`,
      address: '127.0.0.1',
      template: 'ping-only',
      site: 'hel',
      agency: 'agency',
      agents: [agent],
    })),
    templates: [
      {
        id: 'ping-only',
        name: 'Ping only',
        kind: 'host',
        measurements: [{ check: 'icmp', everyMs: 30_000 }],
        availability: ['rtt'],
      },
    ],
  });
}

let nats: TestNats;
let broker: Broker;
beforeAll(async () => {
  nats = await startNats();
  broker = await Broker.connect({ url: nats.url, name: 'test', log });
});
afterAll(async () => {
  await broker.close();
  await nats.remove();
});

test('agents get their plans, once, and hear of changes; a broker that lost its disk changes nothing', async () => {
  const metrics = [createMetrics(), createMetrics()] as const;
  const parts: Part[] = metrics.map((each) => serveConfig(broker, each, log));
  const reloads: string[] = [];
  broker.subscribe('kaiku.cmd.*', (_, subject) => reloads.push(subject));
  const served = (): number => metrics.reduce((sum, each) => sum + (each.figures()['plansServed'] ?? 0), 0);
  const ask = async (agent: string): Promise<{ revision: number; entities: string[] }> => {
    const bytes = await broker.request(subjects.config(agent), nothing, 2000);
    const plan = agentPlanSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
    return { revision: plan.revision, entities: plan.targets.map(({ entity }) => entity) };
  };
  for (const part of parts) await part.start();
  await expect(ask('agent-a')).rejects.toMatchObject({ retryable: true });

  await publishCatalog(broker, catalog(['agent-a', 'agent-b']), { author: 'test', reason: 'first' });
  await until('both loggers know', () => metrics.every((each) => each.figures()['catalogRevision'] === 1));
  await until('agents are told', () => reloads.length === 4);
  expect(await ask('agent-a')).toEqual({ revision: 1, entities: ['device-0'] });
  expect(await ask('agent-b')).toEqual({ revision: 1, entities: ['device-1'] });
  expect(await ask('agent-z')).toEqual({ revision: 1, entities: [] });
  expect(served()).toBe(3);
  const packed = await broker.request(subjects.config('agent-a'), encode({ v: 1, reads: 2, packed: true }), 2000);
  const plan = readPlan(JSON.parse(gunzipSync(packed).toString()));
  expect(plan?.targets.map(({ entity }) => entity)).toEqual(['device-0']);

  await publishCatalog(broker, catalog(['agent-c', 'agent-b']), { author: 'test', reason: 'second' });
  await until('both know again', () => metrics.every((each) => each.figures()['catalogRevision'] === 2));
  await until('the one that lost its device hears too', () => reloads.slice(4).includes('kaiku.cmd.agent-a'));
  expect(await ask('agent-a')).toEqual({ revision: 2, entities: [] });

  await nats.kill();
  nats.wipe();
  await nats.start();
  await until('reconnected and answered', async () => (await ask('agent-c').catch(() => undefined)) !== undefined);
  expect(await ask('agent-c')).toEqual({ revision: 2, entities: ['device-0'] });
  for (const part of parts) await part.stop();
  await expect(broker.request(subjects.config('agent-a'), nothing, 500)).rejects.toMatchObject({ retryable: true });
});
