/** Waits for a condition with a deadline: what tests do instead of sleeping. */
import { setTimeout as sleep } from 'node:timers/promises';

/** @throws Error naming `what` when it has not come true within `withinMs` */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(10);
  }
}
