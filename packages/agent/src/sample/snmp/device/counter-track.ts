/** One counter series' last reading, and the verdict on the step to the next. */
import { judgeCounter, VERDICT } from '@kaiku/protocol';
import type { Collector, SeriesRef } from '../../collector.ts';
import type { DeviceTime } from './device-clock.ts';

/** What a counter can do at most. */
export interface CounterLimit {
  /** Units a second; 0 when unknown. */
  readonly maxPerSecond: number;
  /** Whether it really may run that fast, so that a long step can hide a whole wrap. */
  readonly lineRate: boolean;
}

export const NO_LIMIT: CounterLimit = { maxPerSecond: 0, lineRate: false };

const NEVER: DeviceTime = { upMs: 0, boots: 0 };

export class CounterTrack {
  readonly #series: SeriesRef;
  readonly #bits: 32 | 64;
  #value: bigint | undefined;
  /** Of the last reading; one object for all that came in the same answer. */
  #time: DeviceTime = NEVER;
  #discontinuity: number | undefined;

  constructor(series: SeriesRef, bits: 32 | 64) {
    this.#series = series;
    this.#bits = bits;
  }

  /**
   * Puts a reading down with its interval and verdict.
   * @param discontinuity ifCounterDiscontinuityTime where the device told it: a change means a new start
   */
  record(
    collector: Collector,
    slotMs: number,
    value: bigint,
    time: DeviceTime,
    { maxPerSecond, lineRate }: CounterLimit,
    discontinuity?: number,
  ): void {
    const before = this.#value === undefined ? undefined : { value: this.#value, atMs: this.#time.upMs };
    // Not told this time is no news.
    const discontinued =
      discontinuity !== undefined && this.#discontinuity !== undefined && discontinuity !== this.#discontinuity;
    const restarted = this.#time.boots !== time.boots || discontinued;
    const verdict = judgeCounter(
      before,
      { value, atMs: time.upMs },
      { bits: this.#bits, restarted, maxPerSecond, lineRate },
    );
    collector.counter(this.#series, slotMs, value, time.upMs - this.#time.upMs, VERDICT[verdict]);
    this.#value = value;
    this.#time = time;
    this.#discontinuity = discontinuity ?? this.#discontinuity;
  }
}
