/**
 * Puts together what goes into one message of a lower lane: one envelope as it is, or a bundle of several. Used by
 * whoever sends backlog or replay. Pure but for what it is given.
 */
import { BUNDLE_LIMITS, bundleBytes, packBundle } from '@kaiku/protocol';

export interface Filling<K> {
  /** The next to send; undefined when there is none. */
  readonly take: () => K | undefined;
  /** Its envelope; undefined when it is gone, which `read` has dealt with. */
  readonly read: (key: K) => Uint8Array | undefined;
  /** It did not fit: it is the next one again. */
  readonly putBack: (key: K) => void;
  /** What a bundle may measure; 0 where the reader takes none. A single envelope goes whatever its size. */
  readonly mostBytes: number;
}

export interface Filled<K> {
  readonly keys: readonly K[];
  readonly bytes: Uint8Array;
}

/** @returns 'none' when nothing is to be sent, 'gone' when the first could not be read: worth another try at once */
export function fillMessage<K>({ take, read, putBack, mostBytes }: Filling<K>): Filled<K> | 'none' | 'gone' {
  const keys: K[] = [];
  const envelopes: Uint8Array[] = [];
  let bytes = bundleBytes([]);
  while (envelopes.length < BUNDLE_LIMITS.batches) {
    const key = take();
    if (key === undefined) break;
    const envelope = read(key);
    if (envelope === undefined) {
      if (envelopes.length === 0) return 'gone';
      continue;
    }
    const more = bundleBytes([envelope]) - bundleBytes([]);
    if (envelopes.length > 0 && bytes + more > mostBytes) {
      putBack(key);
      break;
    }
    keys.push(key);
    envelopes.push(envelope);
    bytes += more;
    if (bytes >= mostBytes) break;
  }
  const [only] = envelopes;
  if (only === undefined) return 'none';
  return { keys, bytes: envelopes.length === 1 ? only : packBundle(envelopes) };
}
