/** Good files load, bad ones are refused with file, line and the message their first line promises. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@kaiku/core';
import { describe, expect, it } from 'vitest';
import { catalogSchema } from '../model/catalog.ts';
import { loadCatalog, parseCatalog } from './load-catalog.ts';

const FOLDER = join(import.meta.dirname, '../fixtures');
const files = readdirSync(FOLDER);

function refusal(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('loadCatalog', () => {
  it.each(files.filter((file) => file.endsWith('.good.yaml')))('accepts %s', (file) => {
    const catalog = loadCatalog(join(FOLDER, file));
    expect(catalog.version).toBe(1);
    expect(Object.isFrozen(catalog.agencies)).toBe(true);
  });

  it.each(files.filter((file) => file.endsWith('.bad.yaml')))('refuses %s', (file) => {
    const path = join(FOLDER, file);
    const expected = /^# expect: line (\d+): (.*)/.exec(readFileSync(path, 'utf8'));
    const error = refusal(() => loadCatalog(path));
    expect({ line: error.line, message: error.message, file: error.file }).toEqual({
      line: Number(expected?.[1]),
      message: expect.stringContaining(expected?.[2] ?? '?') as string,
      file: path,
    });
    expect(error.hint).toMatch(/\S/);
  });

  it('refuses a file that is not there', () => {
    expect(refusal(() => loadCatalog(join(FOLDER, 'nowhere.yaml'))).message).toBe('there is no such file');
  });

  it('refuses a spreadsheet, and says how to make a catalog file of it', () => {
    expect(refusal(() => loadCatalog('devices.CSV')).hint).toBe(
      'kaiku import devices.CSV --out devices.yaml makes one of it',
    );
  });

  it('refuses what is not YAML', () => {
    const error = refusal(() => parseCatalog('version: 1\nagencies: [\n', 'catalog.yaml'));
    expect(error.line).toBe(3);
    expect(error.hint).toContain('YAML');
  });

  it('takes an SNMP version as YAML reads it: a number', () => {
    const text = readFileSync(join(FOLDER, 'smallest.good.yaml'), 'utf8');
    const of = (version: string): string => {
      const snmp = `snmp: { version: ${version}, user: u, community: c }`;
      return `${text}\ndevices: [{ id: d, nick: N, address: 10.0.0.1, template: ping-only, site: s, agency: a, agents: [x], ${snmp} }]\n`;
    };
    const versions = ['3', '1', '2c', '"3"'].map((each) => parseCatalog(of(each), 'f').devices[0]?.snmp?.version);
    expect(versions).toEqual(['3', '1', '2c', '3']);
    expect(refusal(() => parseCatalog(of('4'), 'f')).message).toMatch(/snmp.version: Invalid option/);
  });

  it('reads its own output again unchanged, as the bucket needs it', () => {
    const catalog = loadCatalog(join(FOLDER, 'office.good.yaml'));
    const again = catalogSchema.parse(JSON.parse(JSON.stringify(catalog)));
    expect(again).toEqual(catalog);
    expect(parseCatalog(JSON.stringify(catalog), 'catalog.json')).toEqual(catalog);
  });
});
