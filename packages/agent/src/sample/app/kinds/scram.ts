/** SCRAM-SHA-256 of a client (RFC 5802, 7677) without channel binding. */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { CheckFailure } from '../findings.ts';

const derive = promisify(pbkdf2);
/** PostgreSQL's default is 4096; a server that asks for more than this wants our time, not our proof. */
const MAX_ITERATIONS = 200_000;
const KEY_BYTES = 32;

export class Scram {
  readonly #password: string;
  readonly #nonce = randomBytes(18).toString('base64');
  #serverSignature: Buffer | undefined;

  constructor(password: string) {
    this.#password = password.normalize('NFKC');
  }

  /** The user's name goes with the protocol around it. */
  first(): string {
    return `n,,${this.#bare()}`;
  }

  /** @throws CheckFailure for a challenge that is not one */
  async final(challenge: string): Promise<string> {
    const fields = parse(challenge);
    const nonce = fields.get('r') ?? '';
    const salt = Buffer.from(fields.get('s') ?? '', 'base64');
    const iterations = Number(fields.get('i'));
    const sound = nonce.startsWith(this.#nonce) && nonce.length > this.#nonce.length && salt.length > 0;
    if (!sound || !Number.isInteger(iterations) || iterations < 1 || iterations > MAX_ITERATIONS) {
      throw new CheckFailure('malformed', 'the login challenge is not sound');
    }
    const salted = await derive(this.#password, salt, iterations, KEY_BYTES, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const withoutProof = `c=biws,r=${nonce}`;
    const message = `${this.#bare()},${challenge},${withoutProof}`;
    const signature = hmac(createHash('sha256').update(clientKey).digest(), message);
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), message);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** Whether the server knows the password too. */
  isServer(final: string): boolean {
    const given = Buffer.from(parse(final).get('v') ?? '', 'base64');
    const own = this.#serverSignature;
    return own !== undefined && given.length === own.length && timingSafeEqual(given, own);
  }

  #bare(): string {
    return `n=,r=${this.#nonce}`;
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function parse(text: string): ReadonlyMap<string, string> {
  return new Map(text.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
}
