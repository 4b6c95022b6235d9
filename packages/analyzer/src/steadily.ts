/** A task that is run again and again and may fail for a while: told once when it begins and once when it ends. */
import type { Log } from '@kaiku/core';

/** @param what names the task in the log: `alarms` */
export function steadily<A extends readonly unknown[]>(
  what: string,
  log: Log,
  run: (...args: A) => Promise<void>,
): (...args: A) => Promise<void> {
  let failing = false;
  return async (...args) => {
    try {
      await run(...args);
      if (failing) log.info({ task: what }, 'goes on');
      failing = false;
    } catch (error) {
      if (failing) log.debug({ task: what, err: error }, 'still cannot go on');
      else log.warn({ task: what, err: error }, 'cannot go on; trying again');
      failing = true;
    }
  };
}
