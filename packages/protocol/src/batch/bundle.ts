/**
 * Many envelopes in one message, for the lanes in which volume counts and not the single batch (backlog, replay):
 *
 * ```
 *  0  "KKBN"                 magic
 *  4  length                 UInt32 LE, of the envelope behind it
 *  8  envelope
 *  …  length, envelope       up to BUNDLE_LIMITS.batches times
 * ```
 *
 * A bundle is a matter of one hop: it has no identity and no hash, its envelopes have. It says nothing that they do not
 * say, so nothing is stored of it. Sent only to who said that it reads bundles. Documented in docs/formats/bundle-v1.md.
 */
import { BATCH_LIMITS } from './header.ts';

const MAGIC = Buffer.from('KKBN', 'latin1');
const LENGTH_BYTES = 4;

export const BUNDLE_LIMITS = {
  batches: 256,
  /** Whole bundle, as a reader takes it: what a broker of ours lets through. */
  bytes: 8 * 1024 * 1024,
  /** What a sender fills at most: below the one MiB that a broker takes unless told otherwise. */
  fillBytes: 512 * 1024,
} as const;

/** What a bundle of these would measure, bytes. */
export function bundleBytes(envelopes: readonly Uint8Array[]): number {
  return envelopes.reduce((sum, { length }) => sum + LENGTH_BYTES + length, MAGIC.length);
}

/** @throws RangeError when a limit is passed */
export function packBundle(envelopes: readonly Uint8Array[]): Uint8Array {
  const size = bundleBytes(envelopes);
  if (envelopes.length === 0 || envelopes.length > BUNDLE_LIMITS.batches || size > BUNDLE_LIMITS.bytes) {
    throw new RangeError(`a bundle of ${envelopes.length} batches and ${size} bytes`);
  }
  const bytes = Buffer.allocUnsafe(size);
  bytes.set(MAGIC, 0);
  let at: number = MAGIC.length;
  for (const envelope of envelopes) {
    bytes.writeUInt32LE(envelope.length, at);
    bytes.set(envelope, at + LENGTH_BYTES);
    at += LENGTH_BYTES + envelope.length;
  }
  return bytes;
}

export function isBundle(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.every((value, at) => bytes[at] === value);
}

export type OpenedBundle =
  | { readonly ok: true; readonly envelopes: readonly Uint8Array[] }
  | { readonly ok: false; readonly reason: string };

/** Takes a bundle apart; the envelopes are views into it and not looked at. */
export function openBundle(bytes: Uint8Array): OpenedBundle {
  const no = (reason: string): OpenedBundle => ({ ok: false, reason: `bundle: ${reason}` });
  if (!isBundle(bytes)) return no('not one');
  if (bytes.length > BUNDLE_LIMITS.bytes) return no(`${bytes.length} bytes is over the limit`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const envelopes: Uint8Array[] = [];
  let at: number = MAGIC.length;
  while (at < bytes.length) {
    if (envelopes.length >= BUNDLE_LIMITS.batches) return no('too many batches');
    if (at + LENGTH_BYTES > bytes.length) return no('cut short');
    const length = view.getUint32(at, true);
    at += LENGTH_BYTES;
    if (length === 0 || length > BATCH_LIMITS.envelopeBytes) return no(`an envelope of ${length} bytes`);
    if (at + length > bytes.length) return no('cut short');
    envelopes.push(bytes.subarray(at, at + length));
    at += length;
  }
  return envelopes.length === 0 ? no('empty') : { ok: true, envelopes };
}
