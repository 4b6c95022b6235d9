/** Options that several commands share, and how they are read. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Args } from '../args.ts';
import type { OptionSpec } from '../command.ts';
import { UsageError } from '../errors.ts';

/** The checkout: packages/cli/src/commands → root. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

export const MAIN = join(ROOT, 'packages/cli/src/main.ts');

export const configOption: OptionSpec = {
  type: 'text',
  short: 'c',
  value: 'FILE',
  help: 'installation file (default: ./kaiku.yaml, else the demo that was run here)',
};

export const jsonOption: OptionSpec = { type: 'boolean', help: 'JSON on stdout, for programs' };

export const asOption: OptionSpec = {
  type: 'text',
  value: 'USER',
  help: 'act as this user of the portal; asks for the password (or reads it from stdin)',
};

export const DEMO_DIR = 'kaiku-data/demo';

/** The installation file meant. @throws UsageError when none is named and none is found */
export function configFile(args: Args): string {
  const named = args.text('config') ?? process.env['KAIKU_CONFIG'];
  if (named !== undefined) return named;
  const places = ['kaiku.yaml', join(DEMO_DIR, 'kaiku.yaml'), join(ROOT, DEMO_DIR, 'kaiku.yaml')];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new UsageError('there is no kaiku.yaml here', {
    hint: 'name one with -c FILE, write one with kaiku init, or run kaiku demo first',
  });
}
