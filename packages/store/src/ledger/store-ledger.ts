/**
 * The ledger in the store: which batches it holds, and those it could not read. Written by this store's
 * logger after the data, read by loggers at start (summaries), and as a cursor by refiners and analyzers.
 */
import { addRange, countValues, encodeBlock, HOUR_MS, type ColumnSpec, type RangeSet } from '@kaiku/protocol';
import type { LedgerRow, LedgerSummary, StoredLedgerRow, StoreLedger } from '../api.ts';
import type { ClickHouse } from '../client/clickhouse.ts';
import { timeText, textsSql, timeSql } from '../read/sql.ts';

const TIME = "DateTime64(3, 'UTC')";
const LEDGER = [
  'agent',
  'epoch',
  'seq',
  'sha256',
  'rows',
  'first',
  'last',
  'sealed',
  'inserted',
  'hours',
  'hour_rows',
] as const;

const QUARANTINE = [
  { name: 'agent', type: 'String' },
  { name: 'epoch', type: 'UInt64' },
  { name: 'seq', type: 'UInt64' },
  { name: 'reason', type: 'String' },
  { name: 'body_base64', type: 'String' },
  { name: 'at', type: TIME },
] as const satisfies readonly ColumnSpec[];

/** One unbroken run of sequence numbers inserted on one day. */
interface Island {
  readonly agent: string;
  readonly epoch: string;
  readonly from: string;
  readonly to: string;
  readonly rows: string;
  readonly first: string;
  readonly last: string;
}

interface Sum {
  agent: string;
  epoch: number;
  ranges: RangeSet;
  rows: number;
  firstMs: number;
  lastMs: number;
  /** Batches as counted day by day: more than in the ranges when one was recorded on two days. */
  counted: number;
}

/** Runs of one day: consecutive numbers minus their rank are equal. */
const ISLANDS = `
SELECT agent, epoch, toString(min(seq)) AS from, toString(max(seq)) AS to, toString(sum(rows)) AS rows,
  toString(toUnixTimestamp64Milli(min(first))) AS first, toString(toUnixTimestamp64Milli(max(last))) AS last
FROM (
  SELECT agent, epoch, seq, rows, first, last, seq - row_number() OVER (PARTITION BY agent, epoch ORDER BY seq) AS run
  FROM ledger FINAL WHERE toYYYYMMDD(inserted) = DAY
)
GROUP BY agent, epoch, run ORDER BY agent, epoch, min(seq)`;

export function storeLedger(clickhouse: ClickHouse): StoreLedger {
  const exactRows = async ({ agent, epoch }: Sum): Promise<number> => {
    const [row] = await clickhouse.rows<{ rows: string }>(
      `SELECT toString(sum(rows)) AS rows FROM (
         SELECT any(rows) AS rows FROM ledger WHERE agent = ${textsSql([agent])} AND epoch = ${epoch} GROUP BY seq)`,
    );
    return Number(row?.rows ?? 0);
  };

  return {
    summaries: async (): Promise<readonly LedgerSummary[]> => {
      const days = await clickhouse.rows<{ day: number }>(
        'SELECT DISTINCT toYYYYMMDD(inserted) AS day FROM ledger ORDER BY day',
      );
      const sums = new Map<string, Sum>();
      for (const { day } of days) {
        const islands = await clickhouse.rows<Island>(ISLANDS.replace('DAY', String(day)));
        for (const island of islands) {
          const key = `${island.agent} ${island.epoch}`;
          const [from, to] = [Number(island.from), Number(island.to)];
          const sum = sums.get(key) ?? {
            agent: island.agent,
            epoch: Number(island.epoch),
            ranges: [],
            rows: 0,
            firstMs: Number.MAX_SAFE_INTEGER,
            lastMs: 0,
            counted: 0,
          };
          sum.ranges = addRange(sum.ranges, from, to);
          sum.rows += Number(island.rows);
          sum.counted += to - from + 1;
          sum.firstMs = Math.min(sum.firstMs, Number(island.first));
          sum.lastMs = Math.max(sum.lastMs, Number(island.last));
          sums.set(key, sum);
        }
      }
      const out: LedgerSummary[] = [];
      for (const sum of sums.values()) {
        const batches = countValues(sum.ranges);
        const rows = sum.counted === batches ? sum.rows : await exactRows(sum);
        const { agent, epoch, ranges, firstMs, lastMs } = sum;
        out.push({ agent, epoch, ranges, batches, rows, firstMs, lastMs });
      }
      return out;
    },

    hashOf: async (agent, epoch, seq) => {
      const [row] = await clickhouse.rows<{ sha256: string }>(
        `SELECT sha256 FROM ledger WHERE agent = ${textsSql([agent])} AND epoch = ${epoch} AND seq = ${seq}
         ORDER BY inserted DESC LIMIT 1`,
      );
      return row?.sha256;
    },

    record: (rows: readonly LedgerRow[], insertedMs: number) =>
      clickhouse.insertObjects(
        'ledger',
        LEDGER,
        rows.map((row) => ({
          agent: row.agent,
          epoch: row.epoch,
          seq: row.seq,
          sha256: row.sha256,
          rows: row.rows,
          first: timeText(row.firstMs),
          last: timeText(row.lastMs),
          sealed: timeText(row.sealedMs),
          inserted: timeText(insertedMs),
          hours: (row.hours ?? []).map(({ hourMs }) => Math.floor(hourMs / HOUR_MS)),
          hour_rows: (row.hours ?? []).map((hour) => hour.rows),
        })),
      ),

    since: async (insertedMs, limit): Promise<readonly StoredLedgerRow[]> => {
      const ms = (column: string): string => `toString(toUnixTimestamp64Milli(${column})) AS ${column}_ms`;
      const rows = await clickhouse.rows<Record<string, string>>(
        `SELECT agent, toString(epoch) AS epoch_no, toString(seq) AS seq_no, sha256, toString(rows) AS row_count,
           ${ms('first')}, ${ms('last')}, ${ms('sealed')}, ${ms('inserted')}
         FROM ledger FINAL WHERE inserted >= ${timeSql(insertedMs)}
         ORDER BY inserted LIMIT ${Math.trunc(limit)} WITH TIES`,
      );
      return rows.map((row) => ({
        agent: row['agent'] ?? '',
        epoch: Number(row['epoch_no']),
        seq: Number(row['seq_no']),
        sha256: row['sha256'] ?? '',
        rows: Number(row['row_count']),
        firstMs: Number(row['first_ms']),
        lastMs: Number(row['last_ms']),
        sealedMs: Number(row['sealed_ms']),
        insertedMs: Number(row['inserted_ms']),
      }));
    },

    quarantine: async ({ agent, epoch, seq, reason, bytes }, atMs) => {
      const block = encodeBlock(
        QUARANTINE,
        [
          [agent],
          BigUint64Array.of(BigInt(epoch)),
          BigUint64Array.of(BigInt(seq)),
          [reason],
          [Buffer.from(bytes).toString('base64')],
          BigInt64Array.of(BigInt(Math.trunc(atMs))),
        ],
        1,
      );
      await clickhouse.insertNative(
        'quarantine',
        QUARANTINE.map((column) => column.name),
        { chunks: [block], encoding: 'identity' },
      );
    },

    quarantined: async (sinceMs = 0) => {
      const [row] = await clickhouse.rows<{ rows: string }>(
        `SELECT toString(count()) AS rows FROM quarantine FINAL WHERE at >= ${timeSql(sinceMs)}`,
      );
      return Number(row?.rows ?? 0);
    },
  };
}
