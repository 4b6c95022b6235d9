/**
 * The child's half of "no orphan": a supervised process ends when the pipe on its stdin closes, which
 * the kernel does however the supervisor dies. Services stop cleanly by themselves then
 * (`runUntilSignal`); this ends the process where none is listening yet, or when stopping hangs.
 */
const LAST_RESORT_MS = 9500;

export function guardAgainstLostSupervisor(): void {
  if (process.env['KAIKU_SUPERVISED'] !== '1') return;
  // Watching alone keeps no process alive that has nothing else to do.
  process.stdin.unref();
  process.stdin.resume().on('end', () => {
    if (process.listenerCount('SIGTERM') === 0) process.exit(1);
    setTimeout(() => process.exit(1), LAST_RESORT_MS).unref();
  });
  // Lines that nobody reads any more must not end a service in the middle of its clean stop.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}
