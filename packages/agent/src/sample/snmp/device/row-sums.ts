/**
 * Values that come of several readings: increases per second, and sums over rows of one name (processes). A process
 * that was not there at the walk before has no increase yet; one that is gone takes nothing back. Pure.
 */
import type { DeviceTime } from './device-clock.ts';

interface Reading {
  readonly raw: number;
  readonly time: DeviceTime;
}

/** Increase per second since the last call; undefined at first, after a restart and when the object fell. */
export class RateTrack {
  #last: Reading | undefined;

  perSecond(raw: number, time: DeviceTime): number | undefined {
    const last = this.#last;
    this.#last = { raw, time };
    if (last === undefined || last.time.boots !== time.boots) return undefined;
    const seconds = (time.upMs - last.time.upMs) / 1000;
    return seconds > 0 && raw >= last.raw ? (raw - last.raw) / seconds : undefined;
  }
}

/** Sums by metric (its place in the plan) and name, of one walk. */
export class RowSums {
  readonly #sums = new Map<number, Map<string, number>>();

  add(metric: number, name: string, value: number): void {
    let byName = this.#sums.get(metric);
    if (byName === undefined) this.#sums.set(metric, (byName = new Map<string, number>()));
    byName.set(name, (byName.get(name) ?? 0) + value);
  }

  each(use: (metric: number, name: string, value: number) => void): void {
    for (const [metric, byName] of this.#sums) for (const [name, value] of byName) use(metric, name, value);
  }
}
