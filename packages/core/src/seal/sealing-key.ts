/**
 * X25519 keys as text: 32 bytes, base64url (43 characters). The private half is made on the appliance and stays there
 * (`agent-<name>.seal`, 0600); the public half goes to the centre when the appliance enrols.
 */
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SealError } from '../errors.ts';

export interface SealingKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** What a public half looks like. */
export const SEALING_KEY_PATTERN = /^[A-Za-z0-9_-]{43}$/;

const KEY_BYTES = 32;
/** RFC 8410: what stands before the 32 bytes of a private X25519 key in PKCS #8. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');

export function createSealingKey(): SealingKey {
  const { privateKey } = generateKeyPairSync('x25519');
  const raw = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_HEAD.length);
  return { publicKey: publicHalfOf(privateKey).toString('base64url'), privateKey: raw.toString('base64url') };
}

/** The public half of a private key. @throws SealError when it is none */
export function sealingPublicKey(privateKey: string): string {
  return publicHalfOf(privateKeyOf(Buffer.from(privateKey.trim(), 'base64url'))).toString('base64url');
}

/** @param raw 32 bytes. @throws SealError */
export function privateKeyOf(raw: Buffer): KeyObject {
  if (raw.length !== KEY_BYTES) {
    throw new SealError('the private sealing key is none: 32 bytes in base64url are expected');
  }
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, raw]), format: 'der', type: 'pkcs8' });
}

/** X25519. @throws SealError for a public key that is none, or one that makes every secret the same (RFC 7748, 6.1) */
export function sharedSecret(privateKey: KeyObject, publicKey: string): Buffer {
  try {
    if (!SEALING_KEY_PATTERN.test(publicKey)) throw new Error('not 32 bytes in base64url');
    const other = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: publicKey }, format: 'jwk' });
    return diffieHellman({ privateKey, publicKey: other });
  } catch (error) {
    throw new SealError(`"${publicKey.slice(0, 60)}" is no public sealing key`, { cause: error });
  }
}

/** The 32 bytes of the public half. */
export function publicHalfOf(privateKey: KeyObject): Buffer {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  return Buffer.from(x ?? '', 'base64url');
}
