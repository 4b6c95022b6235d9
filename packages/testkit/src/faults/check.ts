/**
 * Compares what agents sealed (their account) with what a store holds, by ledger and by the samples themselves.
 *
 * Per agent and store, over ticks in [fromMs, toMs):
 * - `lost`: samples sealed that the store lacks and for which it records no gap
 * - `doubled`: more distinct samples of a tick than were sealed
 * - `wrong`: ticks with the right count and a wrong sum
 * - `recorded`: samples that the store lacks and records as a gap; `untrue`: a gap recorded though the samples are there
 * - `unsealed`: samples of ticks the account does not know (their batch was sealed at the moment of a kill)
 */
import type { Account, AccountLine } from './account.ts';
import type { TickSums } from './known.ts';
import { gapsOf, ledgerOf, samplesOf, type RecordedGap, type StoreDoor, type TickRows } from './store-query.ts';

export interface Generator {
  readonly account: Account;
  readonly series: number;
  readonly sums: TickSums;
}

export interface Comparison {
  readonly agent: string;
  readonly store: string;
  readonly generated: number;
  readonly found: number;
  readonly lost: number;
  readonly doubled: number;
  readonly wrong: number;
  readonly recorded: number;
  readonly untrue: number;
  readonly unsealed: number;
  /** Batches whose samples are there and whose ledger row is not. */
  readonly unlisted: number;
  /** The first few differences, in words. */
  readonly details: readonly string[];
}

export const isWhole = ({ lost, doubled, wrong, untrue, unlisted }: Comparison): boolean =>
  lost + doubled + wrong + untrue + unlisted === 0;

const DETAILS = 5;

export async function compare(
  { account, series, sums }: Generator,
  store: StoreDoor,
  fromMs: number,
  toMs: number,
): Promise<Comparison> {
  const lines = account.between(fromMs, toMs);
  const [samples, ledger, gaps] = await Promise.all([
    samplesOf(store, account.agent, fromMs, toMs),
    ledgerOf(store, account.agent, fromMs, toMs),
    gapsOf(store, account.agent),
  ]);
  return judge({ agent: account.agent, store: store.name, everyMs: account.everyMs, series, sums }, lines, {
    samples,
    ledger,
    gaps,
  });
}

interface Found {
  readonly samples: ReadonlyMap<number, TickRows>;
  readonly ledger: ReadonlySet<string>;
  readonly gaps: readonly RecordedGap[];
}

interface Whose {
  readonly agent: string;
  readonly store: string;
  readonly everyMs: number;
  readonly series: number;
  readonly sums: TickSums;
}

/** The judgement by itself: pure. */
export function judge(whose: Whose, lines: readonly AccountLine[], { samples, ledger, gaps }: Found): Comparison {
  const { agent, store, everyMs, series, sums } = whose;
  const total = { generated: 0, found: 0, lost: 0, doubled: 0, wrong: 0, recorded: 0, untrue: 0, unsealed: 0 };
  const details: string[] = [];
  const say = (text: string): void => {
    if (details.length < DETAILS) details.push(text);
  };
  let unlisted = 0;
  const byTick = Map.groupBy(lines, ({ tick }) => tick);
  for (const [tick, parts] of byTick) {
    const sealed = rowsOf(parts);
    // A batch that is in the ledger is in the store, whatever was recorded of it before (a gap may be filled later).
    const gapped = parts.filter((line) => !ledger.has(keyOf(line)) && isGap(gaps, line));
    const here = samples.get(tick * everyMs);
    const rows = here?.rows ?? 0;
    total.generated += sealed;
    total.found += Math.min(rows, sealed);
    const due = sealed - rowsOf(gapped);
    const keys = parts.map(keyOf).join(' ');
    const at = new Date(tick * everyMs).toISOString();
    if (rows < due) {
      total.lost += due - rows;
      say(`${agent} ${keys} of ${at}: ${rows} of ${due} samples`);
    } else if (rows > sealed) {
      total.doubled += rows - sealed;
      say(`${agent} ${keys} of ${at}: ${rows} samples where ${sealed} were sealed`);
    } else if (rows > due) {
      total.untrue += rows - due;
      say(`${agent} ${keys} of ${at}: recorded as lost, but ${rows} samples are there`);
    } else {
      total.recorded += sealed - rows;
      for (const line of parts) {
        if (ledger.has(keyOf(line)) || gapped.includes(line)) continue;
        unlisted += 1;
        say(`${agent} ${keyOf(line)} of ${at}: samples are there, the ledger lacks it`);
      }
      if (sealed === series && rows === series && here !== undefined && !sumsAgree(sums(agent, series, tick), here)) {
        total.wrong += 1;
        say(`${agent} ${keys} of ${at}: the sums differ`);
      }
    }
  }
  for (const [time, { rows }] of samples) if (!byTick.has(time / everyMs)) total.unsealed += rows;
  return { agent, store, ...total, unlisted, details };
}

const keyOf = ({ epoch, seq }: AccountLine): string => `${epoch}/${seq}`;
const rowsOf = (lines: readonly AccountLine[]): number => lines.reduce((sum, { rows }) => sum + rows, 0);

function isGap(gaps: readonly RecordedGap[], { epoch, seq }: AccountLine): boolean {
  return gaps.some((gap) => gap.epoch === epoch && gap.from <= seq && seq <= gap.to);
}

function sumsAgree(due: ReturnType<TickSums>, here: TickRows): boolean {
  return (
    due.gauges + due.counters === here.rows && due.gaugeSum === here.gaugeSum && due.counterSum === here.counterSum
  );
}

/** Several comparisons as one line: totals over agents, of the store that is worst. */
export function worst(all: readonly Comparison[]): Omit<Comparison, 'agent' | 'store'> & { readonly store: string } {
  const stores = [...Map.groupBy(all, ({ store }) => store)].map(([store, each]) => {
    const sum = (figure: (one: Comparison) => number): number => each.reduce((total, one) => total + figure(one), 0);
    return {
      store,
      generated: sum((one) => one.generated),
      found: sum((one) => one.found),
      lost: sum((one) => one.lost),
      doubled: sum((one) => one.doubled),
      wrong: sum((one) => one.wrong),
      recorded: sum((one) => one.recorded),
      untrue: sum((one) => one.untrue),
      unsealed: sum((one) => one.unsealed),
      unlisted: sum((one) => one.unlisted),
      details: each.flatMap(({ details }) => details),
    };
  });
  const badness = (one: (typeof stores)[number]): number =>
    one.lost + one.doubled + one.wrong + one.untrue + one.unlisted;
  const [first] = stores.sort((a, b) => badness(b) - badness(a));
  if (first === undefined) throw new Error('nothing was compared');
  return first;
}
