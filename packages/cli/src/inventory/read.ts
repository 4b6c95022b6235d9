/** What devices were made of and ran, and since when, from one store. */
import { FACT_GONE_MS, INVENTORY_FACTS } from '@kaiku/protocol';
import type { Store } from '@kaiku/store';

/** One value of a fact, for as long as it held. */
export interface InventorySpan {
  readonly device: string;
  readonly fact: string;
  readonly instance: string;
  readonly value: string;
  readonly sinceMs: number;
  /** The value before; undefined for the first. */
  readonly before: string | undefined;
  /** Until when: another was told, or it was told last. Facts are told when they change, and once a day. */
  readonly lastMs: number;
  /** It holds still: nothing came after it, and it is told as lately as the rest of the device. */
  readonly now: boolean;
}

export interface InventoryQuestion {
  /** Empty: all. */
  readonly devices: readonly string[];
  /** Every fact, not only those of the inventory. */
  readonly all: boolean;
}

const MOST = 1_000_000;

/** Spans by device, fact and instance, oldest first. Facts are stored each day anew: only what differs begins a span. */
export async function readInventory(
  store: Pick<Store, 'query'>,
  { devices, all }: InventoryQuestion,
): Promise<readonly InventorySpan[]> {
  const conditions = [
    "value != ''",
    ...(devices.length === 0 ? [] : ['entity IN {devices:Array(String)}']),
    ...(all ? [] : ['match(name, {facts:String})']),
  ];
  const rows = await store.query(
    `SELECT entity, name, instance, toUnixTimestamp64Milli(ts) AS ms, value, before, at,
        toUnixTimestamp64Milli(last) AS lastMs, toUnixTimestamp64Milli(newest) AS newestMs FROM (
      SELECT entity, name, instance, ts, value,
        max(ts) OVER (PARTITION BY entity, name, instance) AS last, max(ts) OVER (PARTITION BY entity) AS newest,
        lagInFrame(value) OVER w AS before, row_number() OVER w AS at
      FROM fact FINAL WHERE ${conditions.join(' AND ')}
      WINDOW w AS (PARTITION BY entity, name, instance ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ) WHERE at = 1 OR value != before ORDER BY entity, name, instance, ts LIMIT ${MOST}`,
    { ...(devices.length === 0 ? {} : { devices }), ...(all ? {} : { facts: INVENTORY_FACTS }) },
  );
  const text = (row: (typeof rows)[number], column: string): string => String(row[column]);
  return rows.map((row, index): InventorySpan => {
    const next = rows[index + 1];
    const same = (column: string): boolean => next !== undefined && text(next, column) === text(row, column);
    const last = !(same('entity') && same('name') && same('instance'));
    const lastMs = last ? Number(row['lastMs']) : Number(next?.['ms']);
    return {
      device: text(row, 'entity'),
      fact: text(row, 'name'),
      instance: text(row, 'instance'),
      value: text(row, 'value'),
      sinceMs: Number(row['ms']),
      before: Number(row['at']) === 1 ? undefined : text(row, 'before'),
      lastMs,
      now: last && Number(row['newestMs']) - lastMs < FACT_GONE_MS,
    };
  });
}
