/**
 * The nats-server that `kaiku up` runs when `broker.listen` is set: how it is started; its configuration
 * comes from `keys/broker-files.ts`. It has no pipe to watch, so the kernel is asked to end it with the
 * supervisor (`setpriv --pdeathsig`, part of util-linux; the process id stays nats-server's own).
 */
import { connect } from 'node:net';
import { splitAddress, type Installation } from '@kaiku/core';
import { writeBrokerFiles } from '../keys/broker-files.ts';
import { findProgram } from '../programs.ts';
import { CommandError } from '../errors.ts';
import type { ChildSpec } from './child.ts';
import { brokerProbe } from './probes.ts';

/** @throws CommandError when nats-server is not installed, or its certificate is missing */
export async function natsSpec(listen: string, installation: Installation): Promise<ChildSpec> {
  const server = findProgram('nats-server');
  if (server === undefined) {
    throw new CommandError('broker.listen is set, but there is no nats-server', {
      hint: 'sudo apt-get install nats-server, or remove broker.listen and point broker.url to a running one',
    });
  }
  const config = await writeBrokerFiles(listen, installation);
  const setpriv = findProgram('setpriv');
  const args = ['-c', config];
  const base = { role: 'broker', name: 'broker', probe: brokerProbe(listen, installation) };
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
