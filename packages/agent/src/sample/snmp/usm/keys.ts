/**
 * Keys of the user-based security model: from password to key (RFC 3414 A.2), localised to an engine, extended where a
 * cipher needs more than a digest gives. The megabyte that is hashed for each password costs about a millisecond or
 * two, so what was derived is kept: by password for all devices, by engine in the session.
 */
import { createHash } from 'node:crypto';
import type { SnmpAccess } from '@kaiku/catalog';

export type AuthProtocol = NonNullable<SnmpAccess['auth']>['protocol'];
export type PrivacyProtocol = NonNullable<SnmpAccess['privacy']>['protocol'];

/** Node's name of the hash, and how much of the HMAC travels (RFC 3414, RFC 7860). */
export const AUTH: Readonly<Record<AuthProtocol, { readonly hash: string; readonly digestBytes: number }>> = {
  md5: { hash: 'md5', digestBytes: 12 },
  sha1: { hash: 'sha1', digestBytes: 12 },
  sha224: { hash: 'sha224', digestBytes: 16 },
  sha256: { hash: 'sha256', digestBytes: 24 },
  sha384: { hash: 'sha384', digestBytes: 32 },
  sha512: { hash: 'sha512', digestBytes: 48 },
};

const PRIVACY_KEY_BYTES: Readonly<Record<PrivacyProtocol, number>> = {
  des: 16,
  aes128: 16,
  aes192: 24,
  aes256: 32,
  'aes192-cisco': 24,
  'aes256-cisco': 32,
};

const EXPANDED_BYTES = 1024 * 1024;
/** Passwords are few; what comes from many is an error or an attack on memory. */
const MOST_KEPT = 1000;

export interface UsmKeys {
  readonly auth: Buffer;
  readonly privacy: Buffer;
}

export class KeyRing {
  readonly #byPassword = new Map<string, Buffer>();

  /** Keys of a user on an engine. */
  localised(access: Pick<SnmpAccess, 'auth' | 'privacy'>, engineId: Uint8Array): UsmKeys {
    const { auth, privacy } = access;
    if (auth === undefined) return { auth: Buffer.alloc(0), privacy: Buffer.alloc(0) };
    const { hash } = AUTH[auth.protocol];
    const authKey = localise(hash, this.#fromPassword(hash, auth.password), engineId);
    if (privacy === undefined) return { auth: authKey, privacy: Buffer.alloc(0) };
    const base = localise(hash, this.#fromPassword(hash, privacy.password), engineId);
    return { auth: authKey, privacy: extend(privacy.protocol, hash, base, engineId) };
  }

  #fromPassword(hash: string, password: string): Buffer {
    const id = `${hash}\u0000${password}`;
    let key = this.#byPassword.get(id);
    if (key === undefined) {
      if (this.#byPassword.size >= MOST_KEPT) this.#byPassword.clear();
      key = passwordKey(hash, Buffer.from(password, 'utf8'));
      this.#byPassword.set(id, key);
    }
    return key;
  }
}

function passwordKey(hash: string, password: Buffer): Buffer {
  return createHash(hash).update(Buffer.alloc(EXPANDED_BYTES, password)).digest();
}

function localise(hash: string, key: Buffer, engineId: Uint8Array): Buffer {
  return createHash(hash).update(key).update(engineId).update(key).digest();
}

/**
 * Makes a key long enough. Blumenthal (draft-blumenthal-aes-usm): digests of all there is so far are appended. Reeder
 * (draft-reeder-snmpv3-usm-3desede, as Cisco has it for AES): the key so far is taken for a password.
 */
function extend(protocol: PrivacyProtocol, hash: string, base: Buffer, engineId: Uint8Array): Buffer {
  const wanted = PRIVACY_KEY_BYTES[protocol];
  const reeder = protocol === 'aes192-cisco' || protocol === 'aes256-cisco';
  let key = base;
  let part = base;
  while (key.length < wanted) {
    part = reeder ? localise(hash, passwordKey(hash, part), engineId) : createHash(hash).update(key).digest();
    key = Buffer.concat([key, part]);
  }
  return key.subarray(0, wanted);
}
