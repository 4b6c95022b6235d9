/** One counter series' last reading, and the verdict on the step to the next. */
import { judgeCounter, VERDICT, type CounterReading } from '@kaiku/protocol';
import type { Collector, SeriesRef } from '../collector.ts';
import type { DeviceTime } from './device-clock.ts';

export class CounterTrack {
  readonly #series: SeriesRef;
  readonly #bits: 32 | 64;
  #before: CounterReading | undefined;
  #boots = 0;
  #discontinuity: number | undefined;

  constructor(series: SeriesRef, bits: 32 | 64) {
    this.#series = series;
    this.#bits = bits;
  }

  /**
   * Puts a reading down with its interval and verdict.
   * @param discontinuity ifCounterDiscontinuityTime where the device has it: a change means a new start
   */
  record(
    collector: Collector,
    slotMs: number,
    value: bigint,
    time: DeviceTime,
    maxPerSecond: number,
    discontinuity?: number,
  ): void {
    const now = { value, atMs: time.upMs };
    const restarted =
      this.#before !== undefined && (this.#boots !== time.boots || this.#discontinuity !== discontinuity);
    const verdict = judgeCounter(this.#before, now, { bits: this.#bits, restarted, maxPerSecond });
    const intervalMs = this.#before === undefined ? 0 : now.atMs - this.#before.atMs;
    collector.counter(this.#series, slotMs, value, intervalMs, VERDICT[verdict]);
    this.#before = now;
    this.#boots = time.boots;
    this.#discontinuity = discontinuity;
  }
}
