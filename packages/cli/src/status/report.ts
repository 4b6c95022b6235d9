/** What `kaiku status` knows: figures as collected, and what follows from them. Pure. */
import { highest, type HealthReport, type RangeSet } from '@kaiku/protocol';
import type { LedgerSummary, TableCount } from '@kaiku/store';

export interface PartStatus {
  readonly role: string;
  readonly name: string;
  /** Configured here; others are heard on the broker only. */
  readonly configured: boolean;
  /** Stopped on demand (`kaiku part hold`, a drill), and kept so. */
  readonly held: boolean;
  /** Undefined: silent. */
  readonly report: HealthReport | undefined;
}

export interface LedgerFigures {
  readonly agent: string;
  readonly epoch: number;
  readonly batches: number;
  readonly rows: number;
  /** Sequence numbers held. */
  readonly ranges: RangeSet;
}

export interface StoreStatus {
  readonly name: string;
  /** Why it could not be asked; undefined when it answered. */
  readonly problem: string | undefined;
  readonly tables: readonly TableCount[];
  readonly ledger: readonly LedgerFigures[];
}

export interface AlarmStatus {
  readonly entity: string;
  readonly rule: string;
  readonly instance: string;
  readonly severity: string;
  readonly sinceMs: number;
  readonly message: string;
}

export interface StatusReport {
  readonly installation: string;
  readonly atMs: number;
  /** Undefined when the broker answers. */
  readonly brokerProblem: string | undefined;
  readonly parts: readonly PartStatus[];
  readonly stores: readonly StoreStatus[];
  readonly comparison: Comparison;
  /** Undefined when no store could be asked. */
  readonly alarms: readonly AlarmStatus[] | undefined;
}

/**
 * `equal`: same batches, same rows. `behind`: the same as far as each has got; the newest few batches of
 * one are still on their way to the other. `differ`: one lacks batches, or has other rows.
 */
export interface Comparison {
  readonly state: 'equal' | 'behind' | 'differ' | 'unknown';
  /** True for `equal` and `behind`; undefined when there is nothing to compare. */
  readonly equal: boolean | undefined;
  readonly differences: readonly string[];
  /** What is on its way. */
  readonly behind: readonly string[];
}

/** Batches of one agent that may be on their way: some 20 s of sealing every 2 s. */
const ON_THEIR_WAY = 10;

export function figuresOf(summaries: readonly LedgerSummary[]): readonly LedgerFigures[] {
  return summaries
    .map(({ agent, epoch, batches, rows, ranges }) => ({ agent, epoch, batches, rows, ranges }))
    .toSorted((a, b) => a.agent.localeCompare(b.agent) || a.epoch - b.epoch);
}

/** Tables whose rows come from batches: the others (quarantine, cursors) are each store's own. */
const SHARED = new Set(['gauge', 'counter', 'series', 'fact', 'derived', 'alarm_event', 'event']);

/** Do all stores that answer hold the same batches and, where they do, the same rows? */
export function compareStores(stores: readonly StoreStatus[]): Comparison {
  const [first, ...others] = stores.filter((store) => store.problem === undefined);
  if (first === undefined || others.length === 0) {
    return { state: 'unknown', equal: undefined, differences: [], behind: [] };
  }
  const differences: string[] = [];
  const behind: string[] = [];
  for (const other of others) {
    for (const key of ledgerKeys(first, other)) compareLedger(key, first, other, differences, behind);
    if (differences.length + behind.length === 0) differences.push(...compareTables(first, other));
  }
  const state = differences.length > 0 ? 'differ' : behind.length > 0 ? 'behind' : 'equal';
  return { state, equal: state !== 'differ', differences, behind };
}

const keyOf = ({ agent, epoch }: LedgerFigures): string => `${agent} epoch ${epoch}`;

const ledgerKeys = (a: StoreStatus, b: StoreStatus): ReadonlySet<string> =>
  new Set([...a.ledger, ...b.ledger].map(keyOf));

const NOTHING = { batches: 0, rows: 0, ranges: [] };

function compareLedger(key: string, a: StoreStatus, b: StoreStatus, differences: string[], behind: string[]): void {
  const [left, right] = [a, b].map((store) => store.ledger.find((row) => keyOf(row) === key) ?? NOTHING);
  if (left === undefined || right === undefined) return;
  const common = Math.min(highest(left.ranges) ?? 0, highest(right.ranges) ?? 0);
  for (const [mine, theirs, lacking] of [
    [left, right, b],
    [right, left, a],
  ] as const) {
    const upTo = lacks(theirs.ranges, mine.ranges, common);
    const beyond = lacks(theirs.ranges, mine.ranges, Infinity) - upTo;
    if (upTo > 0) differences.push(`${key}: ${lacking.name} lacks ${upTo} batches in between`);
    if (beyond > 0)
      (beyond > ON_THEIR_WAY ? differences : behind).push(`${key}: ${lacking.name} is behind by ${beyond} batches`);
  }
  const same = lacks(left.ranges, right.ranges, Infinity) + lacks(right.ranges, left.ranges, Infinity) === 0;
  if (same && left.rows !== right.rows) {
    differences.push(`${key}: ${left.rows} rows in ${a.name}, ${right.rows} in ${b.name}, in the same batches`);
  }
}

/** How many numbers up to `limit` are in `wanted` and not in `held`. */
function lacks(held: RangeSet, wanted: RangeSet, limit: number): number {
  let count = 0;
  for (const [from, to] of wanted) {
    let next = from;
    const last = Math.min(to, limit);
    for (const [first, end] of held) {
      if (end < next) continue;
      if (first > last) break;
      count += Math.max(0, Math.min(first, last + 1) - next);
      next = Math.max(next, end + 1);
    }
    count += Math.max(0, last - next + 1);
  }
  return count;
}

function compareTables(a: StoreStatus, b: StoreStatus): readonly string[] {
  const rowsOf = (store: StoreStatus, table: string): number =>
    store.tables.find((each) => each.table === table)?.rows ?? 0;
  return [...SHARED].flatMap((table) => {
    const [left, right] = [rowsOf(a, table), rowsOf(b, table)];
    return left === right ? [] : [`table ${table}: ${left} rows in ${a.name}, ${right} in ${b.name}`];
  });
}
