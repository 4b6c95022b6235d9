/** Every mistake in a file is answered with file, line, what and how to mend it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, describeError } from '../errors.ts';
import { addressSchema, loadInstallation, nameSchema, readEntry, readSection, splitAddress } from './installation.ts';
import { readYaml } from './yaml-source.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kaiku-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const entrySchema = z.strictObject({ name: nameSchema, listen: addressSchema.optional() });

function write(text: string): string {
  const file = join(folder, 'kaiku.yaml');
  writeFileSync(file, text);
  return file;
}

function failure(text: string): string {
  const file = write(text);
  try {
    const installation = loadInstallation(file);
    readSection(installation, 'webs', entrySchema);
    readEntry(installation, 'webs', entrySchema, 'web-1');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return describeError(error).replace(`${folder}/`, '');
  }
  throw new Error('accepted');
}

const HEAD = 'version: 1\ninstallation: Test\nbroker: { url: nats://127.0.0.1:4222 }\n';

describe('a good file', () => {
  test('is read, frozen, with paths made absolute', () => {
    const file = write(
      `${HEAD}dataDir: data\ncatalog: /etc/catalog.yaml\nwebs:\n  - { name: web-1, listen: "[::1]:8080" }\n`,
    );
    const installation = loadInstallation(file);
    expect(installation.dataDir).toBe(join(folder, 'data'));
    expect(installation.catalog).toBe('/etc/catalog.yaml');
    expect(installation.logLevel).toBe('info');
    const entry = readEntry(installation, 'webs', entrySchema, 'web-1');
    expect(entry).toEqual({ name: 'web-1', listen: '[::1]:8080' });
    expect(Object.isFrozen(entry)).toBe(true);
    expect(splitAddress('[::1]:8080')).toEqual({ host: '::1', port: 8080 });
  });
});

describe('a mistake names its line and a remedy', () => {
  test.each([
    [
      'unknown key',
      `${HEAD}colour: blue\n`,
      'kaiku.yaml:4: colour: unknown key "colour"\n  hint: remove it or correct its spelling',
    ],
    [
      'unknown key inside',
      `version: 1\ninstallation: Test\nbroker:\n  url: nats://x:1\n  port: 3\n`,
      'kaiku.yaml:5: broker.port: unknown key "port"',
    ],
    [
      'unknown key of an entry',
      `${HEAD}webs:\n  - name: web-1\n  - name: web-2\n    lissen: 127.0.0.1:80\n`,
      'kaiku.yaml:7: webs.1.lissen: unknown key "lissen"',
    ],
    ['missing key', `version: 1\ninstallation: Test\n`, 'kaiku.yaml:1: broker: '],
    [
      'duplicate name',
      `${HEAD}webs:\n  - name: web-1\n  - name: web-2\n  - name: web-1\n`,
      'kaiku.yaml:7: webs.2.name: "web-1" is already used on line 5',
    ],
    [
      'bad address',
      `${HEAD}webs:\n  - name: web-1\n    listen: localhost\n`,
      'kaiku.yaml:6: webs.0.listen: must be host:port',
    ],
    [
      'bad port',
      `${HEAD}webs:\n  - { name: web-1, listen: 127.0.0.1:70000 }\n`,
      'kaiku.yaml:5: webs.0.listen: port must be at most 65535',
    ],
    [
      'bad broker',
      `version: 1\ninstallation: Test\nbroker:\n  url: http://x\n`,
      'kaiku.yaml:4: broker.url: must be nats://',
    ],
    ['bad name', `${HEAD}webs:\n  - name: Web 1\n`, 'kaiku.yaml:5: webs.0.name: must be 1-64 of a-z'],
    ['wrong version', `version: 2\ninstallation: Test\nbroker: { url: nats://x:1 }\n`, 'kaiku.yaml:1: version: '],
    [
      'nobody of that name',
      `${HEAD}webs:\n  - name: web-9\n`,
      'kaiku.yaml:4: webs: there is no "web-1"\n  hint: known: web-9',
    ],
    ['not YAML', `${HEAD}webs: [\n`, 'hint: YAML: check indentation'],
    ['a key twice', `${HEAD}version: 1\n`, 'kaiku.yaml:4: '],
    ['empty', '', 'kaiku.yaml:1: the file: '],
  ])('%s', (_, text, expected) => {
    expect(failure(text)).toContain(expected);
  });

  test('no such file', () => {
    expect(() => readYaml(join(folder, 'none.yaml'))).toThrow(/there is no such file/);
  });

  test('unreadable file', () => {
    const file = write(HEAD);
    chmodSync(file, 0);
    try {
      // Root reads everything; a folder in its place is unreadable to all.
      const target = process.getuid?.() === 0 ? folder : file;
      expect(() => readYaml(target)).toThrow(/cannot be read \(E(?:ACCES|ISDIR)\)/);
    } finally {
      chmodSync(file, 0o600);
    }
  });
});
