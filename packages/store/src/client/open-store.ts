/** A Store over one address: client, ledger, reads and refining put together. */
import { BATCH_TABLES, BATCH_TABLE_NAMES } from '@kaiku/protocol';
import type { Store, StoreAddress, TableCount } from '../api.ts';
import { storeAudit } from '../audit/store-audit.ts';
import { storeLedger } from '../ledger/store-ledger.ts';
import { storeRead } from '../read/store-read.ts';
import { storeRefine } from '../refine/store-refine.ts';
import { migrate } from '../schema/migrate.ts';
import { ClickHouse } from './clickhouse.ts';
import { insertBodies, isNear } from './insert-body.ts';

/** Tables whose rows are the same in every store that holds the same batches, and the ledger. */
const COUNTED = [...BATCH_TABLE_NAMES, 'ledger'] as const;

/** Opens nothing yet: connections are made as requests need them, and made anew when they break. */
export function openStore(address: StoreAddress): Store {
  const clickhouse = new ClickHouse(address);
  return {
    name: address.name,
    ledger: storeLedger(clickhouse),
    audit: storeAudit(clickhouse),
    read: storeRead(clickhouse),
    refine: storeRefine(clickhouse),
    ping: () => clickhouse.ping(),
    migrate: () => migrate(clickhouse, address.retention),
    insertFrames: async (table, frames, encoding = 'zstd') => {
      const columns = BATCH_TABLES[table].map((column) => column.name);
      for await (const body of insertBodies(table, frames, encoding, isNear(address.url))) {
        await clickhouse.insertNative(table, columns, body);
      }
    },
    counts: async (): Promise<readonly TableCount[]> => {
      const each = COUNTED.map((table) => `SELECT '${table}' AS table, count() AS row_count FROM ${table} FINAL`);
      const rows = await clickhouse.rows<{ table: string; row_count: string; bytes: string }>(
        `SELECT table, toString(row_count) AS row_count, toString(bytes) AS bytes FROM (${each.join(' UNION ALL ')}) AS c
         LEFT JOIN (SELECT table, sum(bytes_on_disk) AS bytes FROM system.parts
           WHERE active AND database = currentDatabase() GROUP BY table) AS p USING (table) ORDER BY table`,
      );
      return rows.map(({ table, row_count, bytes }) => ({
        table,
        rows: Number(row_count),
        bytesOnDisk: Number(bytes),
      }));
    },
    query: (sql, parameters) =>
      clickhouse.rows(sql.trim().replace(/;+$/, ''), {
        settings: { readonly: '1' },
        ...(parameters === undefined ? {} : { parameters }),
      }),
    close: () => clickhouse.close(),
  };
}
