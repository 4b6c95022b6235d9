/**
 * A secret that only those agents can read it was sealed to: one line of text, fit for a catalog, a plan, a log of
 * changes. Sealed at the centre with the agents' public keys (`kaiku apply`), opened on the appliance when the plan
 * comes into force. Documented in docs/formats/sealed-text.md.
 *
 * ```
 *  sealed:1:base64url( ephemeral key 32 │ count 1 │ { length 1, name, wrapped content key 48 } … │ ciphertext, tag 16 )
 * ```
 * One content key encrypts the text (AES-256-GCM); for each agent it is wrapped with a key of its own, drawn by
 * HKDF-SHA256 from the X25519 secret of the ephemeral key and the agent's. Every key encrypts one message only, so
 * nonces are zero. The agent's name goes into its wrapping, the whole head into the text's: nobody can move a wrapping
 * to another name or take a recipient away unseen.
 *
 * Sealing hides what was sealed, not who wrote it: whoever may write the catalog may seal.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { SealError } from '../errors.ts';
import { privateKeyOf, publicHalfOf, sharedSecret } from './sealing-key.ts';

export interface Recipient {
  readonly agent: string;
  /** As `createSealingKey` gives it. */
  readonly publicKey: string;
}

const PREFIX = 'sealed:';
const VERSION = '1';
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const WRAPPED_BYTES = KEY_BYTES + TAG_BYTES;
const MAX_RECIPIENTS = 255;
/** A key file or a certificate fits; a firmware image does not. */
const MAX_PLAIN_BYTES = 64 * 1024;
const CIPHER = 'aes-256-gcm';
const NONCE = Buffer.alloc(12);
const WRAP_INFO = 'kaiku sealed text 1 wrap\0';
const DRAW_INFO = 'kaiku sealed text 1 draw\0';

export interface SealOptions {
  /**
   * A secret of the sealer, 32 bytes or more, and what the text is for. With it the same text for the same recipients
   * and purpose gives the same sealed text, so that what has not changed does not look changed.
   */
  readonly repeatable?: { readonly secret: Uint8Array; readonly purpose: string };
}

/** Is it sealed, in whatever version? */
export const isSealed = (text: string): boolean => text.startsWith(PREFIX);

/**
 * Seals `plain` to the recipients, of whom each can open it alone. Their order does not matter.
 * @throws SealError for no or too many recipients, a name twice, a key that is none, a text that is too long
 */
export function sealText(plain: string, recipients: readonly Recipient[], options: SealOptions = {}): string {
  const sorted = recipients.toSorted((a, b) => (a.agent < b.agent ? -1 : 1));
  checkRecipients(sorted);
  const bytes = Buffer.from(plain, 'utf8');
  if (bytes.length > MAX_PLAIN_BYTES) throw new SealError(`a text of ${bytes.length} bytes is too long to seal`);
  const draw = drawing(bytes, sorted, options);
  const ephemeral = privateKeyOf(draw('ephemeral'));
  const contentKey = draw('content');
  const ephemeralPublic = publicHalfOf(ephemeral);
  const head = [ephemeralPublic, Buffer.of(sorted.length)];
  for (const { agent, publicKey } of sorted) {
    const name = Buffer.from(agent, 'utf8');
    const shared = sharedSecret(ephemeral, publicKey);
    const wrappingKey = deriveWrapping(shared, ephemeralPublic, Buffer.from(publicKey, 'base64url'), agent);
    head.push(Buffer.of(name.length), name, encrypt(wrappingKey, contentKey, name));
  }
  const headBytes = Buffer.concat(head);
  const body = encrypt(contentKey, bytes, headBytes);
  return `${PREFIX}${VERSION}:${Buffer.concat([headBytes, body]).toString('base64url')}`;
}

/** Names of the agents that can open it, sorted. @throws SealError for what is no sealed text of a known version */
export function recipientsOf(text: string): readonly string[] {
  return parse(text).wraps.map(({ agent }) => agent);
}

/**
 * Opens a sealed text with an agent's private key.
 * @throws SealError with `reason`: `version`, `damaged`, `not-for-me` (the agent is no recipient) or `wrong-key`
 */
