/** docs/configuration.md and the schemas know the same keys. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentEntrySchema } from '@kaiku/agent/config';
import { analyzerEntrySchema } from '@kaiku/analyzer/config';
import { catalogSchema } from '@kaiku/catalog';
import { headSchema } from '@kaiku/core';
import { loggerEntrySchema } from '@kaiku/logger/config';
import { storeEntrySchema } from '@kaiku/store/config';
import { webEntrySchema } from '@kaiku/web/config';
import { expect, test } from 'vitest';
import { z } from 'zod';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/configuration.md'), 'utf8');
/** What stands in backticks or in an example: words in sentences explain no key. */
const code = [...page.matchAll(/```[^`]*```|`[^`\n]+`/g)].map(([text]) => text).join('\n');

/** All keys of a schema, each with those it is under: `snmp.inFlight`. */
function keysOf(schema: z.ZodType): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (node: unknown, under: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'default' || key === 'enum') continue;
      if (key !== 'properties') visit(value, under);
      else {
        for (const [name, inner] of Object.entries(value as object)) {
          found.add(`${under}${name}`);
          visit(inner, `${under}${name}.`);
        }
      }
    }
  };
  visit(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
  return found;
}

const SCHEMAS: readonly (readonly [string, z.ZodType])[] = [
  ['Head', headSchema],
  ['`stores:`', storeEntrySchema],
  ['`loggers:`', loggerEntrySchema],
  ['`agents:`', agentEntrySchema],
  ['`analyzers:`', analyzerEntrySchema],
  ['`webs:`', webEntrySchema],
  ['The catalog', catalogSchema],
];

test.each(SCHEMAS)('every key of %s is documented', (_, schema) => {
  const missing = [...keysOf(schema)].filter((key) => !new RegExp(`\\b${key.split('.').at(-1)}\\b`).test(code));
  expect(missing).toEqual([]);
});

test.each(SCHEMAS)('every key that the tables of %s name exists', (title, schema) => {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${title}\n`)) ?? '';
  const known = new Set([...keysOf(schema)].flatMap((key) => key.split('.')));
  const cells = [...section.matchAll(/^\| (`[^|]*`) \|/gm)].map(([, cell = '']) => cell);
  const named = cells.flatMap((cell) => cell.split('`').filter((_, index) => index % 2 === 1));
  const unknown = named
    .flatMap((key) => key.split('.'))
    .filter((key) => key !== '' && !known.has(key) && !KINDS.has(key));
  expect(unknown).toEqual([]);
  expect(named.length).toBeGreaterThan(0);
});

/** The table of checks names their kinds, which are values. */
const KINDS: ReadonlySet<string> = new Set([
  'http',
  'transaction',
  'tcp',
  'dns',
  'tls',
  'smtp',
  'imap',
  'ldap',
  'ntp',
  'postgres',
  'mysql',
]);
