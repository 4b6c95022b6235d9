/**
 * Walks several columns of a table at once: every request carries all columns that are not finished, so a table of n
 * rows costs n / repetitions requests however many columns it has. It asks for as many rows as the table had and one
 * more, so a small table is read, and known to have ended, in one request. sysUpTime rides along in every request, so
 * that each reading has the device's own time. Version 1 knows no GETBULK: the same with GETNEXT, a row at a time.
 *
 * Guards (a device may be broken or hostile): within a column indexes must rise strictly, else the column ends there;
 * rows, requests and time are capped; what arrived before a failure is kept.
 */
import { MalformedError } from '../codec/ber.ts';
import { compareOids, oidBytes, startsWith } from '../codec/oid.ts';
import { PDU, type Answer, type Name, type Request } from '../codec/pdu.ts';
import { isAbsent, ticksValue } from '../codec/value.ts';
import type { DeviceTime } from '../device/device-clock.ts';
import type { Profile } from '../device/profile.ts';
import type { Outcome, SnmpFailureReason, Take } from '../session/session.ts';
import { Grid } from './grid.ts';
import type { RowList, TableRow } from './rows.ts';

/** Each further try of a request waits this much longer. */
export const TRY_BACKOFF = 1.5;
const SYS_UP_TIME: Name = { oid: oidBytes('1.3.6.1.2.1.1.3') };
const SYS_UP_TIME_0 = oidBytes('1.3.6.1.2.1.1.3.0');

/** Asks the device; paced, within the cycle's deadline. */
export interface Asker {
  readonly plain: boolean;
  /** @param deadlineMs by performance.now(): what the budget does not allow before it is not sent */
  ask(request: Request, take: Take, timeoutMs: number, deadlineMs: number): Promise<Outcome>;
}

export interface WalkLimits {
  readonly maxRows: number;
  readonly maxRequests: number;
  /** By performance.now(). */
  readonly deadlineMs: number;
  /** Of a first try; each further one waits longer. */
  readonly timeoutMs: number;
  /** Tries of one request. */
  readonly tries: number;
  /** Turns the sysUpTime of an answer (hundredths of a second, -1 when absent) into the device's time. */
  readonly readClock: (ticks: number) => DeviceTime;
}

/** `missed`: its cycle was over before it was asked for. */
export type WalkFailure = SnmpFailureReason | 'rows' | 'requests' | 'disorder';

export interface WalkResult<S> {
  /** Rows seen, in order. `at` is a row's place in the grid. */
  readonly rows: readonly TableRow<S>[];
  /** Release it when the rows are read. */
  readonly grid: Grid;
  readonly walk: number;
  /** Why not everything is there; undefined when every column was read to its end. */
  readonly failure: WalkFailure | undefined;
  readonly requests: number;
}

interface Cursor<S> extends Name {
  readonly at: number;
  readonly oid: Uint8Array;
  index: Uint8Array | undefined;
  row: TableRow<S> | undefined;
  position: number;
  version: number;
  ended: boolean;
}

let walks = 0;

export function walkTable<S>(
  asker: Asker,
  columns: readonly Uint8Array[],
  rows: RowList<S>,
  limits: WalkLimits,
  profile: Profile,
): Promise<WalkResult<S>> {
  return new Walk(asker, columns, rows, limits, profile).run();
}

class Walk<S> {
  readonly #asker: Asker;
  readonly #rows: RowList<S>;
  readonly #limits: WalkLimits;
  readonly #profile: Profile;
  readonly #grid: Grid;
  readonly #number = (walks += 1);
  readonly #cursors: readonly Cursor<S>[];
  readonly #expected: number;
  #failure: WalkFailure | undefined;
  /** Of single columns: the others are read on. */
  #flaw: 'unreadable' | 'disorder' | undefined;
  #requests = 0;

