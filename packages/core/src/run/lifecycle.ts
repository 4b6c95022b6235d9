/**
 * Running parts and their order. A part has `start()` and `stop()`; stop is idempotent, safe before
 * start, and flushes. Parts are given upstream last: what is downstream starts first and stops last.
 */
import type { Log } from './log.ts';

export interface Part {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts in order; when one fails, those already started are stopped in reverse and the error goes on. */
export async function startAll(parts: readonly Part[]): Promise<void> {
  const started: Part[] = [];
  try {
    for (const part of parts) {
      await part.start();
      started.push(part);
    }
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

/** Stops in reverse order; a part that fails to stop does not keep the others running. */
export async function stopAll(parts: readonly Part[], log?: Log): Promise<void> {
  for (const part of parts.toReversed()) {
    try {
      await part.stop();
    } catch (error) {
      log?.error({ part: part.name, err: error }, 'part did not stop cleanly');
    }
  }
}

/** How long a process may take to stop before it ends itself: `kaiku up` promises 10 s for all. */
const STOP_DEADLINE_MS = 8000;

/**
 * Runs parts until SIGTERM or SIGINT (or, under a supervisor, until its pipe closes), then stops them
 * and exits. Only `main.ts` files call this.
 * @param source the parts, or what makes them: where that waits for somebody (the first connection to the
 *   broker), the process can be ended while it waits
 */
export async function runUntilSignal(
  source: readonly Part[] | (() => Promise<readonly Part[]>),
  log: Log,
): Promise<void> {
  let stopping = false;
  let parts: readonly Part[] = [];
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    const timer = setTimeout(() => {
      log.error({ afterMs: STOP_DEADLINE_MS }, 'did not stop in time');
      process.exit(1);
    }, STOP_DEADLINE_MS);
    void stopAll(parts, log).then(() => {
      clearTimeout(timer);
      log.info('stopped');
      process.exit(0);
    });
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // A supervisor keeps the child's stdin open; when it dies, however it dies, the pipe ends.
  if (process.env['KAIKU_SUPERVISED'] === '1') process.stdin.resume().on('end', () => stop('supervisor gone'));
  parts = typeof source === 'function' ? await source() : source;
  await startAll(parts);
  log.info({ parts: parts.map((part) => part.name) }, 'running');
}
