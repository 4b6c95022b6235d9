/**
 * Batches the broker took so recently that a logger cannot be expected to have acknowledged them. A batch
 * that is sent again settles four times as long each time, so one that a logger never acknowledges costs
 * little.
 */
import { addRange, EMPTY_RANGES, type RangeSet } from '@kaiku/protocol';
import type { BatchKey } from '../buffer/agent-buffer.ts';
import type { EpochRanges } from './choose.ts';
import { SETTLE_MS } from './resend.ts';

const BACKOFF = 4;
/** Attempts remembered: beyond it they are forgotten, which only makes resending less patient. */
const MAX_REMEMBERED = 50_000;

export class Settling {
  readonly #until = new Map<string, { readonly key: BatchKey; readonly untilMs: number }>();
  readonly #attempts = new Map<string, number>();

  add(key: BatchKey, nowMs: number, resent: boolean): void {
    const id = `${key.epoch}/${key.seq}`;
    if (resent) {
      if (this.#attempts.size >= MAX_REMEMBERED) this.#attempts.clear();
      this.#attempts.set(id, (this.#attempts.get(id) ?? 0) + 1);
    }
    const waitMs = SETTLE_MS * BACKOFF ** (this.#attempts.get(id) ?? 0);
    this.#until.set(id, { key, untilMs: nowMs + waitMs });
  }

  /** Those still settling, by epoch. */
  ranges(nowMs: number): EpochRanges {
    const seqs = new Map<number, number[]>();
    for (const [id, { key, untilMs }] of this.#until) {
      if (untilMs <= nowMs) this.#until.delete(id);
      else if (seqs.has(key.epoch)) seqs.get(key.epoch)?.push(key.seq);
      else seqs.set(key.epoch, [key.seq]);
    }
    const out = new Map<number, RangeSet>();
    for (const [epoch, list] of seqs) {
      list.sort((a, b) => a - b);
      out.set(
        epoch,
        list.reduce<RangeSet>((set, seq) => addRange(set, seq), EMPTY_RANGES),
      );
    }
    return out;
  }
}
