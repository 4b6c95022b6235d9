/**
 * The nats-server that `kaiku up` runs when `broker.listen` is set: its generated configuration and
 * how it is started. It has no pipe to watch, so the kernel is asked to end it with the supervisor
 * (`setpriv --pdeathsig`, part of util-linux; the process id stays nats-server's own).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { splitAddress } from '@kaiku/core';
import { findProgram } from '../programs.ts';
import { CommandError } from '../errors.ts';
import type { ChildSpec } from './child.ts';

/** Larger than any batch (the largest sealed one is 4 MiB) with headroom. */
const MAX_PAYLOAD = '8MB';
/** Said explicitly: the default follows the free disk, and a small one would refuse the streams. */
const MAX_FILE_STORE = '64GB';
const MAX_MEMORY_STORE = '256MB';

export function natsConfig(listen: string, dir: string): string {
  return `# Written by kaiku up at each start; changes here are lost.
listen: "${listen}"
server_name: "kaiku-broker"
max_payload: ${MAX_PAYLOAD}
jetstream {
  store_dir: ${JSON.stringify(join(dir, 'jetstream'))}
  max_file_store: ${MAX_FILE_STORE}
  max_memory_store: ${MAX_MEMORY_STORE}
}
`;
}

/** @throws CommandError when nats-server is not installed */
export function natsSpec(listen: string, dataDir: string): ChildSpec {
  const server = findProgram('nats-server');
  if (server === undefined) {
    throw new CommandError('broker.listen is set, but there is no nats-server', {
      hint: 'sudo apt-get install nats-server, or remove broker.listen and point broker.url to a running one',
    });
  }
  const dir = join(dataDir, 'broker');
  mkdirSync(dir, { recursive: true });
  const config = join(dir, 'nats.conf');
  writeFileSync(config, natsConfig(listen, dir));
  const setpriv = findProgram('setpriv');
  const args = ['-c', config];
  const base = { role: 'broker', name: 'broker' };
  if (setpriv === undefined) return { ...base, command: '/bin/sh', args: ['-c', GUARDIAN, 'sh', server, ...args] };
  return { ...base, command: setpriv, args: ['--pdeathsig', 'TERM', server, ...args] };
}

/** Where there is no setpriv: a shell that ends the server when its own stdin closes. */
const GUARDIAN = `exec 3<&0
"$@" 3<&- </dev/null & server=$!
trap 'kill -TERM $server' TERM INT
{ cat <&3 >/dev/null; kill -TERM $server; } & watcher=$!
wait $server; code=$?
kill $watcher 2>/dev/null
exit $code`;

/** Resolves true once something answers at the address, false when the time is over. */
export async function answers(address: string, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  const { host, port } = splitAddress(address);
  const target = host === '0.0.0.0' ? '127.0.0.1' : host;
  while (Date.now() < until) {
    if (await connects(target, port)) return true;
    await new Promise((done) => setTimeout(done, 100));
  }
  return false;
}

async function connects(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: 1000 });
    const end = (answer: boolean): void => {
      socket.destroy();
      done(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
