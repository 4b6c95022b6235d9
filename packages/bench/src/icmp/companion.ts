/** A process beside the bench, started through a namespace or not: it says a line when it is ready and ends with its input. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { BenchError } from '../errors.ts';

export class Companion {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #name: string;
  #said = '';

  private constructor(name: string, child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#name = name;
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
  }

  /** Resolves when it has said its first line. @throws BenchError when it ends before */
  static async start(name: string, [command = '', ...args]: readonly string[]): Promise<Companion> {
    const companion = new Companion(name, spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    const child = companion.#child;
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (child.exitCode !== null) throw new BenchError(`${name} ended at once`);
    return companion;
  }

  /** Ends it. @returns the last line it said */
  async finish(): Promise<string> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'close');
    const last = this.#said.trimEnd().split('\n').at(-1);
    if (this.#child.exitCode !== 0 || last === undefined) throw new BenchError(`${this.#name} failed`);
    return last;
  }
}
