/**
 * The agent's side of the prober process: starts it, hands it bursts, starts it again with growing pauses when
 * it ends. Where ICMP cannot be sent at all it says so once, with the reason and the remedy, and no burst is ever answered:
 * ICMP is then unobserved, never down. Without the right to raw sockets the prober makes do with ping sockets.
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
/** A prober that has left bursts unanswered for so long, and says nothing of others either, hangs. */
const STUCK_MS = 30_000;
/** Longest wait at the start for the prober to be there; usually some 150 ms. Slots of that time would be lost. */
const START_WAIT_MS = 5000;
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

const REMEDY =
  `setcap cap_net_raw+ep ${process.execPath}, or run the agent as root, or admit its group to ping sockets: ` +
  'sysctl net.ipv4.ping_group_range="0 2147483647"';

/** What a caller says of a burst; the rest has a usual value. */
export type BurstOrder = Pick<BurstRequest, 'address' | 'packets' | 'spacingMs' | 'timeoutMs'> & Partial<BurstRequest>;

/** The customary 84-byte packet, comparable with ping and fping. */
const USUAL = { payloadBytes: 56, dscp: 0, afterMs: 0, trace: false } as const;

export interface Prober extends Part {
  /** False where ICMP cannot be sent, nor will be. */
  readonly available: boolean;
  /** Why nothing is measured, for the health report; empty while it is. */
  note(): string;
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
  /** Since when bursts have been left unanswered with no other answer since; undefined: not so. */
  let silentSinceMs: number | undefined;
  let trouble = '';
  let settled = (): void => undefined;
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
    silentSinceMs = undefined;
    if (message.type === 'burst') {
      note(message);
      settle(message.burst, message);
      return;
    }
    if (message.type === 'ready') {
      ready = true;
      trouble = '';
      if (!message.privileged)
        log.warn({ remedy: REMEDY }, 'no right to raw sockets: pings are sent, routes are not traced');
    } else {
      available = false;
      trouble = `ICMP cannot be sent and is unobserved: ${message.reason}`;
      metrics.set('icmpUnavailable', 1);
      log.error(
        { reason: message.reason, remedy: REMEDY },
        'ICMP cannot be sent: everything else is measured, ICMP stays unobserved',
      );
    }
    settled();
  };

  const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
    child = undefined;
    ready = false;
    for (const burst of pending.keys()) settle(burst, undefined);
    settled();
    if (stopping || !available) return;
    if (performance.now() - startedAtMs > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    log.warn({ code, signal, againMs: pauseMs }, 'the ICMP prober ended; starting it again');
    trouble = 'the ICMP prober ended and is started again; see the agent’s log';
    metrics.add('icmpProberRestarts');
    restart = setTimeout(launch, pauseMs);
    pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS);
  };

  const overdue = (burst: number, askedAtMs: number): void => {
    // Its answer may lie unread where this process was held up.
    setImmediate(() => {
      if (!pending.has(burst)) return;
      settle(burst, undefined);
      silentSinceMs ??= askedAtMs;
      // Its end is noticed, and another one started.
      if (performance.now() - silentSinceMs > STUCK_MS) child?.kill('SIGKILL');
    });
  };

  const launch = (): void => {
    startedAtMs = performance.now();
    silentSinceMs = undefined;
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
    note: () => trouble,
    get pid() {
      return child?.pid;
    },
    start: async () => {
      metrics.set('icmpUnavailable', 0);
      let timer: NodeJS.Timeout | undefined;
      const there = new Promise<void>((done) => {
        settled = done;
        timer = setTimeout(done, START_WAIT_MS);
      });
      launch();
      await there;
      clearTimeout(timer);
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
        const timer = setTimeout(overdue, lastMs, request.burst, performance.now());
        pending.set(request.burst, { answer, timer });
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
