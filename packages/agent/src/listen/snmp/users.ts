/**
 * The users whose traps and informs are believed, with their keys. One name may belong to several users with different
 * passwords, one a device: then the digest tells which it was. Localised keys are kept for engines that have proved to know
 * a password, in a table of fixed size.
 */
import {
  AUTH,
  localizedKey,
  passwordKey,
  PRIVACY,
  privacyKey,
  type AuthAlgorithm,
  type PrivacyAlgorithm,
} from './keys.ts';

/** As configured, or as in a target's access. */
export interface UsmAccess {
  readonly user: string;
  readonly auth?: { readonly protocol: string; readonly password: string } | undefined;
  readonly privacy?: { readonly protocol: string; readonly password: string } | undefined;
}

export interface UserKeys {
  readonly auth: Buffer | undefined;
  readonly privacy: Buffer | undefined;
}

const MOST_ENGINES = 2048;

export class UsmUser {
  readonly name: string;
  readonly auth: AuthAlgorithm | undefined;
  readonly privacy: PrivacyAlgorithm | undefined;
  readonly #authKey: Buffer | undefined;
  readonly #privacyKey: Buffer | undefined;
  readonly #kept = new Map<string, UserKeys>();

  constructor({ user, auth, privacy }: UsmAccess) {
    this.name = user;
    this.auth = auth === undefined ? undefined : AUTH[auth.protocol];
    if (this.auth === undefined || auth === undefined) return;
    this.#authKey = passwordKey(this.auth.hash, auth.password);
    this.privacy = privacy === undefined ? undefined : PRIVACY[privacy.protocol];
    if (privacy !== undefined) this.#privacyKey = passwordKey(this.auth.hash, privacy.password);
  }

  /** The key its digests are made with by one engine. A few microseconds. */
  authKey(engineId: Buffer): Buffer | undefined {
    const kept = this.#kept.get(engineId.toString('hex'));
    if (kept !== undefined) return kept.auth;
    if (this.auth === undefined || this.#authKey === undefined) return undefined;
    return localizedKey(this.auth.hash, this.#authKey, engineId);
  }

  /** All keys for an engine that has proved to be one of ours, and from now on kept. */
  provenKeys(engineId: Buffer): UserKeys {
    const id = engineId.toString('hex');
    const kept = this.#kept.get(id);
    if (kept !== undefined) return kept;
    const auth = this.authKey(engineId);
    const privacy =
      this.auth === undefined || this.privacy === undefined || this.#privacyKey === undefined
        ? undefined
        : privacyKey(this.auth.hash, this.#privacyKey, engineId, this.privacy);
    const keys = { auth, privacy };
    this.#kept.set(id, keys);
    if (this.#kept.size > MOST_ENGINES) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    return keys;
  }
}

/** Users by name. Those that are the same stay as they are, with the keys they have worked out. */
export class UsmUsers {
  #users = new Map<string, UsmUser>();
  #byName = new Map<string, UsmUser[]>();

  set(accesses: readonly UsmAccess[]): void {
    const before = this.#users;
    this.#users = new Map();
    this.#byName = new Map();
    for (const { user, auth, privacy } of accesses) {
      const id = JSON.stringify([user, auth?.protocol, auth?.password, privacy?.protocol, privacy?.password]);
      if (this.#users.has(id)) continue;
      const entry = before.get(id) ?? new UsmUser({ user, auth, privacy });
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
