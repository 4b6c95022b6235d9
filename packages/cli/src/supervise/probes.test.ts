/** Parts are asked for real: a nats-server that works, stands still, or greets and does nothing more. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadInstallation } from '@kaiku/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProgram } from '../programs.ts';
import { answers } from './nats.ts';
import { brokerProbe, type Probe } from './probes.ts';

const PORT = 20910;
const LISTEN = `127.0.0.1:${PORT}`;
const ASK_MS = 1500;

let dir: string;
let probe: Probe;
let nats: ChildProcess | undefined;
let hung: Server | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kaiku-R-probe-'));
  mkdirSync(join(dir, 'data/broker'), { recursive: true });
  const file = join(dir, 'kaiku.yaml');
  writeFileSync(file, `version: 1\ninstallation: Test\ndataDir: data\nbroker: { url: "nats://${LISTEN}" }\n`);
  probe = brokerProbe(LISTEN, loadInstallation(file));
});
afterEach(async () => {
  await probe.close?.();
  nats?.kill('SIGKILL');
  hung?.close();
  rmSync(dir, { recursive: true, force: true });
});

test('a nats-server answers; stopped it does not; going on it does', async () => {
  const program = findProgram('nats-server');
  if (program === undefined) throw new Error('nats-server is needed here');
  expect(await probe.ask(ASK_MS)).toBe(false);
  nats = spawn(program, ['-a', '127.0.0.1', '-p', String(PORT), '-js', '-sd', join(dir, 'data/broker/jetstream')]);
  expect(await answers(LISTEN, 10_000)).toBe(true);
  await expect.poll(() => probe.ask(ASK_MS), { timeout: 10_000 }).toBe(true);
  nats.kill('SIGSTOP');
  await expect.poll(() => probe.ask(ASK_MS), { timeout: 10_000 }).toBe(false);
  nats.kill('SIGCONT');
  await expect.poll(() => probe.ask(ASK_MS), { timeout: 10_000 }).toBe(true);
  expect(probe.excuse?.()).toBe('');
}, 40_000);

test('one that stored once, and now only greets and answers pings, does not answer', async () => {
  let stores = false;
  let told = 0;
  const sockets = new Set<Socket>();
  hung = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write('INFO {"server_id":"X","version":"2.9.10","max_payload":1048576,"headers":true}\r\n');
    socket.on('data', (bytes) => {
      const said = bytes.toString('latin1');
      if (said.includes('PING\r\n')) socket.write('PONG\r\n');
      const asker = /PUB \$JS\.API\.INFO (\S+)/.exec(said)?.[1];
      if (!stores || asker === undefined) return;
      socket.write(`MSG ${asker} 1 2\r\n{}\r\n`);
      told += 1;
    });
  });
  hung.listen(PORT, '127.0.0.1');
  await once(hung, 'listening');
  // Perhaps it has no JetStream: a greeting must do.
  expect(await probe.ask(ASK_MS)).toBe(true);
  stores = true;
  const toldWhenAsked = async (): Promise<number> => {
    await probe.ask(ASK_MS);
    return told;
  };
  await expect.poll(toldWhenAsked, { timeout: 10_000 }).toBeGreaterThan(0);
  stores = false;
  await expect.poll(() => probe.ask(ASK_MS), { timeout: 10_000 }).toBe(false);
  for (const socket of sockets) socket.destroy();
  expect(await probe.ask(ASK_MS)).toBe(false);
}, 60_000);
