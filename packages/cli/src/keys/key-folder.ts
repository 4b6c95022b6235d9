/**
 * The folder with the parts' keys: `<role>-<name>.nk` is the seed (a secret, 0600), `<role>-<name>.pub`
 * the public half. The centre needs only the latter of an agent that runs elsewhere. Fed by `kaiku init`,
 * `kaiku keys` and the demo; the seeds are read by each part's own connection.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createUser, fromSeed } from '@nats-io/nkeys';
import { CommandError } from '../errors.ts';
import type { BrokerUser } from './broker-config.ts';
import { KEY_ROLES, type KeyHolder } from './permissions.ts';

export interface KeyEntry extends BrokerUser {
  /** The seed lies here: the part runs here, or it was not handed over yet. */
  readonly seedHere: boolean;
}

const FILE = new RegExp(`^(${KEY_ROLES.join('|')})-([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\\.(nk|pub)$`);
const PUBLIC = /^U[A-Z2-7]{55}$/;

export class KeyFolder {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  seedFile({ role, name }: KeyHolder): string {
    return join(this.dir, `${role}-${name}.nk`);
  }

  #publicFile({ role, name }: KeyHolder): string {
    return join(this.dir, `${role}-${name}.pub`);
  }

  /** All keys, by role and name. @throws CommandError for a file that holds none */
  list(): readonly KeyEntry[] {
    if (!existsSync(this.dir)) return [];
    const holders = new Map<string, KeyHolder>();
    for (const file of readdirSync(this.dir)) {
      const match = FILE.exec(file);
      const role = KEY_ROLES.find((each) => each === match?.[1]);
      if (role === undefined) continue;
      const name = match?.[2] ?? '';
      holders.set(`${role}-${name}`, { role, name });
    }
    return [...holders.values()]
      .toSorted((a, b) => KEY_ROLES.indexOf(a.role) - KEY_ROLES.indexOf(b.role) || a.name.localeCompare(b.name))
      .map(({ role, name }) => ({
        role,
        name,
        publicKey: this.#publicKey({ role, name }),
        seedHere: existsSync(this.seedFile({ role, name })),
      }));
  }

  has(holder: KeyHolder): boolean {
    return existsSync(this.seedFile(holder)) || existsSync(this.#publicFile(holder));
  }

  /** A new pair in place of any old one; the seed is kept here only when wanted. */
  create(
    holder: KeyHolder,
    { keepSeed }: { readonly keepSeed: boolean },
  ): { readonly seed: string; readonly publicKey: string } {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    const pair = createUser();
    const seed = new TextDecoder().decode(pair.getSeed());
    const publicKey = pair.getPublicKey();
    if (keepSeed) writeSecret(this.seedFile(holder), `${seed}\n`);
    else rmSync(this.seedFile(holder), { force: true });
    writeFileSync(this.#publicFile(holder), `${publicKey}\n`);
    return { seed, publicKey };
  }

  /** The public half of a part elsewhere, in place of any it had: who held the name before has lost it. */
  accept(holder: KeyHolder, publicKey: string): void {
    rmSync(this.seedFile(holder), { force: true });
    writeFileSync(this.#publicFile(holder), `${publicKey}\n`);
  }

  remove(holder: KeyHolder): void {
    rmSync(this.seedFile(holder), { force: true });
    rmSync(this.#publicFile(holder), { force: true });
  }

  /** What is wrong with a seed's file, in words. */
  seedProblem(holder: KeyHolder): string | undefined {
    const file = this.seedFile(holder);
    if (!existsSync(file)) return 'is missing';
    const mode = statSync(file).mode & 0o777;
    if ((mode & 0o077) !== 0) return `may be read by others (mode ${mode.toString(8)})`;
    try {
      const own = publicOf(readFileSync(file, 'utf8'));
      return own === this.#publicKey(holder) ? undefined : 'does not belong to the public key beside it';
    } catch {
      return 'holds no key';
    }
  }

  #publicKey(holder: KeyHolder): string {
    const file = this.#publicFile(holder);
    const text = existsSync(file)
      ? readFileSync(file, 'utf8').trim()
      : publicOf(readFileSync(this.seedFile(holder), 'utf8'));
    if (PUBLIC.test(text)) return text;
    throw new CommandError(`${file} holds no public key`, {
      hint: `make another: kaiku keys rotate ${holder.role} ${holder.name}`,
    });
  }
}

function publicOf(seed: string): string {
  return fromSeed(new TextEncoder().encode(seed.trim())).getPublicKey();
}

/** Never readable by others, not even for a moment. */
export function writeSecret(file: string, text: string): void {
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
}
