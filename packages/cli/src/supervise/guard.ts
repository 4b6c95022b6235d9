/**
 * The child's half of "no orphan": a supervised process ends when the pipe on its stdin closes, which
 * the kernel does however the supervisor dies. Services stop cleanly by themselves then
 * (`runUntilSignal`); this ends the process where none is listening yet, or when stopping takes too
 * long. What hangs even then, the supervisor's reaper ends (`reaper.ts`).
 */
import { closeSync, openSync } from 'node:fs';

const LAST_RESORT_MS = 9500;

/** Called before the service starts, so that it hears of the end first. */
export function guardAgainstLostSupervisor(): void {
  if (process.env['KAIKU_SUPERVISED'] !== '1') return;
  // Watching alone keeps no process alive that has nothing else to do.
  process.stdin.unref();
  process.stdin.resume().on('end', () => {
    sendToNowhere(1);
    sendToNowhere(2);
    if (process.listenerCount('SIGTERM') === 0) process.exit(1);
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_RESORT_MS).unref();
  });
}

/**
 * Nobody reads what is written any more. The log's last flush, at exit, would try a broken pipe again
 * and again for ever (sonic-boom's flushSync): the lowest free descriptor is the one just closed, so
 * this makes it /dev/null.
 */
function sendToNowhere(descriptor: 1 | 2): void {
  closeSync(descriptor);
  openSync('/dev/null', 'w');
}
