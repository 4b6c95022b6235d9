/** Reads the packages' sources for the dependency rules. Also runs by itself, as `kaiku check` runs it. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { violationsOf, type Violation } from './dependency-rules.ts';

export function scan(root: string): readonly Violation[] {
  return globSync('packages/*/src/**/*.ts', { cwd: root })
    .toSorted()
    .flatMap((file) => violationsOf(file, readFileSync(join(root, file), 'utf8')));
}
