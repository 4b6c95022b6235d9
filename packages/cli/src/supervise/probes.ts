/**
 * How a part is asked whether it lives: its own HTTP page, or of nats-server a question that JetStream must answer.
 * A nats-server 2.9 whose disk was full greets everybody, answers pings, and never stores a message again.
 */
import { statfsSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Broker, brokerOptions, createLog, splitAddress, type Installation } from '@kaiku/core';
import { ADMIN } from '../keys/broker-files.ts';
import type { RoleEntry } from '../config/installation-check.ts';

export interface Probe {
  /** Did it answer within the time? Never throws. */
  ask(withinMs: number): Promise<boolean>;
  /** Why a restart would not help now; empty when nothing is known. */
  excuse?(): string;
  close?(): Promise<void>;
}

/** Of a part that serves HTTP; undefined for one that does not. Whatever it answers, it lives. */
export function roleProbe({ role, entry }: RoleEntry): Probe | undefined {
  const [address, path] =
    role === 'store' ? [entry['listen'], '/ping'] : [entry['health'] ?? entry['listen'], '/healthz'];
  return typeof address === 'string' ? httpProbe(address, path) : undefined;
}

function httpProbe(address: string, path: string): Probe {
  const { host, port } = reachable(address);
  return {
    ask: (withinMs) =>
      new Promise((done) => {
        const request = get({ host, port, path, agent: false, timeout: withinMs }, (response) => {
          response.resume();
          done(true);
        });
        const late = setTimeout(() => request.destroy(), withinMs);
        request.once('error', () => done(false));
        request.once('close', () => {
          clearTimeout(late);
          done(false);
        });
      }),
  };
}

/** Below this a nats-server stops storing, and starting it again would change nothing. */
const LEAST_FREE_BYTES = 4 * 1024 * 1024;

/** Of the nats-server that is run here. */
export function brokerProbe(listen: string, installation: Installation): Probe {
  let asked: Promise<Broker | undefined> | undefined;
  let broker: Broker | undefined;
  /** JetStream has answered: from then on a greeting alone is no answer. */
  let deep = false;
  const abort = new AbortController();
  const ask = async (withinMs: number): Promise<boolean> => {
    asked ??= session(installation, abort.signal).then((connected) => (broker = connected));
    // Its key was taken away: the greeting must do.
    if (/authorization/i.test(broker?.trouble ?? '')) deep = false;
    if (broker?.connected !== true) return !deep && greets(listen, withinMs);
    const answered = await broker.request('$JS.API.INFO', new Uint8Array(0), withinMs).then(
      () => true,
      () => false,
    );
    deep ||= answered;
    return answered || (!deep && greets(listen, withinMs));
  };
  return {
    ask,
    excuse: () => (freeBytes(join(installation.dataDir, 'broker')) < LEAST_FREE_BYTES ? 'its disk is full' : ''),
    close: async () => {
      abort.abort();
      await (await asked)?.close();
    },
  };
}

async function session(installation: Installation, signal: AbortSignal): Promise<Broker | undefined> {
  const log = createLog({ role: 'cli', name: 'supervisor', level: 'silent' });
  try {
    return await Broker.connect({ ...brokerOptions(installation, ADMIN.role, ADMIN.name), more: [], log, signal });
  } catch {
    // Nothing to prove oneself with, or the end.
    return undefined;
  }
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}

/** nats-server speaks first. */
function greets(listen: string, withinMs: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(reachable(listen));
    const end = (answer: boolean): void => {
      clearTimeout(late);
      socket.destroy();
      done(answer);
    };
    const late = setTimeout(() => end(false), withinMs);
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

/** What listens everywhere listens here too. */
function reachable(address: string): { readonly host: string; readonly port: number } {
  const { host, port } = splitAddress(address);
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: host === '::' ? '::1' : host, port };
}
