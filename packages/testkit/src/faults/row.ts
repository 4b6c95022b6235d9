/**
 * One row of the fault matrix as a plain function over a cluster, and how it is run: samples flow, the fault is
 * injected, everything is healed, and the account is compared with every store until all is whole.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { worst } from './check.ts';
import type { Cluster, ClusterOptions, GeneratingAgent, StorePart } from './cluster.ts';
import { untilWhole } from './whole.ts';

export interface RowRun {
  readonly cluster: Cluster;
  /** Ticks from here on are the row's. */
  readonly fromMs: number;
  /** Lets samples flow. */
  flow(seconds: number): Promise<void>;
  /** Fails the row, with the reason. */
  check(condition: boolean, what: string): void;
  note(text: string): void;
  /** An agent that is taken out of the cluster again behind the row, however it ends. */
  guest(agent: GeneratingAgent): GeneratingAgent;
  /** Undoes what the row has set up, behind everything else. */
  undo(act: () => void): void;
}

export interface RowEnd {
  /** `none` (the default): nothing may be missing. `some`: something was destroyed and must be recorded exactly. `any`: either. */
  readonly recorded?: 'none' | 'some' | 'any';
  /** Another range of ticks than from the row's begin until now. */
  readonly range?: { readonly fromMs: number; readonly toMs: number };
  readonly agents?: readonly GeneratingAgent[];
  readonly stores?: readonly StorePart[];
  /** The row has compared by itself. */
  readonly compared?: { readonly generated: number; readonly recorded: number; readonly seconds: number };
}

export interface Row {
  readonly number: number;
  readonly title: string;
  readonly injection: string;
  /** How long healing may take. */
  readonly deadlineMs?: number;
  /** Why it cannot be run here; undefined when it can. */
  readonly skip?: () => string | undefined;
  readonly run: (run: RowRun) => Promise<RowEnd | undefined>;
}

/** What is hurt. */
export type FaultPart = 'agent' | 'network' | 'broker' | 'logger' | 'store' | 'all';

/** Rows that share a cluster. */
export interface RowGroup {
  readonly name: string;
  readonly part: FaultPart;
  readonly options: Omit<ClusterOptions, 'root' | 'basePort'>;
  /** Disks, trees and what else must be there before the cluster starts. `folder` is the group's own. */
  readonly prepare?: (folder: string, root: string) => Prepared | Promise<Prepared>;
  readonly rows: readonly Row[];
}

export interface Prepared {
  readonly dataDirs?: Readonly<Record<string, string>>;
  readonly trees?: Readonly<Record<string, string>>;
  /** Undone behind the last row. */
  readonly remove: () => void;
}

export interface RowResult {
  readonly row: number;
  readonly title: string;
  readonly injection: string;
  readonly outcome: 'held' | 'failed' | 'skipped';
  readonly generated: number;
  readonly lost: number;
  readonly doubled: number;
  readonly recorded: number;
  /** From the end of the injection until all was whole. */
  readonly recoverySeconds: number;
  /** The whole row. */
  readonly seconds: number;
  /** Why it failed or was skipped; what was seen. */
  readonly notes: readonly string[];
}

const DEADLINE_MS = 90_000;
const LAST_LINES = 6;
const LAST_CHARS = 400;
const NOTHING = { generated: 0, lost: 0, doubled: 0, recorded: 0, recoverySeconds: 0 };

/** Runs a row; never throws: what goes wrong is the result. The cluster is whole again behind it, or the result says so. */
export async function runRow(row: Row, cluster: Cluster): Promise<RowResult> {
  const beganMs = performance.now();
  const result = await judgedRow(row, cluster);
  const notes = result.outcome === 'failed' ? [...result.notes, ...lastWords(cluster)] : result.notes;
  return { ...result, notes, seconds: (performance.now() - beganMs) / 1000 };
}

/** What each part logged last: its folder goes with the cluster, and with it why a row failed. */
function lastWords({ dir }: Cluster): readonly string[] {
  const folder = join(dir, 'logs');
  return readdirSync(folder).flatMap((file) => {
    const lines = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n');
    const last = lines.filter((line) => line !== '').slice(-LAST_LINES);
    return last.map((line) => `${file}: ${line.slice(0, LAST_CHARS)}`);
  });
}

