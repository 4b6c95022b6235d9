/**
 * Who may speak, and how much: asked for each datagram before anything of it is parsed. Pure: time is passed in.
 *
 * ```
 *  known device ── its own bucket ──────────────────────────┐
 *  stranger ── its own bucket ── one bucket of all strangers ─┴─ the bucket of everybody ─▶ parse
 * ```
 * Sender addresses of datagrams can be forged, so strangers are remembered in a table of a fixed size and share one
 * bucket: a flood from a million addresses costs what a flood from one does, and takes nothing from known devices. (Who
 * forges a known device's own address spends that device's share; nothing at this place can tell the two apart.)
 */
import { TokenBucket } from './token-bucket.ts';

export interface AdmissionLimits {
  /** Messages a second of one source, and how many at once. */
  readonly perSource: number;
  readonly sourceBurst: number;
  /** The same of all sources together that are no known devices. */
  readonly strangers: number;
  readonly strangersBurst: number;
  /** The same of everybody. */
  readonly total: number;
  readonly totalBurst: number;
}

export type Admitted = 'admitted' | 'sourceLimit' | 'strangersLimit' | 'totalLimit';

/** Strangers remembered at once; the one that was silent longest is forgotten. */
const MOST_STRANGERS = 1024;

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #strangersBucket: TokenBucket;
  readonly #totalBucket: TokenBucket;
  #known = new Map<string, TokenBucket>();
  /** In the order of their last message. */
  readonly #strangers = new Map<string, TokenBucket>();
  /** Of those who connect, in the order of their last connection. */
  readonly #connected = new Map<string, TokenBucket>();

  constructor(limits: AdmissionLimits, nowMs: number) {
    this.#limits = limits;
    this.#strangersBucket = new TokenBucket(limits.strangers, limits.strangersBurst, nowMs);
    this.#totalBucket = new TokenBucket(limits.total, limits.totalBurst, nowMs);
  }

  /** Addresses that are measured. Those that stay keep what they have left. */
  setKnown(addresses: Iterable<string>, nowMs: number): void {
    const known = new Map<string, TokenBucket>();
    for (const address of addresses) known.set(address, this.#known.get(address) ?? this.#bucket(nowMs));
    this.#known = known;
  }

  isKnown(address: string): boolean {
    return this.#known.has(address);
  }

  get strangers(): number {
    return this.#strangers.size;
  }

  admit(address: string, nowMs: number): Admitted {
    const own = this.#known.get(address);
    if (own !== undefined) {
      if (!own.has(nowMs)) return 'sourceLimit';
      if (!this.#totalBucket.take(nowMs)) return 'totalLimit';
      own.take(nowMs);
      return 'admitted';
    }
    return this.#admitStranger(address, nowMs);
  }

  /** For a connection, whose address nobody forges: it has its source's bucket (`connectionBucket`), and does not share the strangers'. */
  admitConnected(own: TokenBucket, nowMs: number): boolean {
    return own.has(nowMs) && this.#totalBucket.take(nowMs) && own.take(nowMs);
  }

  /** The same for all connections of a source, also when it comes back. */
  connectionBucket(address: string, nowMs: number): TokenBucket {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const bucket = this.#connected.get(address) ?? this.#bucket(nowMs);
    remember(this.#connected, address, bucket);
    return bucket;
  }

  #admitStranger(address: string, nowMs: number): Admitted {
    const remembered = this.#strangers.get(address);
    if (remembered?.has(nowMs) === false) return 'sourceLimit';
    // Before the table is touched: most of a flood ends here.
    if (!this.#strangersBucket.has(nowMs)) return 'strangersLimit';
    if (!this.#totalBucket.take(nowMs)) return 'totalLimit';
    this.#strangersBucket.take(nowMs);
    const bucket = remembered ?? this.#bucket(nowMs);
    bucket.take(nowMs);
    remember(this.#strangers, address, bucket);
    return 'admitted';
  }

  #bucket(nowMs: number): TokenBucket {
    return new TokenBucket(this.#limits.perSource, this.#limits.sourceBurst, nowMs);
  }
}

/** As the latest; the oldest is forgotten when there are too many. */
function remember(buckets: Map<string, TokenBucket>, address: string, bucket: TokenBucket): void {
  buckets.delete(address);
  buckets.set(address, bucket);
  if (buckets.size <= MOST_STRANGERS) return;
  const [oldest] = buckets.keys();
  if (oldest !== undefined) buckets.delete(oldest);
}
