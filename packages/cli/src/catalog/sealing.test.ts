/** What `kaiku apply` seals with: made once, and refused when it is not whole. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownSecret } from './sealing.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kaiku-sealing-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test('this machine’s key is made once, for its owner only, and told apart from half of one', () => {
  const secret = ownSecret({ dataDir });
  expect(secret).toHaveLength(32);
  expect(ownSecret({ dataDir })).toEqual(secret);
  const folder = join(dataDir, 'catalog');
  expect(readdirSync(folder)).toEqual(['sealing.key']);
  const file = join(folder, 'sealing.key');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(file, secret.subarray(0, 7));
  expect(() => ownSecret({ dataDir })).toThrow(/sealing\.key is damaged/);
});
