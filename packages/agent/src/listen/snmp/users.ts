/**
 * The users whose traps and informs are believed, with their keys. One name may belong to several users with different
 * passwords, one a device: then the digest tells which it was.
 *
 * An engine nobody has heard of costs microseconds: the costly half of a key depends on the password alone. What a cipher needs
 * may cost more, so it is worked out for engines that have proved to know a password, and kept in a table of fixed size.
 */
import type { SnmpAccess } from '@kaiku/catalog';
import { KeyRing, type UsmKeys } from '../../sample/snmp/usm/keys.ts';

/** As configured, or as in a target's access. */
export type UsmAccess = Pick<SnmpAccess, 'auth' | 'privacy'> & { readonly user: string };

const MOST_ENGINES = 2048;

export class UsmUser {
  readonly access: UsmAccess;
  readonly #ring: KeyRing;
  readonly #proven = new Map<string, UsmKeys>();

  constructor(access: UsmAccess, ring: KeyRing) {
    this.access = access;
    this.#ring = ring;
  }

  /** The key one engine signs with for this user. */
  authKey(engineId: Uint8Array): Buffer {
    const proven = this.#proven.get(idOf(engineId));
    return proven?.auth ?? this.#ring.localised({ auth: this.access.auth }, engineId).auth;
  }

  /** All keys for an engine that has proved to be one of ours, and from now on kept. */
  provenKeys(engineId: Uint8Array): UsmKeys {
    const id = idOf(engineId);
    const proven = this.#proven.get(id);
    if (proven !== undefined) return proven;
    const keys = this.#ring.localised(this.access, engineId);
    this.#proven.set(id, keys);
    if (this.#proven.size > MOST_ENGINES) {
      const [oldest] = this.#proven.keys();
      if (oldest !== undefined) this.#proven.delete(oldest);
    }
    return keys;
  }
}

function idOf(engineId: Uint8Array): string {
  return Buffer.from(engineId).toString('hex');
}

/** Users by name. Those that are the same stay as they are, with the keys they have worked out. */
export class UsmUsers {
  readonly #ring = new KeyRing();
  #users = new Map<string, UsmUser>();
  #byName = new Map<string, UsmUser[]>();

  set(accesses: readonly UsmAccess[]): void {
    const before = this.#users;
    this.#users = new Map();
    this.#byName = new Map();
    for (const { user, auth, privacy } of accesses) {
      const id = JSON.stringify([user, auth?.protocol, auth?.password, privacy?.protocol, privacy?.password]);
      if (this.#users.has(id)) continue;
      const entry = before.get(id) ?? new UsmUser({ user, auth, privacy }, this.#ring);
      this.#users.set(id, entry);
      const same = this.#byName.get(user);
      if (same === undefined) this.#byName.set(user, [entry]);
      else same.push(entry);
    }
  }

  named(name: string): readonly UsmUser[] {
    return this.#byName.get(name) ?? [];
  }
}
