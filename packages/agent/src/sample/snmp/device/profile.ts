/**
 * What has been learnt of one device: how long to wait for it, how much it puts into an answer, how many objects it
 * takes at once, whether it bears two requests at a time, and what went wrong how often. Kept across restarts. Pure.
 *
 * The timeout follows the smoothed response time and its variation (RFC 6298), between a floor that forgives a busy
 * device and a ceiling for those never heard: a fast device that falls silent is known to be silent within about two
 * seconds, and a slow one is not called silent for being slow.
 */
import { z } from 'zod';

const FIRST_TIMEOUT_MS = 2000;
const LEAST_TIMEOUT_MS = 500;
const MOST_TIMEOUT_MS = 3000;
const SLOW_FACTOR = 1.5;
const SLOWEST_TIMEOUT_MS = 10_000;
const GAIN = 1 / 8;
const VARIATION_GAIN = 1 / 4;

/** Rows asked for in one request: more than fits into a datagram for any table but the narrowest. */
const MOST_REPETITIONS = 25;
const MOST_COLUMNS = 24;
/** Objects in one GET, sysUpTime aside. */
const MOST_GET_OBJECTS = 15;
/** More than any datagram holds: nothing was cut yet. */
const ANY_FIT = 10_000;
/** Walks without a loss before a second request at a time is tried. */
const WHOLE_WALKS_BEFORE_TWO = 20;
/** About a day: what was too much may be borne after an update of the device. */
const WALKS_UNTIL_FORGIVEN = 1500;

const count = z.number().int().min(0);
export const profileSchema = z.strictObject({
  smoothedMs: z.number().min(0).max(60_000).default(0),
  variationMs: z.number().min(0).max(60_000).default(0),
  /** Rows in one request now, and what was never too big; the same of columns. */
  repetitions: z.number().int().min(1).max(MOST_REPETITIONS).default(MOST_REPETITIONS),
  mostRepetitions: z.number().int().min(1).max(MOST_REPETITIONS).default(MOST_REPETITIONS),
  /** Varbinds the device puts into an answer before it cuts, or that come through; and what was not too many. */
  fit: z.number().int().min(1).max(ANY_FIT).default(ANY_FIT),
  mostFit: z.number().int().min(1).max(ANY_FIT).default(ANY_FIT),
  /** Most varbinds asked for at once that were answered: what is lost of no more than that was lost by chance. */
  proven: z.number().int().min(0).max(ANY_FIT).default(0),
  columns: z.number().int().min(1).max(MOST_COLUMNS).default(MOST_COLUMNS),
  mostColumns: z.number().int().min(1).max(MOST_COLUMNS).default(MOST_COLUMNS),
  getObjects: z.number().int().min(1).max(MOST_GET_OBJECTS).default(MOST_GET_OBJECTS),
  /** Requests at a time, and whether two have failed. */
  parallel: z.union([z.literal(1), z.literal(2)]).default(1),
  parallelFailed: z.boolean().default(false),
  /** What `snmpReason` says something about, between blanks. */
  complaints: z.string().max(10_000).default(''),
  wholeWalks: count.default(0),
  timeouts: count.default(0),
  tooBig: count.default(0),
  disorders: count.default(0),
  malformed: count.default(0),
});
export type ProfileData = z.output<typeof profileSchema>;

export class Profile {
  readonly data: ProfileData;

  constructor(data: ProfileData = profileSchema.parse({})) {
    this.data = data;
  }

  observe(rttMs: number): void {
    const { data } = this;
    if (data.smoothedMs === 0) {
      data.smoothedMs = rttMs;
      data.variationMs = rttMs / 2;
      return;
    }
    data.variationMs += VARIATION_GAIN * (Math.abs(data.smoothedMs - rttMs) - data.variationMs);
    data.smoothedMs += GAIN * (rttMs - data.smoothedMs);
  }

