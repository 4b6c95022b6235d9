/**
 * Digest and cipher of a message: HMAC (RFC 3414, RFC 7860), AES in CFB mode (RFC 3826), DES in CBC mode (RFC 3414).
 *
 * OpenSSL 3 keeps single DES for its legacy provider, which Node does not load. Triple DES is at hand, and with the
 * same key three times it is single DES: decrypting undoes the first step.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { AUTH, type AuthProtocol, type PrivacyProtocol } from './keys.ts';

export function digest(protocol: AuthProtocol, key: Buffer, message: Uint8Array): Buffer {
  const { hash, digestBytes } = AUTH[protocol];
  return createHmac(hash, key).update(message).digest().subarray(0, digestBytes);
}

/** Does the digest fit? Puts zeros where it stood. */
export function authentic(
  protocol: AuthProtocol,
  key: Buffer,
  message: Uint8Array,
  digestAt: number,
  received: Uint8Array,
): boolean {
  if (received.length !== AUTH[protocol].digestBytes) return false;
  const claimed = Buffer.from(received);
  message.fill(0, digestAt, digestAt + claimed.length);
  return timingSafeEqual(claimed, digest(protocol, key, message));
}

const AES: Readonly<Record<Exclude<PrivacyProtocol, 'des'>, string>> = {
  aes128: 'aes-128-cfb',
  aes192: 'aes-192-cfb',
  aes256: 'aes-256-cfb',
  'aes192-cisco': 'aes-192-cfb',
  'aes256-cisco': 'aes-256-cfb',
};
const SALT_BYTES = 8;
const DES_BLOCK_BYTES = 8;
const DES_KEY_BYTES = 8;

/** Salts: never twice under one key, which a counter with a random start ensures. */
export class Salts {
  #next = randomBytes(SALT_BYTES).readBigUInt64BE();

  next(protocol: PrivacyProtocol, boots: number): Buffer {
    this.#next = BigInt.asUintN(64, this.#next + 1n);
    const salt = Buffer.alloc(SALT_BYTES);
    salt.writeBigUInt64BE(this.#next);
    if (protocol === 'des') salt.writeUInt32BE(boots >>> 0, 0);
    return salt;
  }
}

export interface CipherPlace {
  readonly boots: number;
  readonly time: number;
  readonly salt: Uint8Array;
}

export function encrypt(protocol: PrivacyProtocol, key: Buffer, place: CipherPlace, plain: Uint8Array): Buffer {
  if (protocol === 'des') {
    const cipher = createCipheriv('des-ede3-cbc', tripled(key), desVector(key, place.salt)).setAutoPadding(false);
    const padding = Buffer.alloc(-plain.length & (DES_BLOCK_BYTES - 1));
    return Buffer.concat([cipher.update(plain), cipher.update(padding), cipher.final()]);
  }
  const cipher = createCipheriv(AES[protocol], key, aesVector(place));
  return cipher.update(plain);
}

/** Undefined when it cannot have been encrypted so. What a wrong key gives is no SNMP, which its reader finds out. */
export function decrypt(
  protocol: PrivacyProtocol,
  key: Buffer,
  place: CipherPlace,
  secret: Uint8Array,
): Buffer | undefined {
  if (place.salt.length !== SALT_BYTES) return undefined;
  if (protocol === 'des') {
    if (secret.length === 0 || secret.length % DES_BLOCK_BYTES !== 0) return undefined;
    const cipher = createDecipheriv('des-ede3-cbc', tripled(key), desVector(key, place.salt)).setAutoPadding(false);
    return Buffer.concat([cipher.update(secret), cipher.final()]);
  }
  return createDecipheriv(AES[protocol], key, aesVector(place)).update(secret);
}

function tripled(key: Buffer): Buffer {
  const one = key.subarray(0, DES_KEY_BYTES);
  return Buffer.concat([one, one, one]);
}

function desVector(key: Buffer, salt: Uint8Array): Buffer {
  const vector = Buffer.from(key.subarray(DES_KEY_BYTES, 2 * DES_KEY_BYTES));
  for (let at = 0; at < vector.length; at += 1) vector[at] = (vector[at] ?? 0) ^ (salt[at] ?? 0);
  return vector;
}

function aesVector({ boots, time, salt }: CipherPlace): Buffer {
  const vector = Buffer.alloc(16);
  vector.writeUInt32BE(boots >>> 0, 0);
  vector.writeUInt32BE(time >>> 0, 4);
  vector.set(salt, 8);
  return vector;
}
