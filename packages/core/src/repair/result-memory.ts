/**
 * What a central process has published, kept in memory until every logger known has it: a broker that was wiped between
 * taking and delivering costs nothing then. Pure but for its time, which is passed in.
 *
 * Kept at most 15 minutes and 64 MiB. For audits the digests of all hours stay, and the newest 20,000 hashes.
 */
import { addAll, addRange, digestText, EMPTY_RANGES, hasValue, HOUR_MS, MAX_RANGES } from '@kaiku/protocol';
import { subtract, type EpochInventory, type HourDigest, type RangeSet, type SealedBatch } from '@kaiku/protocol';

const KEEP_MS = 15 * 60_000;
const KEEP_BYTES = 64 * 1024 * 1024;
const KEEP_HASHES = 20_000;
/** A logger that acknowledged nothing for this long is not waited for. */
const KNOWN_MS = 10 * 60_000;

interface Kept {
  readonly bytes: Uint8Array;
  readonly atMs: number;
}

interface Acks {
  ranges: RangeSet;
  lastMs: number;
}

export class ResultMemory {
  readonly epoch: number;
  readonly #kept = new Map<number, Kept>();
  readonly #hashes = new Map<number, { readonly sealedMs: number; readonly sha256: string }>();
  readonly #hours = new Map<number, { batches: number; sum: bigint }>();
  readonly #loggers = new Map<string, Acks>();
  #published: RangeSet = EMPTY_RANGES;
  #lastSeq = 0;
  #bytes = 0;

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  /** Bytes kept. */
  get bytes(): number {
    return this.#bytes;
  }

  add({ header: { seq, sealedMs }, sha256, bytes }: SealedBatch, nowMs: number): void {
    this.#lastSeq = seq;
    this.#kept.set(seq, { bytes, atMs: nowMs });
    this.#bytes += bytes.length;
    this.#hashes.set(seq, { sealedMs, sha256 });
    this.#count(sealedMs, sha256, 1);
    for (const oldest of this.#hashes.keys()) {
      if (this.#hashes.size <= KEEP_HASHES) break;
      this.#hashes.delete(oldest);
    }
  }

  published(seq: number): void {
    this.#published = addRange(this.#published, seq);
  }

  /** It cannot be published: nobody will ever have it. */
  refused(seq: number): void {
    this.#drop(seq);
    const hash = this.#hashes.get(seq);
    if (hash !== undefined) this.#count(hash.sealedMs, hash.sha256, -1);
    this.#hashes.delete(seq);
  }

  acked(logger: string, epoch: number, ranges: RangeSet, nowMs: number): void {
    const acks = this.#loggers.get(logger) ?? { ranges: EMPTY_RANGES, lastMs: nowMs };
    acks.lastMs = nowMs;
    if (epoch === this.epoch) acks.ranges = addAll(acks.ranges, ranges);
    this.#loggers.set(logger, acks);
  }

  lacks(logger: string, epoch: number, ranges: RangeSet): void {
    const acks = this.#loggers.get(logger);
    if (acks !== undefined && epoch === this.epoch) acks.ranges = subtract(acks.ranges, ranges);
  }

  /** Lets go of what every logger has, and of what is too old or too much; never of what still waits for the broker. */
  prune(nowMs: number): void {
    for (const [name, { lastMs }] of this.#loggers) if (nowMs - lastMs > KNOWN_MS) this.#loggers.delete(name);
    for (const [seq, { atMs }] of this.#kept) {
      if (!hasValue(this.#published, seq)) continue;
      const everybody =
        this.#loggers.size > 0 && [...this.#loggers.values()].every(({ ranges }) => hasValue(ranges, seq));
      if (everybody || nowMs - atMs > KEEP_MS || this.#bytes > KEEP_BYTES) this.#drop(seq);
    }
  }

  #count(sealedMs: number, sha256: string, by: 1 | -1): void {
    const hourMs = sealedMs - (sealedMs % HOUR_MS);
    const hour = this.#hours.get(hourMs) ?? { batches: 0, sum: 0n };
    hour.batches += by;
    hour.sum += BigInt(by) * BigInt(`0x${sha256.slice(0, 16)}`);
    this.#hours.set(hourMs, hour);
  }

  #drop(seq: number): void {
    this.#bytes -= this.#kept.get(seq)?.bytes.length ?? 0;
    this.#kept.delete(seq);
  }

  read(epoch: number, seq: number): Uint8Array | undefined {
    return epoch === this.epoch ? this.#kept.get(seq)?.bytes : undefined;
  }

  inventory(): readonly EpochInventory[] {
    if (this.#lastSeq === 0) return [];
    const all: RangeSet = [[1, this.#lastSeq]];
    let held: RangeSet = EMPTY_RANGES;
    for (const seq of this.#kept.keys()) held = addRange(held, seq);
    // More ranges than a message takes: the oldest are no longer offered.
    held = held.slice(-MAX_RANGES + 1);
    return [
      {
        epoch: this.epoch,
        from: 1,
        to: this.#lastSeq,
        held: pairs(held),
        waiting: pairs(subtract(held, this.#published)),
        lost: [{ ranges: pairs(subtract(all, held)), reason: 'expired' as const }].filter(
          ({ ranges }) => ranges.length > 0,
        ),
      },
    ];
  }

  audit(epoch: number, fromMs: number, toMs: number): readonly HourDigest[] {
    if (epoch !== this.epoch) return [];
    return [...this.#hours]
      .filter(([hourMs, { batches }]) => hourMs >= fromMs && hourMs < toMs && batches > 0)
      .toSorted(([a], [b]) => a - b)
      .map(([hourMs, { batches, sum }]) => ({ hourMs, batches, digest: digestText(sum) }));
  }

  list(epoch: number, hourMs: number): readonly { readonly seq: number; readonly sha256: string }[] {
    if (epoch !== this.epoch) return [];
    return [...this.#hashes]
      .filter(([, { sealedMs }]) => sealedMs >= hourMs && sealedMs < hourMs + HOUR_MS)
      .map(([seq, { sha256 }]) => ({ seq, sha256 }));
  }
}

function pairs(set: RangeSet): [number, number][] {
  return set.map(([from, to]) => [from, to]);
}
