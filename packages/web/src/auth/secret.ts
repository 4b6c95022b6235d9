/**
 * The key of the session cookies: 32 random bytes in a file that only its owner may read, shared by
 * all web servers of an installation. Written at the first start; of two that start at once the first
 * to link its file wins and both read that one.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SecretError } from '../errors.ts';

const KEY_BYTES = 32;

/** @throws SecretError when the file is unreadable or not 32 bytes in hexadecimal */
export function readOrCreateSecret(file: string): Uint8Array {
  return read(file) ?? create(file);
}

function read(file: string): Uint8Array | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new SecretError(`${file} cannot be read`, { hint: 'check its owner and permissions', cause: error });
  }
  const key = Buffer.from(text, 'hex');
  if (key.length === KEY_BYTES && text.length === 2 * KEY_BYTES) return key;
  throw new SecretError(`${file} does not hold a key of ${KEY_BYTES} bytes in hexadecimal`, {
    hint: 'remove it: a new one is written at the next start, and everybody signs in again',
  });
}

function create(file: string): Uint8Array {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flush: true });
    try {
      linkSync(draft, file);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  } catch (error) {
    throw new SecretError(`${file} cannot be written`, { hint: 'check the data folder and its owner', cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
  const key = read(file);
  if (key === undefined) throw new SecretError(`${file} vanished after it was written`);
  return key;
}