async function judgedRow(row: Row, cluster: Cluster): Promise<Omit<RowResult, 'seconds'>> {
  const { number, title, injection, deadlineMs = DEADLINE_MS } = row;
  const base = { row: number, title, injection };
  const reason = row.skip?.();
  if (reason !== undefined) return { ...base, ...NOTHING, outcome: 'skipped', notes: [reason] };
  const notes: string[] = [];
  const failures: string[] = [];
  const guests: GeneratingAgent[] = [];
  const undo: (() => void)[] = [];
  const fromMs = Date.now();
  const run: RowRun = {
    cluster,
    fromMs,
    flow: (seconds) => sleep(seconds * 1000),
    check: (condition, what) => {
      if (!condition) failures.push(what);
    },
    note: (text) => void notes.push(text),
    guest: (agent) => {
      guests.push(agent);
      return agent;
    },
    undo: (act) => void undo.push(act),
  };
  try {
    const end = (await row.run(run)) ?? {};
    await cluster.heal();
    if (end.compared !== undefined) {
      const { generated, recorded, seconds } = end.compared;
      return {
        ...base,
        ...NOTHING,
        generated,
        recorded,
        recoverySeconds: seconds,
        outcome: failures.length === 0 ? 'held' : 'failed',
        notes: [...failures, ...notes],
      };
    }
    const { recorded = 'none', range = { fromMs, toMs: Date.now() } } = end;
    const { whole, seconds, comparisons } = await untilWhole(cluster, {
      ...range,
      deadlineMs,
      ...(end.agents === undefined ? {} : { agents: end.agents }),
      ...(end.stores === undefined ? {} : { stores: end.stores }),
    });
    const total = worst(comparisons);
    run.check(whole, `not whole after ${seconds.toFixed(0)} s`);
    run.check(total.generated > 0, 'nothing was generated');
    run.check(recorded !== 'none' || total.recorded === 0, `${total.recorded} samples are recorded as lost`);
    run.check(recorded !== 'some' || total.recorded > 0, 'something was destroyed, but nothing is recorded as lost');
    if (!whole) {
      failures.push(
        `${total.store}: lost ${total.lost}, doubled ${total.doubled}, wrong sums ${total.wrong}, untrue gaps ${total.untrue}, not in the ledger ${total.unlisted}`,
        ...total.details,
      );
    }
    return {
      ...base,
      generated: total.generated,
      lost: total.lost,
      doubled: total.doubled,
      recorded: total.recorded,
      recoverySeconds: seconds,
      outcome: failures.length === 0 ? 'held' : 'failed',
      notes: [...failures, ...notes],
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    await cluster.heal().catch((cause: unknown) => notes.push(`could not be healed: ${String(cause)}`));
    return { ...base, ...NOTHING, outcome: 'failed', notes: [text, ...failures, ...notes] };
  } finally {
    for (const agent of guests) await cluster.removeAgent(agent);
    for (const act of undo) act();
  }
}

/** Appends a result to a file of JSON lines, when there is one to append to. */
export function keepResult(file: string | undefined, result: RowResult): void {
  if (file !== undefined && file !== '') appendFileSync(file, `${JSON.stringify(result)}\n`);
}

/** Results that `keepResult` wrote. */
export function keptResults(file: string): readonly RowResult[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RowResult);
}

/** Columns of text; figures stand to the right. */
const TEXT = new Set([1, 8, 9]);

/** The table for people, by the rows of the matrix. */
export function formatRows(unsorted: readonly RowResult[]): string {
  const results = unsorted.toSorted((a, b) => a.row - b.row);
  const head = [
    'row',
    'fault',
    'generated',
    'lost',
    'doubled',
    'recorded',
    'whole after s',
    'in all s',
    '',
    'injection',
  ];
  const seconds = (one: RowResult, value: number): string => (one.outcome === 'skipped' ? '' : value.toFixed(1));
  const body = results.map((one) => [
    `${one.row}`,
    one.title,
    `${one.generated}`,
    `${one.lost}`,
    `${one.doubled}`,
    `${one.recorded}`,
    seconds(one, one.recoverySeconds),
    seconds(one, one.seconds),
    one.outcome,
    one.injection,
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...body.map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (TEXT.has(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const notes = results.flatMap(({ row, notes: each }) => each.map((note) => `  ${row}: ${note}`));
  return [line(head), ...body.map(line), ...notes].join('\n');
}
