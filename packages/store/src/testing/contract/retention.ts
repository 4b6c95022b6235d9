/** Contract of a store: what is too old goes, what acknowledges is synced. */
import { expect, it } from 'vitest';
import type { Store } from '../../api.ts';
import { A1, gaugeRows, insert, ownSeries } from './rows.ts';

const DAY_MS = 86_400_000;

export function retentionContract(open: () => Store): void {
  it('drops samples past their days, and keeps younger ones', async () => {
    const [old, young] = [ownSeries(), ownSeries()];
    const now = Date.now();
    await insert(open(), [gaugeRows([[old, now - 500 * DAY_MS, A1, 1]])]);
    await insert(open(), [gaugeRows([[young, now - 300 * DAY_MS, A1, 1]])]);
    const left = async (id: bigint): Promise<number> => (await open().read.gauges([id], 0, now)).ts.length;
    await expect.poll(() => left(old), { timeout: 15_000 }).toBe(0);
    expect(await left(young)).toBe(1);
  }, 20_000);

  it('syncs every table that acknowledges', async () => {
    const tables = await open().query(
      `SELECT name FROM system.tables WHERE database = currentDatabase() AND name != 'migration'
       AND NOT (engine_full LIKE '%fsync_after_insert = 1%' AND engine_full LIKE '%fsync_part_directory = 1%')`,
    );
    expect(tables).toEqual([]);
  });
}
