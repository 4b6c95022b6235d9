/**
 * Turns argv into values by a command's option table, on node:util's parseArgs. Wrong usage becomes a
 * UsageError with the nearest known option as hint. Pure.
 */
import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { UsageError } from './errors.ts';
import { nearest } from './nearest.ts';

export class Args {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];

  constructor(values: Readonly<Record<string, unknown>>, positionals: readonly string[]) {
    this.#values = values;
    this.positionals = positionals;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** @throws UsageError when given and not a number */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return value;
    throw new UsageError(`--${name}: "${text}" is not a number`);
  }
}

const HELP = { type: 'boolean', short: 'h' } as const;

/** @throws UsageError */
export function parse(command: Command, argv: readonly string[]): Args {
  const options: Record<string, { type: 'boolean' | 'string'; short?: string }> = { help: HELP };
  for (const [name, spec] of Object.entries(command.options)) {
    options[name] = {
      type: spec.type === 'boolean' ? 'boolean' : 'string',
      ...(spec.short === undefined ? {} : { short: spec.short }),
    };
  }
  const parsed = attempt(() =>
    parseArgs({ args: [...argv], options, allowPositionals: true, strict: false, tokens: true }),
  );
  for (const token of parsed.tokens ?? []) {
    if (token.kind !== 'option') continue;
    const known = options[token.name];
    if (known === undefined) {
      const close = nearest(token.name, Object.keys(options));
      throw new UsageError(`${command.name}: there is no option ${token.rawName}`, {
        hint: close === undefined ? `kaiku ${command.name} --help lists the options` : `did you mean --${close}?`,
      });
    }
    if (
      known.type === 'string' &&
      (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))
    ) {
      throw new UsageError(`${command.name}: ${token.rawName} needs a value`);
    }
    if (known.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`${command.name}: ${token.rawName} takes no value`);
    }
  }
  const extra = parsed.positionals[command.positionals?.max ?? 0];
  if (extra !== undefined) {
    throw new UsageError(`${command.name}: "${extra}" is one argument too many`, {
      hint: `usage: kaiku ${command.name}${command.positionals === undefined ? '' : ` ${command.positionals.usage}`}`,
    });
  }
  return new Args(parsed.values, parsed.positionals);
}

function attempt<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
