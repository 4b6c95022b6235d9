/** Asks a store over ClickHouse's HTTP interface, as an outsider would: the checker trusts none of Kaiku's reading code. */
import { agentId } from '@kaiku/protocol';

/** A store that was stopped or emptied a moment ago, on a busy machine, takes its time. */
const TIMEOUT_MS = 60_000;

export interface StoreDoor {
  readonly name: string;
  readonly url: string;
}

/** Rows of a statement, split at tabs. @throws Error with the store's words */
async function ask({ name, url }: StoreDoor, sql: string): Promise<readonly (readonly string[])[]> {
  const answer = await fetch(`${url}/?user=kaiku&password=&database=kaiku`, {
    method: 'POST',
    body: `${sql} FORMAT TabSeparated`,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${name}: ${text.slice(0, 300)}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

export async function answers({ url }: StoreDoor): Promise<boolean> {
  try {
    return (await fetch(`${url}/ping`, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false;
  }
}

export interface TickRows {
  readonly rows: number;
  /** Of gauges; exact, since they are multiples of 1/4. */
  readonly gaugeSum: number;
  readonly counterSum: bigint;
}

/** Samples of one agent by time: distinct rows, and their sums. */
export async function samplesOf(
  store: StoreDoor,
  agent: string,
  fromMs: number,
  toMs: number,
): Promise<ReadonlyMap<number, TickRows>> {
  const found = new Map<number, TickRows>();
  for (const table of ['gauge', 'counter'] as const) {
    const rows = await ask(
      store,
      `SELECT toUnixTimestamp64Milli(ts) AS t, count(), sum(value) FROM ${table} FINAL WHERE agent = ${agentId(agent)}
       AND ts >= fromUnixTimestamp64Milli(${fromMs}) AND ts < fromUnixTimestamp64Milli(${toMs}) GROUP BY t`,
    );
    for (const [time, count, sum = '0'] of rows) {
      const before = found.get(Number(time)) ?? { rows: 0, gaugeSum: 0, counterSum: 0n };
      found.set(Number(time), {
        rows: before.rows + Number(count),
        gaugeSum: table === 'gauge' ? Number(sum) : before.gaugeSum,
        counterSum: table === 'counter' ? BigInt(sum) : before.counterSum,
      });
    }
  }
  return found;
}

/** Keys `epoch/seq` in the ledger, of batches with samples in the range. */
export async function ledgerOf(
  store: StoreDoor,
  agent: string,
  fromMs: number,
  toMs: number,
): Promise<ReadonlySet<string>> {
  const rows = await ask(
    store,
    `SELECT epoch, seq FROM ledger FINAL WHERE agent = '${agent}' AND last >= fromUnixTimestamp64Milli(${fromMs}) AND first < fromUnixTimestamp64Milli(${toMs})`,
  );
  return new Set(rows.map(([epoch, seq]) => `${epoch}/${seq}`));
}

export interface RecordedGap {
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** What the store records as lost. None where its schema has no such table (an older version's). */
export async function gapsOf(store: StoreDoor, agent: string): Promise<readonly RecordedGap[]> {
  const [known] = await ask(store, `SELECT count() FROM system.tables WHERE database = 'kaiku' AND name = 'gap'`);
  if (known?.[0] !== '1') return [];
  const rows = await ask(
    store,
    `SELECT epoch, first_seq, last_seq, reason FROM gap FINAL WHERE agent = '${agent}' ORDER BY epoch, first_seq`,
  );
  return rows.map(([epoch, from, to, reason]) => ({
    epoch: Number(epoch),
    from: Number(from),
    to: Number(to),
    reason: reason ?? '',
  }));
}

/** Free statement, for a row's own question. */
export async function countOf(store: StoreDoor, sql: string): Promise<number> {
  const [row] = await ask(store, sql);
  return Number(row?.[0] ?? 0);
}

/** Something done to the store behind its logger's back: rows deleted, tables emptied. */
export async function command(store: StoreDoor, sql: string): Promise<void> {
  const answer = await fetch(`${store.url}/?user=kaiku&password=&database=kaiku`, {
    method: 'POST',
    body: sql,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`${store.name}: ${(await answer.text()).slice(0, 300)}`);
}
