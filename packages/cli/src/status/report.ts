/** What `kaiku status` knows: figures as collected, and what follows from them. Pure. */
import type { HealthReport } from '@kaiku/protocol';
import type { LedgerSummary, TableCount } from '@kaiku/store';

export interface PartStatus {
  readonly role: string;
  readonly name: string;
  /** Configured here; others are heard on the broker only. */
  readonly configured: boolean;
  /** Undefined: silent. */
  readonly report: HealthReport | undefined;
}

export interface LedgerFigures {
  readonly agent: string;
  readonly epoch: number;
  readonly batches: number;
  readonly rows: number;
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

export interface Comparison {
  /** Undefined with fewer than two stores that answer. */
  readonly equal: boolean | undefined;
  readonly differences: readonly string[];
}

export function figuresOf(summaries: readonly LedgerSummary[]): readonly LedgerFigures[] {
  return summaries
    .map(({ agent, epoch, batches, rows }) => ({ agent, epoch, batches, rows }))
    .toSorted((a, b) => a.agent.localeCompare(b.agent) || a.epoch - b.epoch);
}

/** Tables whose rows come from batches: the others (quarantine, cursors) are each store's own. */
const SHARED = new Set(['gauge', 'counter', 'series', 'fact', 'derived', 'alarm_event']);

/** Do all stores that answer hold the same batches and the same rows? */
export function compareStores(stores: readonly StoreStatus[]): Comparison {
  const answering = stores.filter((store) => store.problem === undefined);
  const [first, ...others] = answering;
  if (first === undefined || others.length === 0) return { equal: undefined, differences: [] };
  const differences: string[] = [];
  for (const other of others) {
    const ledgerOf = (store: StoreStatus): Map<string, string> =>
      new Map(
        store.ledger.map((row) => [`${row.agent} epoch ${row.epoch}`, `${row.batches} batches, ${row.rows} rows`]),
      );
    const tablesOf = (store: StoreStatus): Map<string, string> =>
      new Map(
        store.tables
          .filter(({ table }) => SHARED.has(table))
          .map(({ table, rows }) => [`table ${table}`, `${rows} rows`]),
      );
    for (const pick of [ledgerOf, tablesOf]) {
      const left = pick(first);
      const right = pick(other);
      for (const key of new Set([...left.keys(), ...right.keys()])) {
        const a = left.get(key) ?? 'nothing';
        const b = right.get(key) ?? 'nothing';
        if (a !== b) differences.push(`${key}: ${first.name} has ${a}, ${other.name} has ${b}`);
      }
    }
  }
  return { equal: differences.length === 0, differences };
}
