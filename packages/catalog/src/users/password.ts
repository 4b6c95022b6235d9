/**
 * Passwords as Argon2id hashes in PHC form. Parameters are OWASP's recommendation (19 MiB, 2 passes);
 * a check takes about 20 ms. The native library is loaded at first use: agents never need it.
 */
import type { Catalog, User } from '../model/catalog.ts';

const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hash for `passwordHash` in the catalog. */
export async function hashPassword(password: string): Promise<string> {
  const { hash } = await import('@node-rs/argon2');
  return hash(password, PARAMETERS);
}

/** False for a wrong password and for a damaged hash alike. */
export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  const { verify } = await import('@node-rs/argon2');
  try {
    return await verify(passwordHash, password);
  } catch {
    return false;
  }
}

/** Verified where there is no such user, so that the answer takes as long as for one. */
const NOBODY = '$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$0000000000000000000000000000000000000000000';

/** The user whose name and password these are; undefined otherwise. */
export async function authenticate(catalog: Catalog, name: string, password: string): Promise<User | undefined> {
  const user = catalog.users.find((each) => each.name === name);
  const right = await verifyPassword(user?.passwordHash ?? NOBODY, password);
  return right ? user : undefined;
}
