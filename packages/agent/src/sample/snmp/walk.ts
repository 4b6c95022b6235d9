/**
 * Walks several columns of a table at once: every request carries all columns that are not finished, so a
 * table of n rows costs n / repetitions requests however many columns it has. sysUpTime rides along in every
 * request, so that each reading has the device's own time.
 *
 * Guards (a device may be broken or hostile): within a column indexes must rise strictly, else the column
 * ends there; rows, requests and time are capped; what arrived before a failure is kept.
 */
import type { DeviceTime } from './device-clock.ts';
import { compareIndex, indexWithin } from './oid.ts';
import type { SnmpFailureReason, SnmpSession, Varbind } from './session.ts';
import { isAbsent, SNMP_TYPE } from './values.ts';

const SYS_UP_TIME = '1.3.6.1.2.1.1.3';

export interface WalkLimits {
  readonly maxRows: number;
  readonly maxRequests: number;
  /** By performance.now(). */
  readonly deadlineMs: number;
  readonly timeoutMs: number;
  /** Tries of one request. */
  readonly tries: number;
  /** Turns the sysUpTime of an answer (hundredths of a second, -1 when absent) into the device's time. */
  readonly readClock: (ticks: number) => DeviceTime;
}

/** What a walk has learnt about the device's appetite; kept between walks. */
export interface WalkAppetite {
  /** Rows asked for in one request: halved when an answer is too big or lost, raised by one with every whole walk. */
  repetitions: number;
  /** What was too big once is not asked for again. */
  mostRepetitions: number;
  /** Columns in one request. */
  columns: number;
}

export const FIRST_APPETITE: Readonly<WalkAppetite> = { repetitions: 20, mostRepetitions: 20, columns: 24 };

export interface WalkRow {
  readonly index: string;
  /** By column, in the order asked. */
  readonly cells: (Varbind | undefined)[];
  /** The device's time in the answer that brought the cell. */
  readonly times: (DeviceTime | undefined)[];
}

export interface WalkResult {
  readonly rows: ReadonlyMap<string, WalkRow>;
  /** Every column was read to its end. */
  readonly complete: boolean;
  readonly failure: SnmpFailureReason | undefined;
  /** Columns in which the order was broken. */
  readonly disorder: number;
  readonly requests: number;
}

interface Cursor {
  readonly at: number;
  readonly column: string;
  last: string;
}

export async function walkColumns(
  session: SnmpSession,
  columns: readonly string[],
  limits: WalkLimits,
  appetite: WalkAppetite,
): Promise<WalkResult> {
  const rows = new Map<string, WalkRow>();
  let open: Cursor[] = columns.map((column, at) => ({ at, column, last: '' }));
  let failure: SnmpFailureReason | undefined;
  let disorder = 0;
  let requests = 0;
  let triesLeft = limits.tries;
  let capped = false;

  while (open.length > 0) {
    const timeLeft = limits.deadlineMs - performance.now();
    if (timeLeft <= 0 || requests >= limits.maxRequests) {
      failure = 'timeout';
      break;
    }
    requests += 1;
    const asked = open.slice(0, appetite.columns);
    const answer = await session.getBulk(
      [SYS_UP_TIME],
      asked.map(({ column, last }) => (last === '' ? column : `${column}.${last}`)),
      appetite.repetitions,
      Math.min(limits.timeoutMs, timeLeft),
    );
    if (!answer.ok) {
      if (answer.reason === 'tooBig' && shrink(appetite)) {
        appetite.mostRepetitions = appetite.repetitions;
        continue;
      }
      if (answer.reason === 'timeout') shrink(appetite);
      triesLeft -= 1;
      if (answer.reason === 'timeout' && triesLeft > 0) continue;
      failure = answer.reason;
      break;
    }
    triesLeft = limits.tries;
    const time = limits.readClock(uptimeTicks(answer.value.heads[0]));
    const ended = new Set<Cursor>();
    asked.forEach((cursor, at) => {
      const outcome = takeColumn(cursor, answer.value.columns[at] ?? [], time, rows, columns.length, limits.maxRows);
      if (outcome === 'more') return;
      ended.add(cursor);
      if (outcome === 'disorder') disorder += 1;
      if (outcome === 'capped') capped = true;
    });
    // Columns not asked this time go first the next.
    const asking = new Set(asked);
    open = [...open.filter((cursor) => !asking.has(cursor)), ...asked.filter((cursor) => !ended.has(cursor))];
  }
  const complete = failure === undefined && !capped && disorder === 0;
  if (complete && appetite.repetitions < appetite.mostRepetitions) appetite.repetitions += 1;
  return { rows, complete, failure, disorder, requests };
}

/** Halves what is asked for. False when there is nothing left to halve. */
function shrink(appetite: WalkAppetite): boolean {
  if (appetite.repetitions > 1) appetite.repetitions = Math.ceil(appetite.repetitions / 2);
  else if (appetite.columns > 1) appetite.columns = Math.ceil(appetite.columns / 2);
  else return false;
  return true;
}

function takeColumn(
  cursor: Cursor,
  varbinds: readonly Varbind[],
  time: DeviceTime,
  rows: Map<string, WalkRow>,
  width: number,
  maxRows: number,
): 'more' | 'end' | 'disorder' | 'capped' {
  // An answer without this column, or cut before it: a device that gives nothing more has nothing more.
  if (varbinds.length === 0) return 'end';
  for (const varbind of varbinds) {
    const index = indexWithin(cursor.column, varbind.oid);
    if (index === undefined || isAbsent(varbind)) return 'end';
    if (cursor.last !== '' && compareIndex(index, cursor.last) <= 0) return 'disorder';
    cursor.last = index;
    let row = rows.get(index);
    if (row === undefined) {
      if (rows.size >= maxRows) return 'capped';
      row = {
        index,
        cells: Array.from<Varbind | undefined>({ length: width }),
        times: Array.from<DeviceTime | undefined>({ length: width }),
      };
      rows.set(index, row);
    }
    row.cells[cursor.at] = varbind;
    row.times[cursor.at] = time;
  }
  return 'more';
}

/** sysUpTime of a varbind, hundredths of a second; -1 when it is none. */
export function uptimeTicks(varbind: Varbind | undefined): number {
  if (varbind === undefined || varbind.type !== SNMP_TYPE.timeTicks) return -1;
  return typeof varbind.value === 'number' ? varbind.value : -1;
}
