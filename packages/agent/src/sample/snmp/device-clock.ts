/**
 * The device's own clock, from sysUpTime: unwrapped (it wraps after 497.1 days) and watched for restarts.
 * Counter intervals are taken from it, so that neither network delay nor this agent's stalls show in rates. Pure.
 */

const TICK_MS = 10;
const WRAP_MS = 2 ** 32 * TICK_MS;
/** How far device and agent may disagree about a step before it is called a restart. */
const SLACK_MS = 10_000;
const SLACK_RATIO = 0.1;
const STANDSTILL_MS = 1000;

export interface DeviceTime {
  /** Device time, ms since its first start seen; rises through wraps. */
  readonly upMs: number;
  /** Raises by one with every restart. */
  readonly boots: number;
}

export class DeviceClock {
  #last: { readonly rawMs: number; readonly upMs: number; readonly atMs: number } | undefined;
  #boots = 0;

  /**
   * @param ticks sysUpTime, hundredths of a second; negative when the device gave none
   * @param atMs this agent's monotonic clock
   */
  read(ticks: number, atMs: number): DeviceTime {
    // A device without a clock is timed by ours.
    if (ticks < 0) return { upMs: atMs, boots: this.#boots };
    const rawMs = ticks * TICK_MS;
    const last = this.#last;
    if (last === undefined) {
      this.#last = { rawMs, upMs: rawMs, atMs };
      return { upMs: rawMs, boots: this.#boots };
    }
    const ours = atMs - last.atMs;
    const slack = SLACK_MS + ours * SLACK_RATIO;
    let theirs = rawMs - last.rawMs;
    if (theirs < 0 && Math.abs(theirs + WRAP_MS - ours) <= slack) theirs += WRAP_MS;
    // A clock that stands still is no clock.
    if (theirs === 0 && ours > STANDSTILL_MS) theirs = ours;
    // Backwards, or by much less than the time that passed: it started in between.
    const restarted = theirs < 0 || theirs < ours - slack;
    if (restarted) this.#boots += 1;
    const upMs = restarted ? rawMs : last.upMs + theirs;
    this.#last = { rawMs, upMs, atMs };
    return { upMs, boots: this.#boots };
  }
}
