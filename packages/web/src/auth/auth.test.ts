import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { webEntrySchema } from '../config.ts';
import { fixtureCatalog } from '../dev/fixture-catalog.ts';
import { buildDirectory } from '../query/directory.ts';
import { failureLimit } from './rate-limit.ts';
import { readOrCreateSecret } from './secret.ts';
import { createSessions } from './sessions.ts';

describe('secret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kaiku-web-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is written once, for its owner only, and shared from then on', () => {
    const file = join(folder, 'a/b/secret');
    const key = readOrCreateSecret(file);
    expect(key).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readOrCreateSecret(file)).toEqual(key);
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it('refuses a damaged file rather than weakening itself', () => {
    const file = join(folder, 'short');
    writeFileSync(file, 'abcd\n');
    expect(() => readOrCreateSecret(file)).toThrow(expect.objectContaining({ code: 'WEB_SECRET' }));
  });
});

describe('sessions', () => {
  const directory = (hash: string) => buildDirectory(fixtureCatalog({ passwordHash: `$argon2id$${hash}` }), 1);
  const sessions = createSessions(new Uint8Array(32).fill(1));

  it('end with a new password, with the account, and under another key', async () => {
    const before = directory('old');
    const user = before.users.get('noc');
    if (user === undefined) throw new Error('the fixture has no noc');
    const cookie = await sessions.seal(user);
    expect((await sessions.open(cookie, before))?.user.name).toBe('noc');
    expect(await sessions.open(cookie, directory('new'))).toBeUndefined();
    expect(await sessions.open(cookie, { ...before, users: new Map() })).toBeUndefined();
    expect(await createSessions(new Uint8Array(32).fill(2)).open(cookie, before)).toBeUndefined();
    expect(cookie).not.toContain('noc');
  });

  it('have form tokens of their own', () => {
    expect(sessions.checkFormToken('a', sessions.formToken('a'))).toBe(true);
    expect(sessions.checkFormToken('a', sessions.formToken('b'))).toBe(false);
    expect(sessions.checkFormToken('a', undefined)).toBe(false);
  });
});

describe('failure limit', () => {
  it('lets through again as failures age, and forgets after a success', () => {
    const limit = failureLimit(2, 10_000);
    limit.fail('a', 0);
    expect(limit.waitSeconds('a', 1)).toBe(0);
    limit.fail('a', 4000);
    expect(limit.waitSeconds('a', 5000)).toBe(5);
    expect(limit.waitSeconds('b', 5000)).toBe(0);
    expect(limit.waitSeconds('a', 10_001)).toBe(0);
    limit.fail('a', 10_001);
    limit.forget('a');
    expect(limit.waitSeconds('a', 10_002)).toBe(0);
  });
});

describe('configuration', () => {
  it('has defaults and refuses what it does not know', () => {
    const entry = webEntrySchema.parse({ name: 'web-1', listen: '127.0.0.1:8080' });
    expect(entry).toMatchObject({ timeZone: 'Europe/Helsinki', behindProxy: false });
    expect(webEntrySchema.safeParse({ ...entry, colour: 'red' }).success).toBe(false);
    expect(webEntrySchema.safeParse({ ...entry, timeZone: 'Moon/Base' }).success).toBe(false);
    expect(webEntrySchema.safeParse({ ...entry, listen: 'localhost' }).success).toBe(false);
  });
});
