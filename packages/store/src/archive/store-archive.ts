/**
 * Reads a store out by table and day, and writes such parts back: what backups, restores and copies between
 * stores are made of. A part is a Native block or several, zstd, at most some 40 MB before compression.
 *
 * Reading takes the ledger of a day first and its samples after, writing the other way round, so that a
 * ledger never names a batch whose rows are not there.
 */
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { addRange, HOUR_MS, type RangeSet } from '@kaiku/protocol';
import type { StoreAddress } from '../api.ts';
import { ClickHouse } from '../client/clickhouse.ts';
import { NativeColumns } from '../read/native-columns.ts';
import { storeRefine } from '../refine/store-refine.ts';
import { migrate } from '../schema/migrate.ts';
import { DAY_TABLES, daySql, LEDGER_TABLES, partSql, selectSql, SERIES_TABLE, type ArchiveTable } from './tables.ts';

const compress = promisify(zstdCompress);
const TIMEOUT_MS = 120_000;
/** Of a batch that claims to span more than this only the last day counts. */
const LONGEST_SPAN_DAYS = 31;

export interface ArchivedBatches {
  readonly agent: string;
  readonly epoch: number;
  readonly ranges: RangeSet;
}

export interface ArchivePart {
  readonly columns: readonly string[];
  readonly rows: number;
  /** Native, one zstd frame. */
  readonly bytes: Uint8Array;
}

export interface StoreArchive {
  readonly name: string;
  /** Days that hold anything, ascending, each with its position: the same as long as nothing was added. */
  days(): Promise<ReadonlyMap<string, string>>;
  /** Position of the table of series. */
  seriesPosition(): Promise<string>;
  /** Names of what `read` and `write` take for a day, in the order of restoring: the ledger last. */
  readonly tables: readonly string[];
  /** Batches whose newest sample lies on the day. */
  batches(day: string): Promise<readonly ArchivedBatches[]>;
  /** Parts of a day of a table that hold rows; `day` means nothing for `series`. */
  read(table: string, day: string): AsyncGenerator<ArchivePart>;
  /** Inserts a part; on disk on return. Repeating it changes nothing. */
  write(table: string, part: Pick<ArchivePart, 'columns' | 'bytes'>): Promise<void>;
  /** Recomputes the rollups of a day from what is there now. */
  refine(day: string): Promise<void>;
  /** Number of the newest migration. */
  migration(): Promise<number>;
  /** Makes the tables where they are missing. */
  migrate(): Promise<readonly number[]>;
  close(): Promise<void>;
}

const ALL: Readonly<Record<string, ArchiveTable>> = { series: SERIES_TABLE, ...DAY_TABLES, ...LEDGER_TABLES };

/** @throws RangeError for a table that archives do not hold */
function tableOf(name: string): ArchiveTable {
  const table = ALL[name];
  if (table === undefined) throw new RangeError(`archives hold no table "${name}"`);
  return table;
}

const DAYS = `
SELECT toString(toDate(day)) AS name, toString(sum(batches)) AS batches, toString(sum(digest)) AS digest,
  toString(sum(others)) AS others, toString(sum(samples)) AS samples FROM (
  SELECT arrayJoin(if(dateDiff('day', first, last) BETWEEN 0 AND ${LONGEST_SPAN_DAYS},
      range(toUInt32(toDate(first)), toUInt32(toDate(last)) + 1), [toUInt32(toDate(last))])) AS day,
    count() AS batches, sum(reinterpretAsUInt64(reverse(unhex(substring(sha256, 1, 16))))) AS digest,
    0 AS others, 0 AS samples FROM ledger FINAL GROUP BY day
  UNION ALL SELECT toUInt32(toDate(at)) AS day, 0, 0, count(), 0 FROM gap FINAL GROUP BY day
  UNION ALL SELECT toUInt32(toDate(at)) AS day, 0, 0, count(), 0 FROM quarantine FINAL GROUP BY day
  UNION ALL SELECT toUInt32(toDate(bucket)) AS day, 0, 0, 0, 0 FROM gauge_1h GROUP BY day
  UNION ALL SELECT toUInt32(toDate(bucket)) AS day, 0, 0, 0, 0 FROM counter_1h GROUP BY day
  UNION ALL SELECT toUInt32(toDate(ts)) AS day, 0, 0, 0, count() FROM gauge GROUP BY day
  UNION ALL SELECT toUInt32(toDate(ts)) AS day, 0, 0, 0, count() FROM counter GROUP BY day
) GROUP BY day ORDER BY day`;

