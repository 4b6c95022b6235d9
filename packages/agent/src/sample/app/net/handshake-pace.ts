/**
 * Spaces TLS handshakes: each takes some two milliseconds of the thread that all checks share, so those that would
 * start at one moment start one after the other, or each would be measured with the others' work in it. 250 a second are
 * far more than the checks of a large site need; slots are spread already, this is for the moment when they are not. The
 * turn comes before the connection: what a server says or ends while nobody listens would be lost.
 */
import type { CheckContext } from '../check-context.ts';

const SPACE_MS = 4;
let freeAtMs = 0;

/** Waits for a turn. That counts in the check's deadline, in none of its times: it is ours, not the service's. */
export async function handshakeTurn(context: CheckContext): Promise<void> {
  const nowMs = performance.now();
  const turnMs = Math.max(nowMs, freeAtMs);
  freeAtMs = turnMs + SPACE_MS;
  if (turnMs === nowMs) return;
  await new Promise<void>((done) => {
    const timer = setTimeout(done, turnMs - nowMs);
    context.opened(() => clearTimeout(timer));
  });
  context.waitedMs += performance.now() - nowMs;
}
