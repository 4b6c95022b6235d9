/**
 * The agent's side of the prober process: starts it, hands it bursts, starts it again with growing pauses when
 * it ends. Without the right to raw sockets it says so once, with the remedy, and no burst is ever answered:
 * ICMP is then unobserved, never down.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log, Metrics, Part } from '@kaiku/core';
import type { BurstRequest, ProberMessage } from './messages.ts';

const FIRST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 30_000;
/** A process that lived this long ended for a new reason. */
const STEADY_MS = 60_000;
const GRACE_MS = 2000;
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

interface BurstResult {
  /** ms in the order sent; NaN for a lost packet. */
  readonly rtts: readonly number[];
  /** The network said that the target cannot be reached. */
  readonly unreachable: boolean;
}

export interface Prober extends Part {
  /** False when there is no right to raw sockets. */
  readonly available: boolean;
  /** undefined: it was not measured (no prober); says nothing about the target. */
  burst(request: Omit<BurstRequest, 'burst'>): Promise<BurstResult | undefined>;
}

interface Pending {
  readonly answer: (result: BurstResult | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

export function createProber(log: Log, metrics: Metrics): Prober {
  const pending = new Map<number, Pending>();
  let child: ChildProcess | undefined;
  let ready = false;
  let available = true;
  let stopping = false;
  let pauseMs = FIRST_PAUSE_MS;
  let startedAtMs = 0;
  let restart: NodeJS.Timeout | undefined;
  let counter = 0;

  const settle = (burst: number, result: BurstResult | undefined): void => {
    const entry = pending.get(burst);
    if (entry === undefined) return;
    pending.delete(burst);
    clearTimeout(entry.timer);
    entry.answer(result);
  };

  const onMessage = (message: ProberMessage): void => {
    if (message.type === 'ready') ready = true;
    else if (message.type === 'burst') {
      const rtts = message.rtts.map((rtt) => rtt ?? Number.NaN);
      settle(message.burst, { rtts, unreachable: message.unreachable });
    } else {
      available = false;
      metrics.set('icmpUnavailable', 1);
      log.error(
        { reason: message.reason, remedy: `setcap cap_net_raw+ep ${process.execPath}, or run the agent as root` },
        'no right to send ICMP: everything else is measured, ICMP stays unobserved',
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
    child = fork(fileURLToPath(new URL('prober-main.mjs', import.meta.url)), [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [...SMALL],
    });
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.on('error', (error) => log.error({ err: error }, 'the ICMP prober cannot be started'));
  };

  return {
    name: 'ICMP prober',
    get available() {
      return available;
    },
    start: () => {
      metrics.set('icmpUnavailable', 0);
      launch();
      return Promise.resolve();
    },
    burst: (request) =>
      new Promise((answer) => {
        if (!ready || child === undefined) {
          answer(undefined);
          return;
        }
        counter += 1;
        const burst = counter;
        const lastMs = (request.packets - 1) * request.spacingMs + request.timeoutMs + GRACE_MS;
        pending.set(burst, { answer, timer: setTimeout(() => settle(burst, undefined), lastMs) });
        child.send({ burst, ...request } satisfies BurstRequest, (error) => {
          if (error !== null) settle(burst, undefined);
        });
      }),
    stop: async () => {
      stopping = true;
      clearTimeout(restart);
      for (const burst of pending.keys()) settle(burst, undefined);
      const ending = child;
      if (ending === undefined) return;
      await new Promise<void>((done) => {
        const kill = setTimeout(() => ending.kill('SIGKILL'), GRACE_MS);
        ending.once('exit', () => {
          clearTimeout(kill);
          done();
        });
        if (ending.connected) ending.disconnect();
      });
    },
  };
}
