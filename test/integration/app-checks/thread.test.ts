/**
 * Application checks from the catalog to the store: an installation as a person writes it, a web server that answers
 * and one port that does not, and what `kaiku query` and the alarms say of them.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findBinary, freePort, waitFor } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kaikuJson, startInstallation, type Running } from '../../support/installation.ts';
import { startServers, type Servers } from '../../support/servers.ts';

interface LatestRow {
  readonly metric: string;
  readonly instance: string;
  readonly value: number | string | null;
  readonly state: string;
}

const missing = findBinary('nats-server') === undefined;

describe.skipIf(missing)('application checks through a whole installation (needs nats-server)', () => {
  let web: Server;
  let running: Running;
  let servers: Servers;
  let body = 'Welcome to the office';
  const latest = async (entity: string, metric: string): Promise<readonly LatestRow[]> => {
    const words = ['query', '-c', running.config, '--entity', entity, '--metric', metric, '--latest'];
    return ((await kaikuJson(...words)) as { rows: LatestRow[] }).rows;
  };

  beforeAll(async () => {
    web = createServer((_request, response) => response.end(body));
    await new Promise<void>((done) => void web.listen(0, '127.0.0.1', done));
    const port = (web.address() as AddressInfo).port;
    const closed = await freePort();
    servers = await startServers();
    running = await startInstallation(
      `version: 1
installation: Application checks
dataDir: data
catalog: catalog.yaml
broker: ${servers.broker}
stores: ${servers.stores}
loggers: [{ name: logger-1, store: store-1 }]
agents: [{ name: agent-1 }]
`,
      `version: 1
agencies: [{ id: here, name: Here }]
sites: [{ id: room, name: This room, country: FI, locality: Here }]
devices:
  - id: portal
    nick: Portal
    address: 127.0.0.1
    template: web-service
    site: room
    agency: here
    agents: [agent-1]
    everyMs: 2000
    checks:
      - { check: http, id: web, url: 'http://127.0.0.1:${port}/', contains: [Welcome] }
      - { check: tcp, id: closed, port: ${closed} }
`,
    );
    await waitFor(async () => (await latest('portal', 'appTime')).length === 2, 60_000, `values\n${running.output()}`);
  });
  afterAll(async () => {
    await running?.stop();
    await servers?.stop();
    web?.close();
  });

  test('each check is a series of the device, and a failed one says why', async () => {
    const rows = await latest('portal', 'appTime');
    const states = Object.fromEntries(rows.map(({ instance, state }) => [instance, state]));
    expect(states).toEqual({ closed: 'refused', web: 'ok' });
    expect(Number(rows.find(({ instance }) => instance === 'web')?.value)).toBeGreaterThan(0);
    expect(await latest('portal', 'httpStatus')).toMatchObject([{ instance: 'web', value: 200 }]);
  });

  test('a page without its words is down', async () => {
    body = 'Something went wrong';
    const state = async (): Promise<string | undefined> =>
      (await latest('portal', 'appTime')).find(({ instance }) => instance === 'web')?.state;
    await waitFor(async () => (await state()) === 'error', 60_000, 'the content check to fail');
    expect(await latest('portal', 'httpStatus')).toMatchObject([{ instance: 'web', value: 200 }]);
  });
});
