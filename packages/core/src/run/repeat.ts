/** A task run again and again, never twice at once: the next delay begins when the last run has ended. */
import type { Log } from './log.ts';
import type { Part } from './lifecycle.ts';

export interface RepeatOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

export interface RepeatedPart extends Part {
  /** Run now rather than at the next turn; several calls while one runs make one more run. */
  wake(): void;
}

export function repeat({ name, everyMs, run, log }: RepeatOptions): RepeatedPart {
  const abort = new AbortController();
  let loop: Promise<void> | undefined;
  let wakeUp: (() => void) | undefined;
  let woken = false;

  const pause = async (): Promise<void> => {
    if (woken || abort.signal.aborted) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, everyMs);
      wakeUp = () => {
        clearTimeout(timer);
        done();
      };
    });
  };
  const turn = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      woken = false;
      try {
        await run(abort.signal);
      } catch (error) {
        if (!abort.signal.aborted) log.error({ task: name, err: error }, 'task failed; it is tried again');
      }
      await pause();
    }
  };
  const wake = (): void => {
    woken = true;
    wakeUp?.();
  };
  return {
    name,
    wake,
    start: () => {
      loop ??= turn();
      return Promise.resolve();
    },
    stop: async () => {
      abort.abort();
      wake();
      await loop;
    },
  };
}
