import { describe, expect, it } from 'vitest';
import { catalogSchema } from '../model/catalog.ts';
import { authenticate, hashPassword, verifyPassword } from './password.ts';

describe('passwords', () => {
  it('are kept as Argon2id and verified', async () => {
    const hash = await hashPassword('oikea hevonen');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await verifyPassword(hash, 'oikea hevonen')).toBe(true);
    expect(await verifyPassword(hash, 'väärä')).toBe(false);
    expect(await verifyPassword('$argon2id$damaged', 'oikea hevonen')).toBe(false);
  });

  it('authenticate by name, and answer nobody for everything else', async () => {
    const catalog = catalogSchema.parse({
      version: 1,
      agencies: [{ id: 'a', name: 'A' }],
      sites: [{ id: 's', name: 'S', country: 'FI', locality: 'Oulu' }],
      users: [{ name: 'noc', fullName: 'NOC', role: 'admin', passwordHash: await hashPassword('sana') }],
    });
    expect((await authenticate(catalog, 'noc', 'sana'))?.role).toBe('admin');
    expect(await authenticate(catalog, 'noc', 'muu')).toBeUndefined();
    expect(await authenticate(catalog, 'toinen', 'sana')).toBeUndefined();
  });

  it('take as long for a name that does not exist', async () => {
    const { verify } = await import('@node-rs/argon2');
    const catalog = catalogSchema.parse({
      version: 1,
      agencies: [{ id: 'a', name: 'A' }],
      sites: [{ id: 's', name: 'S', country: 'FI', locality: 'Oulu' }],
    });
    const cost = async (run: () => Promise<unknown>): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        const from = performance.now();
        await run();
        times.push(performance.now() - from);
      }
      return Math.min(...times);
    };
    const hash = await hashPassword('sana');
    const real = await cost(() => verify(hash, 'muu'));
    expect(await cost(() => authenticate(catalog, 'nobody', 'muu'))).toBeGreaterThan(real / 3);
  });
});
