/**
 * The tokens that were given out: `<keys>/tokens/<id>.json`, one each, without their secrets. Written by `kaiku enrol
 * token` and by the enrolment service, read for the broker's users: a token is a user until it is closed.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { writeSecret } from '../keys/key-folder.ts';

const useSchema = z.object({ atMs: z.number(), brokerKey: z.string(), sealingKey: z.string() });
const tokenRecordSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  agent: nameSchema,
  /** nkey, `U…`. */
  publicKey: z.string(),
  /** It may take the place of an appliance of that name. */
  replaces: z.boolean(),
  createdMs: z.number(),
  expiresMs: z.number(),
  used: useSchema.optional(),
  /** Its user is gone from the broker, and why. */
  closed: z.enum(['used', 'expired', 'revoked']).optional(),
});
export type TokenRecord = z.output<typeof tokenRecordSchema>;

/** After its use a token's user stays for this long, so that an answer that got lost can be asked for again. */
export const GRACE_MS = 60_000;
/** Closed tokens are kept for `kaiku enrol list`. */
const KEPT_MS = 30 * 86_400_000;
const FILE = /^([a-z2-7]{16})\.json$/;

export class TokenFolder {
  readonly #dir: string;

  constructor(keysDir: string) {
    this.#dir = join(keysDir, 'tokens');
  }

  /** By age, the newest last. A file that is none is no token. */
  list(): readonly TokenRecord[] {
    if (!existsSync(this.#dir)) return [];
    return readdirSync(this.#dir)
      .flatMap((file) => this.get(FILE.exec(file)?.[1] ?? '') ?? [])
      .toSorted((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1));
  }

  get(id: string): TokenRecord | undefined {
    if (!FILE.test(`${id}.json`)) return undefined;
    try {
      return tokenRecordSchema.parse(JSON.parse(readFileSync(this.#file(id), 'utf8')));
    } catch {
      return undefined;
    }
  }

  put(token: TokenRecord): void {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    writeSecret(this.#file(token.id), `${JSON.stringify(token)}\n`);
  }

  /** Closes what is past its time. True when the broker's users change. */
  sweep(nowMs: number): boolean {
    let changed = false;
    for (const token of this.list()) {
      const closed = closing(token, nowMs);
      if (closed !== undefined) {
        this.put({ ...token, closed });
        changed = true;
      } else if (token.closed !== undefined && nowMs - (token.used?.atMs ?? token.expiresMs) > KEPT_MS) {
        rmSync(this.#file(token.id), { force: true });
      }
    }
    return changed;
  }

  /** Whoever came in as this agent, or could still: no token lets it in any more. */
  close(agent: string): void {
    for (const token of this.list()) {
      if (token.agent === agent && token.closed === undefined) this.put({ ...token, closed: 'revoked' });
    }
  }

  /** Those the broker lets in. */
  guests(): readonly { readonly id: string; readonly publicKey: string }[] {
    return this.list().filter(({ closed }) => closed === undefined);
  }

  #file(id: string): string {
    return join(this.#dir, `${id}.json`);
  }
}

function closing({ used, closed, expiresMs }: TokenRecord, nowMs: number): TokenRecord['closed'] {
  if (closed !== undefined) return undefined;
  if (used !== undefined) return nowMs - used.atMs > GRACE_MS ? 'used' : undefined;
  return nowMs > expiresMs ? 'expired' : undefined;
}

/** A subject token: 80 bits, readable. */
export function newTokenId(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return Array.from(randomBytes(16), (byte) => alphabet.charAt(byte % alphabet.length)).join('');
}
