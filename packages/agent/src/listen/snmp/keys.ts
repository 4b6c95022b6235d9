/**
 * Keys of the User-based Security Model: from a password to a key that belongs to one engine (RFC 3414 A.2, RFC 7860), and
 * longer ones for AES-192 and -256 in both customary ways. No state: whoever needs a key again keeps it.
 *
 * The costly half, a digest over 1 MiB, depends on the password alone. It is done once a password, so that an engine never
 * heard of before costs microseconds and a flood of invented ones nothing worth mentioning.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { malformed } from './ber.ts';

export interface AuthAlgorithm {
  readonly hash: string;
  /** Octets of the digest that are sent. */
  readonly sent: number;
}

export const AUTH: Readonly<Record<string, AuthAlgorithm>> = {
  md5: { hash: 'md5', sent: 12 },
  sha1: { hash: 'sha1', sent: 12 },
  sha224: { hash: 'sha224', sent: 16 },
  sha256: { hash: 'sha256', sent: 24 },
  sha384: { hash: 'sha384', sent: 32 },
  sha512: { hash: 'sha512', sent: 48 },
};

export interface PrivacyAlgorithm {
  readonly cipher: 'des' | 'aes';
  readonly keyBytes: number;
  /** How a key longer than the digest comes about: Blumenthal's way, or Reeder's as Cisco has it. */
  readonly extension: 'blumenthal' | 'reeder';
}

export const PRIVACY: Readonly<Record<string, PrivacyAlgorithm>> = {
  des: { cipher: 'des', keyBytes: 16, extension: 'blumenthal' },
  aes128: { cipher: 'aes', keyBytes: 16, extension: 'blumenthal' },
  aes192: { cipher: 'aes', keyBytes: 24, extension: 'blumenthal' },
  aes256: { cipher: 'aes', keyBytes: 32, extension: 'blumenthal' },
  'aes192-cisco': { cipher: 'aes', keyBytes: 24, extension: 'reeder' },
  'aes256-cisco': { cipher: 'aes', keyBytes: 32, extension: 'reeder' },
};

const EXPANDED_BYTES = 1024 * 1024;

/** RFC 3414 A.2.1: a password's own key. About a millisecond. */
export function passwordKey(hash: string, password: string | Buffer): Buffer {
  return createHash(hash).update(Buffer.alloc(EXPANDED_BYTES, password)).digest();
}

/** RFC 3414 2.6: that key for one engine. */
export function localizedKey(hash: string, key: Buffer, engineId: Buffer): Buffer {
  return createHash(hash).update(key).update(engineId).update(key).digest();
}

export function privacyKey(hash: string, key: Buffer, engineId: Buffer, algorithm: PrivacyAlgorithm): Buffer {
  let last = localizedKey(hash, key, engineId);
  let all = last;
  while (all.length < algorithm.keyBytes) {
    last =
      algorithm.extension === 'reeder'
        ? localizedKey(hash, passwordKey(hash, last), engineId)
        : createHash(hash).update(all).digest();
    all = Buffer.concat([all, last]);
  }
  return all.subarray(0, algorithm.keyBytes);
}

/** The digest of a message whose own place for it holds zeros. */
export function digestOf({ hash, sent }: AuthAlgorithm, key: Buffer, message: Buffer): Buffer {
  return createHmac(hash, key).update(message).digest().subarray(0, sent);
}

/** Is `digest`, a part of `message`, the right one? Leaves the message as it was. */
export function isAuthentic(algorithm: AuthAlgorithm, key: Buffer, message: Buffer, digest: Buffer): boolean {
  if (digest.length !== algorithm.sent) return false;
  const claimed = Buffer.from(digest);
  digest.fill(0);
  const right = digestOf(algorithm, key, message);
  claimed.copy(digest);
  return timingSafeEqual(right, claimed);
}

export interface EngineTime {
  readonly boots: number;
  readonly timeS: number;
}

const SALT_BYTES = 8;
const BLOCK_BYTES = 8;

export function decrypt(
  algorithm: PrivacyAlgorithm,
  key: Buffer,
  time: EngineTime,
  salt: Buffer,
  data: Buffer,
): Buffer {
  if (salt.length !== SALT_BYTES || (algorithm.cipher === 'des' && data.length % BLOCK_BYTES !== 0)) return malformed();
  const { name, secret, iv } = cipherOf(algorithm, key, time, salt);
  const decipher = createDecipheriv(name, secret, iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(data), decipher.final()]);
}

export function encrypt(
  algorithm: PrivacyAlgorithm,
  key: Buffer,
  time: EngineTime,
  salt: Buffer,
  data: Buffer,
): Buffer {
  const { name, secret, iv } = cipherOf(algorithm, key, time, salt);
  const padding =
    algorithm.cipher === 'des' ? Buffer.alloc((BLOCK_BYTES - (data.length % BLOCK_BYTES)) % BLOCK_BYTES) : '';
  const cipher = createCipheriv(name, secret, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(data), cipher.update(padding), cipher.final()]);
}

function cipherOf({ cipher, keyBytes }: PrivacyAlgorithm, key: Buffer, { boots, timeS }: EngineTime, salt: Buffer) {
  if (cipher === 'aes') {
    // RFC 3826 3.1.2.1
    const iv = Buffer.alloc(16);
    iv.writeUInt32BE(boots, 0);
    iv.writeUInt32BE(timeS, 4);
    salt.copy(iv, 8);
    return { name: `aes-${keyBytes * 8}-cfb`, secret: key, iv };
  }
  // OpenSSL 3 keeps single DES in a provider that is not loaded; triple DES with one key three times is the same function.
  const des = key.subarray(0, 8);
  const iv = Buffer.from(salt.map((octet, at) => octet ^ (key[8 + at] ?? 0)));
  return { name: 'des-ede3-cbc', secret: Buffer.concat([des, des, des]), iv };
}
