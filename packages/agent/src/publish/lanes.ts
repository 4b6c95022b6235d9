/**
 * Which batch leaves next, in which lane. Pure; time is passed in.
 *
 * ```
 *  sealed just now ──▶ live       in order, while a place is free; a thousand wait at most
 *  everything else ──▶ backlog    what is stored and not published, newest first
 *  tried, not known to have arrived ──▶ cools, longer each time, then backlog
 * ```
 *
 * A batch is on its way at most once at a time. One whose publish was late may have arrived: it is sent again only after
 * a wait that doubles each time, so an endless line of duplicates cannot form.
 */
import { idOf, newest, subtract, type EpochRanges, type SendOutcome } from '@kaiku/core';
import type { BatchKey } from '../buffer/agent-buffer.ts';

/** Live batches waiting for a place; beyond it they are backlog. */
const LIVE_QUEUE = 1000;
/** Backlog keys worked out at once: several bundles of them. */
const CHUNK = 1024;
const FIRST_COOL_MS = 10_000;
const MAX_COOL_MS = 600_000;
/** Batches whose tries are remembered: beyond it the oldest are forgotten, which only makes it less patient. */
const MAX_COOLING = 10_000;

interface Cooling {
  readonly tries: number;
  readonly untilMs: number;
}

export interface LanesOptions {
  /** What may leave. */
  readonly stored: () => EpochRanges;
  readonly published: () => EpochRanges;
}

export class Lanes {
  readonly #options: LanesOptions;
  readonly #live = new Map<string, BatchKey>();
  readonly #flying = new Set<string>();
  readonly #cooling = new Map<string, Cooling>();
  /** Too large for the broker: not tried again before its next connection. */
  readonly #refused = new Set<string>();
  #chunk: BatchKey[] = [];

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** One sealed just now waits for a place in the live lane. */
  queueLive(key: BatchKey): void {
    if (this.#live.size < LIVE_QUEUE) this.#live.set(idOf(key), key);
  }

  /** The next of the live lane, which is then on its way. */
  takeLive(): BatchKey | undefined {
    for (const [id, key] of this.#live) {
      this.#live.delete(id);
      if (this.#flying.has(id)) continue;
      this.#flying.add(id);
      return key;
    }
    return undefined;
  }

  /** The next of the backlog, which is then on its way; undefined when there is none that may be tried now. */
  takeBacklog(nowMs: number): BatchKey | undefined {
    if (this.#chunk.length === 0) {
      this.#chunk = newest(this.unpublished(), CHUNK, (key) => this.#free(key, nowMs));
    }
    for (let key = this.#chunk.shift(); key !== undefined; key = this.#chunk.shift()) {
      // It may have been sent since the chunk was worked out.
      if (!this.#free(key, nowMs)) continue;
      this.#flying.add(idOf(key));
      return key;
    }
    return undefined;
  }

  /** One taken from the backlog is not sent now: it is the next one again. */
  putBack(key: BatchKey): void {
    if (this.#flying.delete(idOf(key))) this.#chunk.unshift(key);
  }

  /** One taken has ended. What is `done` must be among the published by now. */
  ended(key: BatchKey, outcome: SendOutcome | 'gone', nowMs: number): void {
    const id = idOf(key);
    this.#flying.delete(id);
    if (outcome === 'refused') this.#refused.add(id);
    if (outcome === 'late') this.#cool(id, nowMs);
    else if (outcome !== 'away' && outcome !== 'failed') this.#cooling.delete(id);
    // What is newest may have changed.
    if (outcome !== 'done') this.#chunk = [];
  }

  /** A new connection: what was refused may fit now. */
  reconnected(): void {
    this.#refused.clear();
    this.#chunk = [];
  }

  unpublished(): EpochRanges {
    return subtract(this.#options.stored(), this.#options.published());
  }

  get liveWaiting(): number {
    return this.#live.size;
  }

  get refused(): number {
    return this.#refused.size;
  }

  #free(key: BatchKey, nowMs: number): boolean {
    const id = idOf(key);
    if (this.#flying.has(id) || this.#live.has(id) || this.#refused.has(id)) return false;
    return (this.#cooling.get(id)?.untilMs ?? -Infinity) <= nowMs;
  }

  #cool(id: string, nowMs: number): void {
    const tries = (this.#cooling.get(id)?.tries ?? 0) + 1;
    this.#cooling.delete(id);
    this.#cooling.set(id, { tries, untilMs: nowMs + Math.min(FIRST_COOL_MS * 2 ** (tries - 1), MAX_COOL_MS) });
    for (const oldest of this.#cooling.keys()) {
      if (this.#cooling.size <= MAX_COOLING) break;
      this.#cooling.delete(oldest);
    }
  }
}
