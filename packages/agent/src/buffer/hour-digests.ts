/**
 * Count and digest of the batches of each hour of sealing, for a logger's audit. An hour that is over is
 * reckoned once and kept, until its day changes.
 */
import { digestOf, HOUR_MS, type HourDigest } from '@kaiku/protocol';
import type { BatchHash } from './day-file.ts';

/** 90 days of hours, twice over. */
const MOST_HOURS = 4500;

export class HourDigests {
  readonly #read: (epoch: number, fromMs: number, toMs: number) => readonly BatchHash[];
  /** By `epoch/hourMs`; `false` for an hour without batches. Oldest first. */
  readonly #known = new Map<string, HourDigest | false>();

  constructor(read: (epoch: number, fromMs: number, toMs: number) => readonly BatchHash[]) {
    this.#read = read;
  }

  /** Whole hours that begin in [fromMs, toMs) and hold batches, ascending. */
  hours(epoch: number, fromMs: number, toMs: number, nowMs: number): readonly HourDigest[] {
    const out: HourDigest[] = [];
    for (let hourMs = Math.ceil(fromMs / HOUR_MS) * HOUR_MS; hourMs < toMs; hourMs += HOUR_MS) {
      const key = `${epoch}/${hourMs}`;
      let hour = this.#known.get(key);
      if (hour === undefined) {
        const batches = this.#read(epoch, hourMs, hourMs + HOUR_MS);
        hour = batches.length > 0 && {
          hourMs,
          batches: batches.length,
          digest: digestOf(batches.map((each) => each.sha256)),
        };
        if (hourMs + HOUR_MS <= nowMs) this.#keep(key, hour);
      }
      if (hour !== false) out.push(hour);
    }
    return out;
  }

  /** A batch was written into this hour, or the hour's day changed in another way (`undefined`: any). */
  changed(epoch?: number, sealedMs = 0): void {
    if (epoch === undefined) this.#known.clear();
    else this.#known.delete(`${epoch}/${Math.floor(sealedMs / HOUR_MS) * HOUR_MS}`);
  }

  #keep(key: string, hour: HourDigest | false): void {
    this.#known.set(key, hour);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_HOURS && oldest !== undefined) this.#known.delete(oldest);
  }
}
