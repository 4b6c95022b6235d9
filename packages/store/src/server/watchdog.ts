/**
 * Ends the process when its main thread hangs (a deadlock inside the engine): a thread of its own looks for the main
 * thread's beats and kills the process when there are none. Whoever runs the store starts it again.
 *
 * Invariants: silence is counted in turns the watching thread itself was given, so a process that is stopped, or a
 * machine that sleeps or is starved, is not taken for one that hangs. Opening the engine, which blocks, has a longer
 * patience.
 */
import { Worker } from 'node:worker_threads';
import type { Part } from '@kaiku/core';

const BEAT_MS = 1000;
/** Turns without a beat, one a second. */
const PATIENCE = { opening: 900, open: 15 } as const;
const SLOTS = { beats: 0, patience: 1 } as const;

/** Plain JavaScript: a thread that loads no types stays small. Nothing waits for it, and it allocates nothing. */
const WATCH = `
const { workerData: shared } = require('node:worker_threads');
let seen = -1;
let silent = 0;
setInterval(() => {
  const beats = Atomics.load(shared, ${SLOTS.beats});
  silent = beats === seen ? silent + 1 : 0;
  seen = beats;
  if (silent < Atomics.load(shared, ${SLOTS.patience})) return;
  require('node:fs').writeSync(2, 'kaiku store: the main thread has hung for ' + silent + ' s; killing this process\\n');
  process.kill(process.pid, 'SIGKILL');
}, ${BEAT_MS});`;

export interface Watchdog extends Part {
  /** The engine is open: nothing blocks for long from now on. */
  opened(): void;
}

export function watchdog(openPatience: number = PATIENCE.open): Watchdog {
  const shared = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  Atomics.store(shared, SLOTS.patience, PATIENCE.opening);
  let worker: Worker | undefined;
  let beat: NodeJS.Timeout | undefined;
  return {
    name: 'watchdog',
    start: () => {
      worker = new Worker(WATCH, {
        eval: true,
        workerData: shared,
        execArgv: [],
        env: {},
        resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8 },
      });
      worker.unref();
      beat = setInterval(() => Atomics.add(shared, SLOTS.beats, 1), BEAT_MS).unref();
      return Promise.resolve();
    },
    opened: () => {
      Atomics.store(shared, SLOTS.patience, openPatience);
    },
    stop: async () => {
      clearInterval(beat);
      await worker?.terminate();
    },
  };
}