  /** Time to wait for an answer, ms. */
  get timeoutMs(): number {
    const { smoothedMs, variationMs } = this.data;
    if (smoothedMs === 0) return FIRST_TIMEOUT_MS;
    // One that is known to answer so late is not asked again before it can have answered.
    const most = Math.max(MOST_TIMEOUT_MS, Math.min(smoothedMs * SLOW_FACTOR, SLOWEST_TIMEOUT_MS));
    return Math.min(Math.max(smoothedMs + 4 * variationMs, LEAST_TIMEOUT_MS), most);
  }

  /** Rows to ask for: those expected, but no more than the device gives. */
  repetitionsFor(rows: number, columns: number): number {
    const { repetitions, fit } = this.data;
    return Math.max(Math.min(rows, repetitions, Math.ceil(fit / columns)), 1);
  }

  /** An answer to `asked` varbinds came with `got`; `cut` when it left off before the end. */
  answered(asked: number, got: number, cut: boolean): void {
    const { data } = this;
    data.proven = Math.min(Math.max(data.proven, asked), ANY_FIT);
    if (cut) data.fit = Math.max(Math.min(got, ANY_FIT), 1);
    // It held all that was thought to fit: perhaps more does.
    else if (got >= asked && asked >= data.fit) data.fit = Math.min(asked + 4, data.mostFit);
  }

  /**
   * Asks for less from now on. False when there is nothing left to halve.
   * @param byRow a row at a time: only columns can be fewer
   */
  tooBig(byRow: boolean): boolean {
    const { data } = this;
    const { columns } = data;
    data.tooBig += 1;
    if (!this.#halve(byRow)) return false;
    if (data.columns < columns) data.mostColumns = data.columns;
    else data.mostRepetitions = data.repetitions;
    return true;
  }

  getTooBig(): void {
    this.data.tooBig += 1;
    this.getTooSlow();
  }

  /** Fewer objects in one GET: so the slow one holds up fewer of the others. */
  getTooSlow(): void {
    this.data.getObjects = Math.max(Math.ceil(this.data.getObjects / 2), 1);
  }

  /** The device gives no more than so many columns of a row at once. */
  fits(columns: number): void {
    const { data } = this;
    data.columns = Math.min(data.columns, columns);
    data.mostColumns = data.columns;
  }

  /**
   * A walk's request was lost. Once may be chance; lost again, its answer may be too large for the way, if none as large
   * has come yet.
   * @param again not for the first time
   */
  lost(columns: number, repetitions: number, again: boolean): void {
    const { data } = this;
    const asked = columns * repetitions;
    data.timeouts += 1;
    data.wholeWalks = 0;
    if (data.parallel === 2) {
      data.parallel = 1;
      data.parallelFailed = true;
    }
    if (!again || asked <= data.proven) return;
    if (data.proven >= columns) {
      data.fit = data.proven;
      data.mostFit = data.proven;
    } else if (repetitions > 1) data.fit = Math.ceil(asked / 2);
    else data.columns = Math.ceil(columns / 2);
  }

  /** A request was lost as often as it was tried: what came once may be too large by now. */
  gaveUp(): void {
    this.data.proven = Math.floor(this.data.proven / 2);
  }

  wholeWalk(): void {
    const { data } = this;
    data.wholeWalks += 1;
    if (data.columns < data.mostColumns) data.columns += 1;
    else if (data.repetitions < data.mostRepetitions) data.repetitions += 1;
    if (data.wholeWalks >= WHOLE_WALKS_BEFORE_TWO && !data.parallelFailed) data.parallel = 2;
    if (data.wholeWalks % WALKS_UNTIL_FORGIVEN !== 0) return;
    data.mostRepetitions = MOST_REPETITIONS;
    data.columns = MOST_COLUMNS;
    data.mostColumns = MOST_COLUMNS;
    data.mostFit = ANY_FIT;
    data.getObjects = MOST_GET_OBJECTS;
    data.parallelFailed = false;
  }

  #halve(byRow: boolean): boolean {
    const { data } = this;
    if (data.repetitions > 1 && !byRow) data.repetitions = Math.ceil(data.repetitions / 2);
    else if (data.columns > 1) data.columns = Math.ceil(data.columns / 2);
    else return false;
    return true;
  }
}