export function unsealText(text: string, agent: string, privateKey: string): string {
  const { ephemeralPublic, wraps, head, body } = parse(text);
  const wrap = wraps.find((each) => each.agent === agent);
  if (wrap === undefined) {
    throw new SealError(`the secret is sealed to ${wraps.map((each) => each.agent).join(', ')}, not to ${agent}`, {
      reason: 'not-for-me',
      hint: 'kaiku apply seals it to the agents that measure the device',
    });
  }
  const own = privateKeyOf(Buffer.from(privateKey.trim(), 'base64url'));
  const wrappingKey = (): Buffer => {
    const shared = sharedSecret(own, ephemeralPublic.toString('base64url'));
    return deriveWrapping(shared, ephemeralPublic, publicHalfOf(own), agent);
  };
  const contentKey = attempt(() => decrypt(wrappingKey(), wrap.wrapped, Buffer.from(agent, 'utf8')));
  if (contentKey === undefined) {
    throw new SealError(`the secret was sealed to another key of ${agent}`, {
      reason: 'wrong-key',
      hint: 'after an appliance was replaced: kaiku apply seals the secrets to its new key',
    });
  }
  const plain = attempt(() => decrypt(contentKey, body, head));
  if (plain === undefined) throw damaged();
  return plain.toString('utf8');
}

function checkRecipients(sorted: readonly Recipient[]): void {
  if (sorted.length === 0 || sorted.length > MAX_RECIPIENTS) {
    throw new SealError(`a secret is sealed to 1 to ${MAX_RECIPIENTS} agents, not to ${sorted.length}`);
  }
  sorted.forEach(({ agent }, index) => {
    const length = Buffer.byteLength(agent, 'utf8');
    if (length === 0 || length > 255) throw new SealError(`"${agent}" is no agent's name`);
    if (sorted[index + 1]?.agent === agent) throw new SealError(`${agent} is named twice among those to seal to`);
  });
}

/** Keys at random or, repeatably, by HMAC over everything that makes this sealing what it is. */
function drawing(
  plain: Buffer,
  recipients: readonly Recipient[],
  { repeatable }: SealOptions,
): (what: string) => Buffer {
  if (repeatable === undefined) return () => randomBytes(KEY_BYTES);
  if (repeatable.secret.length < KEY_BYTES) throw new SealError('the secret for repeatable sealing is too short');
  const to = recipients.map(({ agent, publicKey }) => [agent, publicKey]);
  const about = JSON.stringify([repeatable.purpose, to, plain.toString('base64')]);
  return (what) => createHmac('sha256', repeatable.secret).update(`${DRAW_INFO}${what}\0${about}`).digest();
}

function deriveWrapping(shared: Buffer, ephemeralPublic: Buffer, ownPublic: Buffer, agent: string): Buffer {
  const salt = Buffer.concat([ephemeralPublic, ownPublic]);
  return Buffer.from(hkdfSync('sha256', shared, salt, `${WRAP_INFO}${agent}`, KEY_BYTES));
}

function encrypt(key: Buffer, plain: Buffer, associated: Buffer): Buffer {
  const cipher = createCipheriv(CIPHER, key, NONCE).setAAD(associated);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, bytes: Buffer, associated: Buffer): Buffer {
  const at = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES }).setAAD(associated);
  decipher.setAuthTag(bytes.subarray(at));
  return Buffer.concat([decipher.update(bytes.subarray(0, at)), decipher.final()]);
}

interface Parsed {
  readonly ephemeralPublic: Buffer;
  readonly wraps: readonly { readonly agent: string; readonly wrapped: Buffer }[];
  readonly head: Buffer;
  readonly body: Buffer;
}

function parse(text: string): Parsed {
  const [, version, payload] = /^sealed:([^:]*):([A-Za-z0-9_-]+)$/.exec(text) ?? [];
  if (version !== undefined && version !== VERSION) {
    throw new SealError(`a secret sealed in version "${version}" cannot be read here, only version ${VERSION}`, {
      reason: 'version',
      hint: 'it was sealed by a newer release: update this one',
    });
  }
  if (payload === undefined) throw damaged();
  const bytes = Buffer.from(payload, 'base64url');
  const wraps: { agent: string; wrapped: Buffer }[] = [];
  let at = KEY_BYTES + 1;
  const count = bytes[KEY_BYTES] ?? 0;
  for (let index = 0; index < count; index += 1) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    const agent = bytes.subarray(at + 1, nameEnd).toString('utf8');
    at = nameEnd + WRAPPED_BYTES;
    if (at > bytes.length) throw damaged();
    wraps.push({ agent, wrapped: bytes.subarray(nameEnd, at) });
  }
  if (count === 0 || bytes.length < at + TAG_BYTES) throw damaged();
  return {
    ephemeralPublic: bytes.subarray(0, KEY_BYTES),
    wraps,
    head: bytes.subarray(0, at),
    body: bytes.subarray(at),
  };
}

/** undefined when the bytes do not belong to the key. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

const damaged = (): SealError =>
  new SealError('a sealed secret is damaged', { reason: 'damaged', hint: 'kaiku apply seals it anew' });
