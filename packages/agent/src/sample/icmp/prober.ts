/**
 * The agent's side of the prober process: starts it, hands it bursts, starts it again with growing pauses when
 * it ends. Without the right to raw sockets it says so once, with the remedy, and no burst is ever answered:
 * ICMP is then unobserved, never down.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Log, Metrics, Part } from '@kaiku/core';
import type { BurstMessage, BurstRequest, ProberMessage } from './messages.ts';

const FIRST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 30_000;
/** A process that lived this long ended for a new reason. */
const STEADY_MS = 60_000;
const GRACE_MS = 2000;
/** A prober that has bursts and says nothing for so long hangs. */
const STUCK_MS = 30_000;
const PROBER = fileURLToPath(new URL('prober/prober-main.mjs', import.meta.url));
/**
 * A few bursts are all it ever holds, and its code is interpreted as fast as compiled: 50 MiB resident instead of 76, of
 * which 11 are its own (a Node that does nothing: 42 and 7). Nothing is inherited: the agent may have been started from text.
 */
const SMALL = [
  '--max-semi-space-size=1',
  '--max-old-space-size=32',
  '--single-threaded',
  '--max-lazy',
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
] as const;

/** What a caller says of a burst; the rest has a usual value. */
export type BurstOrder = Pick<BurstRequest, 'address' | 'packets' | 'spacingMs' | 'timeoutMs'> & Partial<BurstRequest>;

/** The customary 84-byte packet, comparable with ping and fping. */
const USUAL = { payloadBytes: 56, dscp: 0, afterMs: 0, trace: false } as const;

export interface Prober extends Part {
  /** False when there is no right to raw sockets. */
  readonly available: boolean;
  /** Of its process; undefined while there is none. */
  readonly pid: number | undefined;
  /** undefined: it was not measured (no prober); says nothing about the target. */
  burst(order: BurstOrder): Promise<BurstMessage | undefined>;
  /** Puts figures of its own into the metrics; called every few seconds. */
  report(): void;
}

export interface ProberOptions {
  /** What the prober is started through, e.g. `ip netns exec NAME`. */
  readonly through?: readonly string[];
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

interface Pending {
  readonly answer: (result: BurstMessage | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

export function createProber(log: Log, metrics: Metrics, { through = [] }: ProberOptions = {}): Prober {
  const pending = new Map<number, Pending>();
  let child: Child | undefined;
  let slowestReadMs = 0;
  let ready = false;
  let available = true;
  let stopping = false;
  let pauseMs = FIRST_PAUSE_MS;
  let startedAtMs = 0;
  let heardAtMs = 0;
  let restart: NodeJS.Timeout | undefined;
  let counter = 0;

  const settle = (burst: number, result: BurstMessage | undefined): void => {
    const entry = pending.get(burst);
    if (entry === undefined) return;
    pending.delete(burst);
    clearTimeout(entry.timer);
    entry.answer(result);
  };

  const note = ({ fates, readDelayMs }: BurstMessage): void => {
    for (const fate of fates) {
      if (fate === 'tainted') metrics.add('icmpPacketsTainted');
      else if (fate === 'unknown') metrics.add('icmpPacketsUnknown');
    }
    slowestReadMs = Math.max(slowestReadMs, readDelayMs);
  };

  const onMessage = (message: ProberMessage): void => {
    heardAtMs = performance.now();
    if (message.type === 'ready') ready = true;
    else if (message.type === 'burst') {
      note(message);
      settle(message.burst, message);
    } else {
      available = false;
      metrics.set('icmpUnavailable', 1);
      log.error(
        { reason: message.reason, remedy: `setcap cap_net_raw+ep ${process.execPath}, or run the agent as root` },
        'ICMP cannot be sent: everything else is measured, ICMP stays unobserved',
      );
    }
  };

  const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
    child = undefined;
    ready = false;
    for (const burst of pending.keys()) settle(burst, undefined);
    if (stopping || !available) return;
    if (performance.now() - startedAtMs > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    log.warn({ code, signal, againMs: pauseMs }, 'the ICMP prober ended; starting it again');
    metrics.add('icmpProberRestarts');
    restart = setTimeout(launch, pauseMs);
    pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS);
  };

  const launch = (): void => {
    startedAtMs = performance.now();
    const [command, ...args] = [...through, process.execPath, ...SMALL, PROBER];
    const started = spawn(command ?? process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    child = started;
    // A prober that ended is noticed by its end; what was still to be written to it is lost.
    started.stdin.on('error', () => undefined);
    createInterface({ input: started.stdout }).on('line', (line) => onMessage(JSON.parse(line) as ProberMessage));
    started.once('close', onExit);
    started.once('error', (error) => {
      log.error({ err: error }, 'the ICMP prober cannot be started');
      // Where nothing started there is nothing to close.
      if (started.pid === undefined) onExit(null, null);
    });
  };

  return {
    name: 'ICMP prober',
    get available() {
      return available;
    },
    get pid() {
      return child?.pid;
    },
    start: () => {
      metrics.set('icmpUnavailable', 0);
      launch();
      return Promise.resolve();
    },
    burst: (order) =>
      new Promise((answer) => {
        if (!ready || child === undefined) {
          answer(undefined);
          return;
        }
        counter += 1;
        const request: BurstRequest = { ...USUAL, ...order, burst: counter };
        const lastMs = request.afterMs + (request.packets - 1) * request.spacingMs + 2 * request.timeoutMs + GRACE_MS;
        const overdue = (): void => {
          settle(request.burst, undefined);
          // Its end is noticed, and another one started.
          if (performance.now() - heardAtMs > STUCK_MS) child?.kill('SIGKILL');
        };
        pending.set(request.burst, { answer, timer: setTimeout(overdue, lastMs) });
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    report: () => {
      metrics.set('icmpReadDelayMs', slowestReadMs);
      slowestReadMs = 0;
    },
    stop: async () => {
      stopping = true;
      clearTimeout(restart);
      for (const burst of pending.keys()) settle(burst, undefined);
      const ending = child;
      if (ending === undefined) return;
      await new Promise<void>((done) => {
        const kill = setTimeout(() => ending.kill('SIGKILL'), GRACE_MS);
        ending.once('close', () => {
          clearTimeout(kill);
          done();
        });
        ending.stdin.end();
      });
    },
  };
}
