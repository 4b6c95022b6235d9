/**
 * Three simulated offices, discovered by an agent from one address: the right devices, templates, parents and links;
 * `plan` shows them, `apply` has them measured, and doing it all again changes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildDemoOffices,
  containersWanted,
  createResponder,
  DEMO_AGENCIES,
  demoCables,
  findBinary,
  freePort,
  waitFor,
  type Responder,
} from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kaiku, kaikuJson, startInstallation, type Running } from '../../support/installation.ts';
import { startServers, type Servers } from '../../support/servers.ts';

const missing = containersWanted() || findBinary('nats-server') !== undefined ? [] : ['nats-server'];
const offices = buildDemoOffices(Date.now());
const devices = offices.flatMap((office) => office.devices);
const cables = demoCables(devices);

interface Discovered {
  readonly changed: boolean;
  readonly devices: readonly {
    readonly id: string;
    readonly address: string;
    readonly template: string;
    readonly site: string;
    readonly dependsOn: readonly string[];
    readonly tags: Readonly<Record<string, string>>;
  }[];
  readonly links: readonly { a: string; aPort: string; b: string; bPort: string; source: string }[];
  readonly remarks: readonly { kind: string; device: string; text: string }[];
}

const between = (...ends: readonly (readonly [device: string, port: string])[]): string =>
  ends
    .map(([device, port]) => `${device} ${port}`.trim())
    .toSorted()
    .join(' – ');

/** What the demo's catalog says; a UPS, of which it says nothing, depends on the switch it is plugged into. */
function parentsOf(id: string, dependsOn: readonly string[]): readonly string[] {
  const cable = cables.find(({ a }) => a.device === id && a.port === 'card');
  return (cable === undefined ? dependsOn : [cable.b.device]).toSorted();
}

describe.skipIf(missing.length > 0)(`three offices from one address (missing: ${missing.join() || 'nothing'})`, () => {
  let running: Running;
  let servers: Servers;
  let responder: Responder;
  let discover: () => Promise<Discovered>;
  /** Of the printer that is replaced. */
  let serial: string | undefined;

  beforeAll(async () => {
    const snmpPort = await freePort();
    responder = createResponder({ devices, port: snmpPort, immediate: true });
    await responder.start();
    servers = await startServers();
    running = await startInstallation(
      `version: 1
installation: Discovery
dataDir: data
catalog: [catalog.yaml]
broker: ${servers.broker}
stores: ${servers.stores}
loggers: [{ name: logger-1, store: store-1 }]
agents: [{ name: agent-helsinki }, { name: agent-rovaniemi }, { name: agent-tampere }]
`,
      `version: 1
agencies: ${JSON.stringify(DEMO_AGENCIES)}
sites: ${JSON.stringify(offices.map(({ site }) => site))}
agents: ${JSON.stringify(offices.map(({ site, agent }) => ({ id: agent, site: site.id })))}
`,
    );
    const communities = join(running.dir, 'communities');
    writeFileSync(communities, '# tried in this order\npublic\nsecret\n');
    discover = async () => {
      const where = ['127.20.1.1', '--range', '127.20.0.0/16', '--agent', 'agent-helsinki', '-c', running.config];
      const how = ['--community-file', communities, '--port', `${snmpPort}`, '--every', '1', '--agency', 'vesivirasto'];
      return (await kaikuJson('discover', ...where, ...how)) as Discovered;
    };
    await waitFor(async () => (await kaiku('plan', '-c', running.config)).code === 0, 60_000, 'the broker to answer');
  });
  afterAll(async () => {
    await running?.stop();
    await servers?.stop();
    await responder?.stop();
  });

  test('has the right devices, templates, parents and links, is planned, applied, and the same again', async () => {
    const found = await waitFor(() => discover().catch(() => undefined), 60_000, 'the agent to discover');
    serial = found.devices.find(({ id }) => id === 'hel-prn-1')?.tags['serial'];
    expect(
      found.devices.map(({ id, address, template, site, dependsOn }) => [id, address, template, site, dependsOn]),
    ).toEqual(
      devices
        .map(({ id, address, template, site, dependsOn }) => [id, address, template, site, parentsOf(id, dependsOn)])
        .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
    expect(found.links.map(({ a, aPort, b, bPort }) => between([a, aPort], [b, bPort])).toSorted()).toEqual(
      cables.map(({ a, b }) => between([a.device, a.port === 'card' ? '' : a.port], [b.device, b.port])).toSorted(),
    );
    expect(new Set(found.links.map(({ source }) => source))).toEqual(new Set(['lldp', 'bridge', 'route']));

    const both = ['catalog.yaml', 'discovered.yaml'].map((file) => join(running.dir, file));
    const plan = await kaiku('plan', ...both, '-c', running.config);
    expect(plan.stdout).toContain('hel-core-1');
    expect(plan.stdout).toMatch(/\b33\b/);

    const config = readFileSync(running.config, 'utf8');
    writeFileSync(running.config, config.replace('[catalog.yaml]', '[catalog.yaml, discovered.yaml]'));
    expect(await kaikuJson('apply', '-y', '-c', running.config)).toMatchObject({ changed: true, devices: 33 });
    const measured = async (): Promise<readonly string[]> => {
      const answer = await kaikuJson('query', '-c', running.config, '-m', 'snmpRtt', '--latest');
      return (answer as { rows: { entity: string; state: string }[] }).rows
        .filter(({ state }) => state === 'ok')
        .map(({ entity }) => entity)
        .toSorted();
    };
    const ids = devices.map(({ id }) => id).toSorted();
    await waitFor(async () => (await measured()).join() === ids.join(), 60_000, 'every device to be measured');

    expect(await discover()).toMatchObject({ changed: false, remarks: [] });
    expect(await kaikuJson('apply', '-y', '-c', running.config)).toMatchObject({ changed: false });
  });

  test('a device that is replaced is noticed by its agent and by the next discovery', async () => {
    const inventory = async (...words: string[]): Promise<readonly { value: string; before?: string }[]> =>
      ((await kaikuJson('inventory', '-c', running.config, ...words)) as { facts: { value: string }[] }).facts;
    await waitFor(
      async () => (await inventory('hel-prn-1')).some(({ value }) => value === serial),
      30_000,
      'the serial number in the store',
    );
    const printer = devices.find(({ id }) => id === 'hel-prn-1');
    if (printer !== undefined) printer.chassis.replaced += 1;
    const [change] = await waitFor(
      async () => {
        const changes = await inventory('--changes', 'hel-prn-1');
        return changes.length > 0 ? changes : undefined;
      },
      30_000,
      'the change in the store',
    );
    expect(change).toMatchObject({ device: 'hel-prn-1', fact: 'prtGeneralSerialNumber', before: serial });
    const events = await kaiku('events', '-k', 'change', '-e', 'hel-prn-1', '-c', running.config);
    expect(events.stdout).toContain(`prtGeneralSerialNumber was ${serial}, is ${change?.value}`);
    const { remarks } = await discover();
    expect(remarks).toMatchObject([{ kind: 'replaced', device: 'hel-prn-1' }]);
  });
});
