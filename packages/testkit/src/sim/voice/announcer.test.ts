import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { until } from '@kaiku/core/testing';
import { afterEach, expect, test } from 'vitest';
import { buildDemoOffices } from '../offices/demo-offices.ts';
import { createAnnouncer } from './announcer.ts';

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

async function listen(): Promise<{ port: number; heard: { bytes: Buffer; from: RemoteInfo }[] }> {
  const socket = createSocket('udp4');
  open.push(socket);
  const heard: { bytes: Buffer; from: RemoteInfo }[] = [];
  socket.on('message', (bytes, from) => void heard.push({ bytes, from }));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, heard };
}

test("a link that goes is told to the device's agents, as trap and as syslog, from its own address", async () => {
  const device = buildDemoOffices(Date.now() - 86_400_000)
    .flatMap((office) => office.devices)
    .find(({ id }) => id === 'hel-acc-1');
  if (device === undefined) throw new Error('no such device');
  const [traps, syslog] = [await listen(), await listen()];
  const [agent = ''] = device.agents;
  const receivers = new Map([[agent, { trapPort: traps.port, syslogPort: syslog.port }]]);
  const announcer = createAnnouncer({ devices: [device], receivers });
  await announcer.start();
  const [name = ''] = device.links.keys();
  device.links.get(name)?.setDown(Date.now());
  await until(
    'a trap and a line',
    () => traps.heard.length > 0 && syslog.heard.some(({ bytes }) => bytes.includes(name)),
  );
  await announcer.stop();
  expect(traps.heard[0]?.from.address).toBe(device.address);
  expect(traps.heard[0]?.bytes.toString('latin1')).toContain(name);
  // linkDown: 1.3.6.1.6.3.1.1.5.3
  expect(traps.heard[0]?.bytes.includes(Buffer.from([0x2b, 6, 1, 6, 3, 1, 1, 5, 3]))).toBe(true);
  const line = syslog.heard.find(({ bytes }) => bytes.includes(name))?.bytes.toString();
  expect(line).toMatch(/^<187>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d hel-acc-1 %LINK-3-UPDOWN: Interface .*down$/);
});
