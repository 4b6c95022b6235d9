/**
 * The engine handles the signals of its own death (abort, bad memory access) by writing to a pipe that its
 * server program would read. Embedded nobody reads there, and the thread that was hit sleeps for ever: the process
 * neither ends nor answers. Giving these signals back to the kernel makes it end at once.
 */
const FATAL: readonly NodeJS.Signals[] = ['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGTRAP'];

/** After the engine was opened. Node takes a handler away by restoring the kernel's default, whoever set one before. */
export function endOnFatalSignals(): void {
  const nothing = (): void => undefined;
  for (const signal of FATAL) process.on(signal, nothing).off(signal, nothing);
}
