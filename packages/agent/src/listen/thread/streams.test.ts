/** Connections that are slow, idle, or faster than they are heard. The time of `sweep` is the test's. */
import { connect, type Socket } from 'node:net';
import { freePort } from '@kaiku/testkit';
import { until } from '@kaiku/core/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TokenBucket } from '../admit/token-bucket.ts';
import { SyslogStreams } from './streams.ts';

const IDLE_MS = 600_000;
const LIMITS = { connections: 3, connectionsPerSource: 3, idleMs: IDLE_MS };

let streams: SyslogStreams;
let port: number;
let heard: string[];
let admitting: boolean;
let refused: number;

beforeEach(async () => {
  heard = [];
  admitting = true;
  refused = 0;
  streams = new SyslogStreams({
    limits: LIMITS,
    bucket: (_, nowMs) => new TokenBucket(1, 1, nowMs),
    admits: () => {
      if (!admitting) refused += 1;
      return admitting;
    },
    hear: ({ bytes }) => void heard.push(bytes.toString()),
    turnedAway: (source) => void heard.push(`turned away ${source}`),
  });
  port = await freePort();
  await streams.listenTcp({ host: '127.0.0.1', port });
});
afterEach(() => streams.stop());

async function open(): Promise<{ socket: Socket; closed: () => boolean }> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  let closed = false;
  socket.once('close', () => (closed = true));
  await new Promise((done) => socket.once('connect', done));
  return { socket: socket.resume(), closed: () => closed };
}

test('a message that does not end is taken as it is, and its sender put off', async () => {
  const { socket, closed } = await open();
  socket.write('whole\nnever fin');
  await until('the first', () => heard.length === 1);
  streams.sweep(performance.now() + 29_000);
  expect(heard).toEqual(['whole']);
  streams.sweep(performance.now() + 31_000);
  expect(heard).toEqual(['whole', 'never fin']);
  await until('its end', closed);
});

test('who says nothing for long is put off', async () => {
  const { socket, closed } = await open();
  socket.write('hello\n');
  await until('it', () => heard.length === 1);
  streams.sweep(performance.now() + IDLE_MS - 1000);
  expect(streams.connections).toBe(1);
  streams.sweep(performance.now() + IDLE_MS + 1000);
  await until('its end', closed);
  await until('room for another', () => streams.connections === 0);
});

test('what comes faster than it is heard waits, and nothing is lost', async () => {
  const { socket, closed } = await open();
  admitting = false;
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index} ${'x'.repeat(100)}`);
  socket.write(`${lines.join('\n')}\n`);
  await until('the first to be refused', () => refused > 0);
  // Waiting is not idleness.
  streams.sweep(performance.now() + 10 * IDLE_MS);
  expect(heard).toEqual([]);
  expect(closed()).toBe(false);
  admitting = true;
  await until('all of it', () => {
    streams.sweep(performance.now());
    return heard.length === lines.length;
  });
  expect(heard).toEqual(lines);
  socket.destroy();
});

test('what was read of a sender that has gone waits as well, and its place with it', async () => {
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index}`);
  admitting = false;
  const [ended, broken] = [await open(), await open()];
  ended.socket.end(`${lines.join('\n')}\nno line feed`);
  broken.socket.write(`${lines.join('\n')}\n`);
  await until('both to be refused', () => refused >= 2);
  broken.socket.resetAndDestroy();
  await until('their ends', () => ended.closed() && broken.closed() && streams.connections === 0);
  expect(heard).toEqual([]);
  // Two that wait and one that is there: a fourth is one too many.
  await open();
  await until('it', (await open()).closed);
  expect(heard.splice(0)).toEqual(['turned away 127.0.0.1']);
  admitting = true;
  streams.sweep(performance.now());
  expect(heard.toSorted()).toEqual([...lines, ...lines, 'no line feed'].toSorted());
});

test('one connection too many is turned away, and its place is free again when another goes', async () => {
  const three = [await open(), await open(), await open()];
  const fourth = await open();
  await until('it', fourth.closed);
  expect(heard).toEqual(['turned away 127.0.0.1']);
  three[0]?.socket.destroy();
  await until('a place', () => streams.connections === 2);
  const fifth = await open();
  fifth.socket.write('heard\n');
  await until('it to be heard', () => heard.includes('heard'));
  for (const { socket } of [...three, fifth]) socket.destroy();
});
