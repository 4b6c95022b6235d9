/** Several files as one catalog: places of complaints, and what two files both say. */
import { describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError, parseYaml } from '@kaiku/core';
import { loadCatalog } from './load-catalog.ts';
import { mergeSources } from './merge.ts';

const HEAD = 'version: 1\nagencies: [{ id: a, name: A }]\nsites: [{ id: s, name: S, country: FI, locality: Oulu }]\n';
const device = (id: string, site = 's'): string =>
  `  - id: ${id}\n    nick: N\n    address: 10.0.0.1\n    template: ping-only\n    site: ${site}\n    agency: a\n    agents: [x]\n`;

function load(...texts: readonly string[]): string | number {
  const folder = mkdtempSync(join(tmpdir(), 'kaiku-merge-'));
  try {
    const files = texts.map((_, index) => join(folder, `${index}.yaml`));
    for (const [index, file] of files.entries()) writeFileSync(file, texts[index] ?? '');
    return loadCatalog(...files).devices.length;
  } catch (error) {
    return describeError(error).replaceAll(`${folder}/`, '').split('\n')[0] ?? '';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('several catalog files', () => {
  test.each([
    ['are one', [HEAD, `devices:\n${device('d')}`, `version: 1\ndevices:\n${device('e')}`], 2],
    ['one of them empty', [`${HEAD}devices:\n${device('d')}`, '# nothing yet\n'], 1],
    [
      'an id in two files, with both places',
      [`${HEAD}devices:\n${device('d')}`, `devices:\n${device('c')}${device('d')}`],
      '1.yaml:9: devices: "d" is already said in 0.yaml:5',
    ],
    [
      'an id twice in one file',
      [HEAD, `devices:\n${device('d')}${device('d')}`],
      '1.yaml:9: devices.1.id: "d" is already used on line 2',
    ],
    [
      'a reference that leads nowhere, from the second file',
      [HEAD, `devices:\n${device('d', 'nowhere')}`],
      '1.yaml:6: devices.0.site: there is no site "nowhere"',
    ],
    [
      'an unknown key in the second file',
      [`${HEAD}devices:\n${device('d')}`, `devices:\n${device('e')}    colour: blue\n`],
      '1.yaml:9: devices.1.colour: unknown key "colour"',
    ],
    [
      'two versions of one thing',
      [`${HEAD}costs: { currency: EUR, pointMonth: 1 }\n`, 'costs: { currency: EUR, pointMonth: 2 }\n'],
      '1.yaml:1: costs is already said in 0.yaml:4',
    ],
    ['no catalog', [HEAD, '- a\n- b\n'], '1.yaml:1: the file: must have parts such as devices:'],
  ])('%s', (_, texts, expected) => expect(load(...texts)).toBe(expected));

  test('one file is itself', () => {
    const source = parseYaml(HEAD, 'a.yaml');
    expect(mergeSources([source])).toBe(source);
  });
});

test('the Finnish calendar goes with any catalog', () => {
  const finland = join(import.meta.dirname, '../../../../docs/examples/calendar-finland.yaml');
  const { calendars } = loadCatalog(join(import.meta.dirname, '../fixtures/smallest.good.yaml'), finland);
  expect(calendars.map(({ id }) => id)).toEqual(['office-finland']);
});
