/** For tests of the listener: one that runs as in the agent, its events kept in memory, sealing under the test's hand. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TargetPlan } from '@kaiku/catalog/plan';
import { createLog, createMetrics, type Metrics } from '@kaiku/core';
import { until } from '@kaiku/core/testing';
import type { EventRecord } from '@kaiku/protocol';
import { listenSchema, type ListenConfig } from './config.ts';
import { createListener, type Listener } from './listener.ts';

export interface TestListener {
  readonly listener: Listener;
  readonly events: EventRecord[];
  readonly actions: string[];
  readonly metrics: Metrics;
  readonly dir: string;
  /** What happens to an event: on the disk at once, lost at once, or nothing until told otherwise. */
  sealing: 'seal' | 'lose' | 'wait';
  /** Seals what waits. */
  sealAll(): void;
  setTargets(targets: readonly Partial<TargetPlan>[]): void;
  /** The first event that fits. */
  event(what: string, fits: (event: EventRecord) => boolean): Promise<EventRecord>;
  stop(): Promise<void>;
}

export async function startListener(
  config: (base: { host: string }) => unknown,
  targets: readonly Partial<TargetPlan>[] = [],
  /** Of the ports configured, where not all. */
  ports?: number,
): Promise<TestListener> {
  const dir = mkdtempSync(join(tmpdir(), 'kaiku-listen-'));
  const parsed: ListenConfig = listenSchema.parse(config({ host: '127.0.0.1' }));
  const events: EventRecord[] = [];
  const actions: string[] = [];
  const waiting: ((sealed: boolean) => void)[] = [];
  const metrics = createMetrics();
  let listening = 0;
  const log = createLog({ role: 'agent', name: 'agent-a', level: 'silent' });
  const counting = Object.assign(Object.create(log) as typeof log, {
    info: (_: object, text: string) => {
      if (text === 'listening for devices') listening += 1;
    },
  });
  const listener = createListener({
    config: parsed,
    dir,
    installationFile: join(dir, 'kaiku.yaml'),
    record: (event, sealed) => {
      if (test.sealing === 'lose') {
        sealed(false);
        return;
      }
      events.push(event);
      if (test.sealing === 'seal') sealed(true);
      else waiting.push(sealed);
    },
    actions: {
      pollSoon: (entity) => void actions.push(`poll ${entity}`),
      dropBaselines: (entity) => void actions.push(`drop ${entity}`),
    },
    certificatesEveryMs: 50,
    metrics,
    log: counting,
  });
  const test: TestListener = {
    listener,
    events,
    actions,
    metrics,
    dir,
    sealing: 'seal',
    sealAll: () => {
      for (const sealed of waiting.splice(0)) sealed(true);
    },
    setTargets: (next) =>
      listener.apply({
        v: 2,
        agent: 'agent-a',
        revision: 1,
        targets: next.map((target) => ({ entity: 'x', address: '192.0.2.1', checks: [], ...target })),
        paths: [],
      }),
    event: async (what, fits) => {
      await until(what, () => events.some(fits));
      return events.find(fits) as EventRecord;
    },
    stop: async () => {
      await listener.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await listener.start();
  test.setTargets(targets);
  const { traps, syslog } = parsed;
  const wanted = ports ?? [traps, syslog?.udp, syslog?.tcp, syslog?.tls].filter((each) => each !== undefined).length;
  await until('every port to be open', () => listening === wanted);
  return test;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end. */
export function runProgram(program: string, words: readonly string[], input?: string): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(program, words, {
      stdio: ['pipe', 'pipe', 'pipe'],
      // No MIB files, no state of earlier runs.
      env: { ...process.env, MIBS: '', SNMP_PERSISTENT_DIR: tmpdir(), SNMPCONFPATH: tmpdir() },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', fail);
    child.once('close', (code) => done({ code, output }));
    // A program that has ended reads no more.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}
