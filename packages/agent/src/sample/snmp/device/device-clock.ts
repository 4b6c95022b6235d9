/**
 * The device's own clock, from sysUpTime: unwrapped (it wraps after 497.1 days) and watched for restarts.
 * Counter intervals are taken from it, so that neither network delay nor this agent's stalls show in rates. Pure.
 *
 * | step of sysUpTime                               | taken for                                        |
 * |-------------------------------------------------|--------------------------------------------------|
 * | about as long as ours                           | itself                                           |
 * | backwards, and a wrap makes it as long as ours  | a wrap                                           |
 * | backwards otherwise, or far shorter than ours   | a restart                                        |
 * | far longer than ours                            | a clock that was set: readings are not compared  |
 * | none, while ours went on                        | a clock that stands still: ours is taken         |
 * | a little backwards, within seconds of ours      | itself: answers that came in another order       |
 * | not told this time, or told for the first time  | ours is taken for the step                       |
 *
 * A change of snmpEngineBoots (version 3) is a restart whatever sysUpTime says.
 */

const TICK_MS = 10;
const WRAP_MS = 2 ** 32 * TICK_MS;
/** How far device and agent may disagree about a step. */
const SLACK_MS = 10_000;
const SLACK_RATIO = 0.1;
const STANDSTILL_MS = 1000;
/** Answers of two requests at a time may cross; parts of a device may read its clock apart. */
const JITTER_MS = 1000;

export interface DeviceTime {
  /** Device time, ms since its first start seen; rises through wraps. */
  readonly upMs: number;
  /** Raises by one with every restart. */
  readonly boots: number;
}

interface Moment {
  /** sysUpTime as it was told. */
  readonly rawMs: number;
  readonly upMs: number;
  /** By our clock. */
  readonly atMs: number;
}

export class DeviceClock {
  /** Last time that sysUpTime was told. */
  #told: Moment | undefined;
  #upMs: number | undefined;
  #atMs = 0;
  #boots = 0;
  #engineBoots: number | undefined;

  /**
   * @param ticks sysUpTime, hundredths of a second; negative when the device gave none
   * @param atMs this agent's monotonic clock
   * @param engineBoots snmpEngineBoots, where version 3 tells it
   */
  read(ticks: number, atMs: number, engineBoots?: number): DeviceTime {
    const rebooted = this.#engineBoots !== undefined && engineBoots !== undefined && engineBoots !== this.#engineBoots;
    this.#engineBoots = engineBoots ?? this.#engineBoots;
    if (rebooted) {
      this.#boots += 1;
      this.#told = undefined;
    }
    const rawMs = ticks * TICK_MS;
    let upMs: number;
    if (ticks >= 0 && this.#told !== undefined) upMs = this.#step(this.#told, rawMs, atMs - this.#told.atMs);
    else if (this.#upMs !== undefined) upMs = this.#upMs + atMs - this.#atMs;
    else upMs = ticks >= 0 ? rawMs : atMs;
    if (ticks >= 0) this.#told = { rawMs, upMs, atMs };
    this.#upMs = upMs;
    this.#atMs = atMs;
    return { upMs, boots: this.#boots };
  }

  /** The device said that it started anew: nothing read before is compared with what comes. */
  restart(): void {
    this.#boots += 1;
  }

  #step(told: Moment, rawMs: number, ours: number): number {
    const slack = SLACK_MS + ours * SLACK_RATIO;
    let theirs = rawMs - told.rawMs;
    if (theirs < 0 && Math.abs(theirs + WRAP_MS - ours) <= slack) theirs += WRAP_MS;
    if (theirs === 0 && ours > STANDSTILL_MS) theirs = ours;
    const crossed = theirs < 0 && theirs >= -JITTER_MS && ours <= JITTER_MS;
    if (crossed || (theirs >= 0 && Math.abs(theirs - ours) <= slack)) return told.upMs + theirs;
    this.#boots += 1;
    return rawMs;
  }
}
