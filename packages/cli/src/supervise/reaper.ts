/**
 * The last hand: a shell that knows which children live and kills those that are still there 11 s after
 * the supervisor has gone without a word. Children end by themselves (`guard.ts`); this is for one whose
 * main thread hangs. It is told of starts and ends on its stdin, whose end means that the supervisor is gone.
 */
import { spawn, type ChildProcess } from 'node:child_process';

/** More than what a child's clean stop may take. */
const GRACE_S = 11;

/** A process id is killed only while it is still a process that a supervisor started. */
const SCRIPT = `live=''
while read -r sign pid; do
  rest=''
  for one in $live; do [ "$one" = "$pid" ] || rest="$rest $one"; done
  live=$rest
  if [ "$sign" = + ]; then live="$live $pid"; fi
done
[ -n "$live" ] || exit 0
sleep "$1"
for one in $live; do
  if tr '\\0' '\\n' <"/proc/$one/environ" 2>/dev/null | grep -q '^KAIKU_SUPERVISED=1$'; then kill -9 "-$one"; fi
done`;

export class Reaper {
  readonly #shell: ChildProcess;

  constructor(graceS = GRACE_S) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'kaiku-reaper', String(graceS)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
  }

  started(pid: number): void {
    this.#shell.stdin?.write(`+ ${pid}\n`);
  }

  ended(pid: number): void {
    this.#shell.stdin?.write(`- ${pid}\n`);
  }

  /** Lets it go; it ends at once when nothing is alive. */
  close(): void {
    this.#shell.stdin?.end();
  }
}