  constructor(asker: Asker, columns: readonly Uint8Array[], rows: RowList<S>, limits: WalkLimits, profile: Profile) {
    this.#asker = asker;
    this.#rows = rows;
    this.#limits = limits;
    this.#profile = profile;
    this.#expected = rows.size;
    this.#grid = Grid.open(columns.length);
    this.#cursors = columns.map((oid, at) => ({
      at,
      oid,
      index: undefined,
      row: undefined,
      position: -1,
      version: rows.version,
      ended: false,
    }));
  }

  async run(): Promise<WalkResult<S>> {
    await Promise.all(this.#groups().map((group) => this.#walkGroup(group)));
    const failure = this.#failure ?? this.#flaw;
    if (failure === undefined) this.#profile.wholeWalk();
    else if (failure === 'disorder') this.#profile.data.disorders += 1;
    const walk = this.#number;
    return { rows: this.#rows.seenBy(walk), grid: this.#grid, walk, failure, requests: this.#requests };
  }

  /** All columns together; in two halves where the device bears two requests and a walk takes several. */
  #groups(): readonly (readonly Cursor<S>[])[] {
    const all = this.#cursors;
    const { parallel, fit } = this.#profile.data;
    const several = this.#expected * all.length > 2 * fit;
    if (parallel === 1 || !several || all.length < 2) return [all];
    const half = Math.ceil(all.length / 2);
    return [all.slice(0, half), all.slice(half)];
  }

  async #walkGroup(group: readonly Cursor<S>[]): Promise<void> {
    let open = [...group];
    let triesLeft = this.#limits.tries;
    let skipUpTime = false;
    while (open.length > 0 && this.#failure === undefined) {
      const leftMs = this.#limits.deadlineMs - performance.now();
      if (leftMs <= 0 || this.#requests >= this.#limits.maxRequests) {
        this.#failure = leftMs > 0 ? 'requests' : this.#requests === 0 ? 'missed' : 'timeout';
        return;
      }
      this.#requests += 1;
      const asked = open.slice(0, this.#profile.data.columns);
      const heads = skipUpTime ? 0 : 1;
      const repetitions = this.#asker.plain ? 1 : this.#repetitions(asked);
      const outcome = await this.#asker.ask(
        {
          type: this.#asker.plain ? PDU.getNext : PDU.getBulk,
          ...(this.#asker.plain ? {} : { nonRepeaters: heads, maxRepetitions: repetitions }),
          names: heads === 0 ? asked : [SYS_UP_TIME, ...asked],
        },
        (answer) => this.#read(answer, asked, heads, repetitions),
        Math.min(this.#limits.timeoutMs * TRY_BACKOFF ** (this.#limits.tries - triesLeft), leftMs),
        this.#limits.deadlineMs,
      );
      if (outcome.ok) triesLeft = this.#limits.tries;
      else if (isOfOne(outcome) && outcome.errorIndex <= asked.length + heads) {
        // Absent: version 1 says so of a column behind which the device has nothing more.
        if (outcome.reason === 'unreadable') this.#flaw ??= 'unreadable';
        if (outcome.errorIndex <= heads) skipUpTime = true;
        else end(asked[outcome.errorIndex - heads - 1]);
      } else {
        triesLeft -= 1;
        if (!this.#again(outcome.reason, asked.length, repetitions, triesLeft)) return;
      }
      // Columns not asked this time go first the next.
      open = [...open.slice(asked.length), ...asked].filter((cursor) => !cursor.ended);
    }
  }

  /** After a failed request: whether to go on. */
  #again(reason: SnmpFailureReason, columns: number, repetitions: number, triesLeft: number): boolean {
    if (reason === 'tooBig' && this.#profile.tooBig(this.#asker.plain)) return true;
    if (reason === 'timeout') this.#profile.lost(columns, repetitions, triesLeft < this.#limits.tries - 1);
    if (reason === 'malformed') this.#profile.data.malformed += 1;
    if ((reason === 'timeout' || reason === 'malformed') && triesLeft > 0) return true;
    if (reason === 'timeout') this.#profile.gaveUp();
    this.#failure = reason;
    return false;
  }

  #repetitions(asked: readonly Cursor<S>[]): number {
    // A table never seen: as many as may be. One known: the rest of it and one more, which shows its end.
    const least = asked.reduce((position, cursor) => Math.min(position, cursor.position), Infinity);
    const left = this.#expected === 0 ? Infinity : Math.max(this.#expected - least, 2);
    return this.#profile.repetitionsFor(left, asked.length);
  }

  #read(answer: Answer, asked: readonly Cursor<S>[], heads: number, repetitions: number): void {
    const { count } = answer;
    const width = asked.length;
    const got = Math.max(count - heads, 0);
    if (this.#grid.messages.length >= 0xffff) throw new MalformedError('too many messages');
    this.#grid.messages.push({ bytes: answer.bytes, time: this.#limits.readClock(upTime(answer, heads)) });
    for (let at = 0; at < got; at += 1) {
      const cursor = asked[at % width];
      if (cursor !== undefined && !cursor.ended) this.#readCell(answer, at + heads, cursor);
    }
    const whole = asked.every((cursor) => cursor.ended);
    const cut = !whole && got < width * repetitions;
    this.#profile.answered(width * repetitions, got, cut && !this.#asker.plain);
    if (got >= width) return;
    // Cut within the first row: those beyond get their turn, but a device that gives nothing more has nothing more.
    if (got === 0) for (const cursor of asked) cursor.ended = true;
    else this.#profile.fits(got);
  }

  #readCell(answer: Answer, at: number, cursor: Cursor<S>): void {
    const { bytes } = answer;
    const nameStart = answer.nameStart[at] ?? 0;
    const nameEnd = answer.nameEnd[at] ?? 0;
    const tag = answer.tag[at] ?? 0;
    const start = nameStart + cursor.oid.length;
    if (isAbsent(tag) || start >= nameEnd || !startsWith(bytes, nameStart, nameEnd, cursor.oid)) {
      cursor.ended = true;
      return;
    }
    const rows = this.#rows;
    const next = cursor.position + 1;
    let position = rows.find(bytes, start, nameEnd, next);
    // The next known row is behind the last one, unless rows were put in between.
    const sure = position === next && cursor.version === rows.version;
    if (!sure && cursor.row !== undefined) {
      const last = cursor.row.index;
      if (compareOids(bytes, start, nameEnd, last, 0, last.length) <= 0) {
        cursor.ended = true;
        this.#flaw ??= 'disorder';
        return;
      }
    }
    let row = position < 0 ? undefined : rows.at(position);
    if (row?.walk !== this.#number) {
      if (this.#grid.rows >= this.#limits.maxRows) {
        cursor.ended = true;
        this.#failure ??= 'rows';
        return;
      }
      if (row === undefined) {
        position = ~position;
        row = rows.insert(position, Uint8Array.from(bytes.subarray(start, nameEnd)));
      }
      row.walk = this.#number;
      row.at = this.#grid.addRow();
    }
    cursor.row = row;
    cursor.index = row.index;
    cursor.position = position;
    cursor.version = rows.version;
    this.#grid.put(row.at, cursor.at, tag, answer.start[at] ?? 0, answer.end[at] ?? 0);
  }
}

/** What fails because of one object. */
function isOfOne(outcome: Extract<Outcome, { ok: false }>): boolean {
  return outcome.reason === 'badObject' || outcome.reason === 'unreadable';
}

function end(cursor: { ended: boolean } | undefined): void {
  if (cursor !== undefined) cursor.ended = true;
}

/** sysUpTime at the head of an answer, hundredths of a second; -1 when it is none. */
export function upTime({ bytes, count, nameStart, nameEnd, tag, start, end: ends }: Answer, heads: number): number {
  const from = nameStart[0] ?? 0;
  const till = nameEnd[0] ?? 0;
  if (heads === 0 || count === 0) return -1;
  if (till - from !== SYS_UP_TIME_0.length || !startsWith(bytes, from, till, SYS_UP_TIME_0)) return -1;
  return ticksValue(tag[0] ?? 0, bytes, start[0] ?? 0, ends[0] ?? 0);
}
