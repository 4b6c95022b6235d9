/** Waiting for something to become true, with a deadline, instead of sleeping and hoping. */
import { WaitTimeoutError } from '../errors.ts';

const EVERY_MS = 20;

/**
 * Asks until the condition gives something other than undefined or false, and answers that. A condition that
 * throws is asked again. It rests as long as it was asked: a costly look (a `kaiku status`) does not take the
 * machine from what it waits for.
 * @throws WaitTimeoutError with `what` and the condition's last error
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  deadlineMs: number,
  what: string,
  everyMs = EVERY_MS,
): Promise<Exclude<T, undefined | false>> {
  const endMs = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    const askedMs = performance.now();
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    const nowMs = performance.now();
    if (nowMs >= endMs) throw new WaitTimeoutError(`${what}: not within ${deadlineMs} ms`, { cause });
    await new Promise((done) => {
      setTimeout(done, Math.max(everyMs, nowMs - askedMs));
    });
  }
}
