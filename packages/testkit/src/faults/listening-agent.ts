/**
 * A real agent, samplers and all, beside a cluster's generating ones: it polls simulated devices by a plan that lies on its disk,
 * listens for traps and syslog, and sends what it hears through the cluster's broker.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, freeUdpPort } from '../servers/places.ts';
import { buildDemoOffices } from '../sim/offices/demo-offices.ts';
import { createResponder, type Responder } from '../sim/snmp/responder.ts';
import type { Cluster } from './cluster.ts';
import { ClusterPart } from './part.ts';

export interface ListeningAgent {
  readonly part: ClusterPart;
  /** Addresses of the devices it polls. */
  readonly devices: readonly string[];
  readonly trapPort: number;
  readonly syslogPort: number;
  /** Its own figures by their names in Prometheus' text, without the prefix. */
  figures(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

export const LISTENER = 'agent-listening';
export const COMMUNITY = 'heard';
const DEVICES = 20;
const EVERY_MS = 2000;
const IF_X_TABLE = '1.3.6.1.2.1.31.1.1.1';

/** @param more addresses of devices of the test's own, polled as well */
export async function startListeningAgent(
  { dir, options, sites }: Cluster,
  { more = [] }: { readonly more?: readonly { readonly address: string; readonly port: number }[] } = {},
): Promise<ListeningAgent> {
  const snmpPort = await freeUdpPort();
  const [trapPort, syslogPort, healthPort] = [await freeUdpPort(), await freeUdpPort(), await freePort()];
  const devices = buildDemoOffices(Date.now())
    .flatMap((office) => office.devices)
    .slice(0, DEVICES);
  const responder: Responder = createResponder({ devices, port: snmpPort, immediate: true });
  await responder.start();
  const polled = [
    ...devices.map(({ id, address, community }) => ({ entity: id, address, port: snmpPort, community })),
    ...more.map(({ address, port }) => ({ entity: `extra-${address}`, address, port, community: COMMUNITY })),
  ];
  const home = join(dir, 'data', 'agent', LISTENER);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'plan.json'), JSON.stringify(planOf(polled)));
  const config = join(dir, `${LISTENER}.yaml`);
  writeFileSync(
    config,
    [
      'version: 1',
      'installation: Under fault',
      `dataDir: ${join(dir, 'data')}`,
      'logLevel: warn',
      `broker: { url: "nats://127.0.0.1:${sites[0]?.port ?? 0}" }`,
      'agents:',
      `  - name: ${LISTENER}`,
      `    health: 127.0.0.1:${healthPort}`,
      '    listen:',
      `      traps: { port: ${trapPort}, communities: [${COMMUNITY}] }`,
      `      syslog: { udp: { port: ${syslogPort} } }`,
      '      limits: { reportEveryS: 2 }',
      '',
    ].join('\n'),
  );
  const figures = async (): Promise<Readonly<Record<string, number>>> => {
    const answer = await fetch(`http://127.0.0.1:${healthPort}/metrics`, { signal: AbortSignal.timeout(5000) });
    const lines = (await answer.text()).matchAll(/^kaiku_(\S+) (\S+)$/gm);
    return Object.fromEntries([...lines].map(([, name = '', value]) => [name, Number(value)]));
  };
  const part = new ClusterPart({
    name: LISTENER,
    command: process.execPath,
    arguments: () => [join(options.root, 'packages/cli/src/main.ts'), 'agent', '-c', config, '--name', LISTENER],
    ready: async () => {
      try {
        const { sealed_samples: samples = 0, traps_heard: heard } = await figures();
        return samples > 0 && heard !== undefined;
      } catch {
        return false;
      }
    },
    logFile: join(dir, 'logs', `${LISTENER}.log`),
  });
  await part.start();
  return {
    part,
    devices: devices.map(({ address }) => address),
    trapPort,
    syslogPort,
    figures,
    stop: async () => {
      await part.stop();
      await responder.stop();
    },
  };
}

interface Polled {
  readonly entity: string;
  readonly address: string;
  readonly port: number;
  readonly community: string;
}

function planOf(polled: readonly Polled[]): unknown {
  const facts: readonly unknown[] = [];
  return {
    v: 2,
    agent: LISTENER,
    revision: 1,
    paths: [],
    targets: polled.map(({ entity, address, port, community }) => ({
      entity,
      address,
      snmp: { version: '2c', port, community },
      checks: [
        {
          check: 'snmp-get',
          everyMs: EVERY_MS,
          metrics: [{ name: 'sysUpTime', kind: 'gauge', oid: '1.3.6.1.2.1.1.3.0', bits: 32, scale: 0.01 }],
          facts,
        },
        {
          check: 'snmp-table',
          table: 'ifXTable',
          everyMs: EVERY_MS,
          nameOids: [`${IF_X_TABLE}.1`],
          metrics: [
            { name: 'ifHCInOctets', kind: 'counter', oid: `${IF_X_TABLE}.6`, bits: 64, scale: 1 },
            { name: 'ifHCOutOctets', kind: 'counter', oid: `${IF_X_TABLE}.10`, bits: 64, scale: 1 },
          ],
          facts,
        },
      ],
    })),
  };
}
