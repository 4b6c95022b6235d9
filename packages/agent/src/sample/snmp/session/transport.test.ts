/** Sockets shared by all devices, and deadlines kept by one timer. */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { waitFor } from '@kaiku/testkit';
import { afterEach, expect, test, vi } from 'vitest';
import { Deadlines, type Waiting } from './deadlines.ts';
import { SnmpTransport } from './transport.ts';

afterEach(() => void vi.useRealTimers());

test('deadlines run out in their order, those lifted never, and nothing runs when nothing waits', () => {
  vi.useFakeTimers();
  const deadlines = new Deadlines();
  const ran: number[] = [];
  const wait = (afterMs: number): Waiting => {
    const waiting = { tick: 0, expire: () => void ran.push(afterMs) };
    deadlines.add(waiting, afterMs);
    return waiting;
  };
  const atMs = performance.now();
  for (const afterMs of [3000, 100, 500]) wait(afterMs);
  const lifted = wait(200);
  deadlines.delete(lifted);
  deadlines.delete(lifted);
  expect(deadlines.size).toBe(3);
  for (let step = 0; step < 400 && ran.length < 2; step += 1) vi.advanceTimersByTime(10);
  expect(ran).toEqual([100, 500]);
  expect(performance.now() - atMs).toBeGreaterThanOrEqual(500);
  expect(performance.now() - atMs).toBeLessThan(600);
  vi.advanceTimersByTime(3000);
  expect(ran).toEqual([100, 500, 3000]);
  expect(vi.getTimerCount()).toBe(0);
});

test('after a delay of the process deadlines run out a few at a time: what waits in the sockets is read between', () => {
  vi.useFakeTimers();
  const deadlines = new Deadlines();
  let expired = 0;
  for (let afterMs = 20; afterMs <= 1000; afterMs += 20)
    deadlines.add({ tick: 0, expire: () => void (expired += 1) }, afterMs);
  vi.advanceTimersByTime(20);
  // A second in which nothing ran.
  vi.setSystemTime(Date.now() + 1000);
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1000);
  vi.advanceTimersByTime(20);
  expect(expired).toBeLessThan(10);
  vi.advanceTimersByTime(600);
  expect(expired).toBe(50);
  vi.restoreAllMocks();
});

test('request ids are never zero and never the same for two', () => {
  const transport = new SnmpTransport();
  const ids = new Set(Array.from({ length: 1000 }, () => transport.nextId()));
  expect(ids.size).toBe(1000);
  expect(Math.min(...ids)).toBeGreaterThan(0);
  transport.close();
});

const ipv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));
if (!ipv6) process.stdout.write('skipped: SNMP over IPv6 (no ::1 here)\n');

test.skipIf(!ipv6).each(['0:0:0:0:0:0:0:1', '::1%lo', '::1%1'])(
  'over IPv6, whatever way the address is written: %s',
  async (address) => {
    const peer = createSocket('udp6');
    await new Promise<void>((done) => peer.bind(0, '::1', done));
    peer.on('message', (bytes, from) => peer.send(bytes, from.port, from.address));
    const transport = new SnmpTransport();
    const heard: string[] = [];
    const link = transport.link(address, peer.address().port, {
      receive: (bytes) => heard.push(bytes.toString()) > 0,
    });
    link.send(Buffer.from('hello'), () => undefined);
    await waitFor(() => heard.length > 0, 2000, 'the echo');
    expect([heard, transport.strays]).toEqual([['hello'], 0]);
    transport.close();
    peer.close();
  },
);
