/** A switch that has a bridge table for each VLAN, behind a community of its own, as Cisco's have. */
import { createSocket, type Socket } from 'node:dgram';
import type { DeviceFinding } from '@kaiku/protocol';
import { createSnmpAgent, freeUdpPort, MibBuilder } from '@kaiku/testkit';
import { afterEach, expect, test } from 'vitest';
import { openExploration } from './open-exploration.ts';

const ADDRESS = '127.20.9.10';
const VLAN_STATE = '1.3.6.1.4.1.9.9.46.1.3.1.1.2';
const BASE_PORT = '1.3.6.1.2.1.17.1.4.1.2';
const FDB_PORT = '1.3.6.1.2.1.17.4.3.1.2';
const FDB_STATUS = '1.3.6.1.2.1.17.4.3.1.3';

let socket: Socket | undefined;
afterEach(() => {
  socket?.close();
});

/** Answers for each community with what it is given. */
async function device(port: number, mibs: Readonly<Record<string, MibBuilder>>): Promise<void> {
  const agents = Object.entries(mibs).map(([community, mib]) =>
    createSnmpAgent({ mib: mib.build(), community, maxMessageBytes: 1472 }),
  );
  const opened = createSocket('udp4');
  socket = opened;
  opened.on('message', (bytes, from) => {
    for (const agent of agents) {
      const answer = agent.answer(bytes, 0);
      if (answer !== undefined) opened.send(answer, from.port, from.address);
    }
  });
  await new Promise<void>((done) => opened.bind(port, ADDRESS, done));
}

const system = (sysObjectID: string): MibBuilder => {
  const mib = new MibBuilder();
  mib.text('1.3.6.1.2.1.1.1', '0', 'octets', 'IOS');
  mib.text('1.3.6.1.2.1.1.2', '0', 'oid', sysObjectID);
  mib.text('1.3.6.1.2.1.1.5', '0', 'octets', 'switch');
  for (const port of [1, 2]) mib.text('1.3.6.1.2.1.2.2.1.2', `${port}`, 'octets', `Gi0/${port}`);
  for (const [vlan, state] of Object.entries({ 1: 1, 10: 1, 20: 1, 30: 2, 1002: 1 }))
    mib.number(VLAN_STATE, `1.${vlan}`, 'integer', state);
  return mib;
};
const bridge = (mib: MibBuilder, ifIndex: number, last: number): MibBuilder => {
  mib.number(BASE_PORT, '7', 'integer', ifIndex);
  mib.number(FDB_PORT, `2.0.0.0.0.${last}`, 'integer', 7);
  mib.number(FDB_STATUS, `2.0.0.0.0.${last}`, 'integer', 3);
  return mib;
};

async function found(port: number): Promise<DeviceFinding | undefined> {
  const devices: DeviceFinding[] = [];
  const lists = { known: [], access: [], probes: [] };
  const { exploration, close } = openExploration({
    request: { seeds: [ADDRESS], ranges: [ADDRESS], sweep: false, ...lists, maxDevices: 5, maxSeconds: 60 },
    accesses: [{ version: '2c', port, community: 'public' }],
    onDevice: (each) => void devices.push(each),
    signal: new AbortController().signal,
  });
  await exploration.run();
  close();
  return devices[0];
}

test('each running VLAN is read through its community; without an object id of Cisco none is', async () => {
  const port = await freeUdpPort();
  const vlans = (): Record<string, MibBuilder> => ({
    'public@10': bridge(new MibBuilder(), 1, 10),
    'public@20': bridge(new MibBuilder(), 2, 20),
    'public@30': bridge(new MibBuilder(), 2, 30),
  });
  await device(port, { public: bridge(system('1.3.6.1.4.1.9.1.516'), 1, 1), ...vlans() });
  expect(await found(port)).toMatchObject({
    learnt: [
      { port: 'Gi0/1', macs: ['02:00:00:00:00:01', '02:00:00:00:00:0a'] },
      { port: 'Gi0/2', macs: ['02:00:00:00:00:14'] },
    ],
    cut: [],
  });
  socket?.close();
  await device(port, { public: bridge(system('1.3.6.1.4.1.99.1'), 1, 1), ...vlans() });
  expect((await found(port))?.learnt).toEqual([{ port: 'Gi0/1', macs: ['02:00:00:00:00:01'] }]);
});
