/** Where compiled MIBs go and are looked for, so that the portal and every command mean the same file. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Args } from '../args.ts';
import { UsageError } from '../errors.ts';
import { mibCommand } from './mib.ts';

const MIB = join(import.meta.dirname, '../../../catalog/src/mib/fixtures/POOL-MIB.txt');

let folder: string;
let config: string;
let said: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaiku-mib-'));
  config = join(folder, 'kaiku.yaml');
  await writeFile(config, 'version: 1\ninstallation: Test\ndataDir: data\nbroker: { url: nats://127.0.0.1:9 }\n');
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const run = (...words: string[]): Promise<number> => mibCommand.run(new Args({ config }, words));

it('compiles into the data folder of the installation, and looks there', async () => {
  await copyFile(MIB, join(folder, 'POOL-MIB.txt'));
  expect(await run('compile', folder)).toBe(0);
  expect(said).toContain(join(folder, 'data', 'mibs.json'));
  expect(await run('show', 'pumpStopped')).toBe(0);
  expect(said).toContain('1.3.6.1.4.1.99999.0.1');
});

it('leaves what is there when what was named holds no MIB', async () => {
  await run('compile', MIB);
  const file = join(folder, 'data', 'mibs.json');
  const before = await readFile(file, 'utf8');
  await expect(run('compile', config)).rejects.toThrow('nothing is written');
  expect(await readFile(file, 'utf8')).toBe(before);
});

it('knows what it can do, and no more', async () => {
  for (const what of ['constructor', 'toString', 'nothing']) await expect(run(what, 'x')).rejects.toThrow(UsageError);
});