const RUNS = `
SELECT agent, toString(epoch) AS epoch, toString(min(seq)) AS from, toString(max(seq)) AS to FROM (
  SELECT agent, epoch, seq, seq - row_number() OVER (PARTITION BY agent, epoch ORDER BY seq) AS run
  FROM (SELECT DISTINCT agent, epoch, seq FROM ledger WHERE DAY)
) GROUP BY agent, epoch, run ORDER BY agent, epoch, min(seq)`;

export function openArchive(address: StoreAddress): StoreArchive {
  const clickhouse = new ClickHouse(address);
  const refine = storeRefine(clickhouse);
  const options = { timeoutMs: TIMEOUT_MS };
  return {
    name: address.name,
    tables: [...Object.keys(DAY_TABLES), ...Object.keys(LEDGER_TABLES)],

    days: async () => {
      const rows = await clickhouse.rows<Record<'name' | 'batches' | 'digest' | 'others' | 'samples', string>>(
        DAYS,
        options,
      );
      return new Map(
        rows.map(({ name, batches, digest, others, samples }) => [
          name,
          // Samples without a ledger (written by hand) have only their number, which merges may change.
          `${batches}.${digest}.${others}${batches === '0' ? `.${samples}` : ''}`,
        ]),
      );
    },

    seriesPosition: async () => {
      const [row] = await clickhouse.rows<{ at: string }>(
        "SELECT concat(toString(count()), '.', toString(toUnixTimestamp64Milli(max(seen)))) AS at FROM series FINAL",
      );
      return row?.at ?? '';
    },

    batches: async (day) => {
      const sql = RUNS.replace('DAY', daySql({ ...LEDGER_TABLES.ledger, where: '1' }, day));
      const runs = await clickhouse.rows<{ agent: string; epoch: string; from: string; to: string }>(sql, options);
      const found = new Map<string, ArchivedBatches>();
      for (const { agent, epoch, from, to } of runs) {
        const key = `${agent} ${epoch}`;
        const ranges = addRange(found.get(key)?.ranges ?? [], Number(from), Number(to));
        found.set(key, { agent, epoch: Number(epoch), ranges });
      }
      return [...found.values()];
    },

    read: async function* (name, day) {
      const table = tableOf(name);
      const condition = daySql(table, day);
      const [count] = await clickhouse.rows<{ rows: string }>(
        `SELECT toString(count()) AS rows FROM ${table.table} WHERE ${condition}`,
        options,
      );
      const rows = Number(count?.rows ?? 0);
      const parts = Math.ceil(rows / table.partRows);
      for (let part = 0; part < parts; part += 1) {
        const bytes = await clickhouse.native(
          `SELECT ${selectSql(table)} FROM ${table.table} FINAL
           WHERE ${condition} AND ${partSql(table, part, parts)}`,
          options,
        );
        const held = NativeColumns.decode(bytes).rows;
        if (held > 0) yield { columns: table.columns, rows: held, bytes: await compress(bytes) };
      }
    },

    write: async (name, { columns, bytes }) => {
      const { table, columns: known } = tableOf(name);
      const unknown = columns.find((column) => !known.includes(column));
      if (unknown !== undefined) throw new RangeError(`table "${name}" has no column "${unknown}"`);
      await clickhouse.insertNative(table, columns, { chunks: [bytes], encoding: 'zstd' });
    },

    refine: async (day) => {
      const fromMs = Date.parse(`${day}T00:00:00Z`);
      await refine.rollup(fromMs, fromMs + 24 * HOUR_MS, Date.now());
    },

    migration: async () => {
      const [row] = await clickhouse.rows<{ newest: number }>('SELECT max(number) AS newest FROM migration');
      return row?.newest ?? 0;
    },
    migrate: () => migrate(clickhouse, address.retention),
    close: () => clickhouse.close(),
  };
}
