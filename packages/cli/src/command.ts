/**
 * What a command is: its options as data (from which parsing and `--help` follow) and a `run` that
 * answers the exit code. One file per command in `commands/`; `main.ts` finds and runs it.
 *
 * Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
 */
import type { Args } from './args.ts';

export interface OptionSpec {
  readonly type: 'boolean' | 'text' | 'number';
  readonly short?: string;
  /** What the value is, in help: `FILE`, `HOST:PORT`, `DURATION`. */
  readonly value?: string;
  readonly help: string;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** After the command's name, e.g. `[dir]`. */
  readonly positionals?: { readonly usage: string; readonly max: number };
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly description?: string;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** True for parts that go on after `run` has started them; every other command ends the process. */
  readonly stays?: boolean;
  run(args: Args): Promise<number>;
}

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
