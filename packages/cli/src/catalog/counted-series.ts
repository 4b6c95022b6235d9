/** How many series each device has, by a store: for plans, which otherwise go by typical sizes of tables. */
import type { CountedSeries } from '@kaiku/catalog';
import type { CheckedInstallation } from '../config/installation-check.ts';

/** A plan does not wait for stores that are away. */
const WAIT_MS = 3000;
/** Without what analyzers computed (kind 2). */
const QUESTION = 'SELECT entity, uniqExact(series) AS n FROM series WHERE kind != 2 GROUP BY entity';

/** Empty when no store answers in time. */
export async function countedSeries(checked: CheckedInstallation): Promise<CountedSeries> {
  if (checked.installation.stores.length === 0) return new Map();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CountedSeries>((done) => (timer = setTimeout(() => done(new Map()), WAIT_MS)));
  try {
    return await Promise.race([ask(checked), late]);
  } catch {
    return new Map();
  } finally {
    clearTimeout(timer);
  }
}

async function ask(checked: CheckedInstallation): Promise<CountedSeries> {
  const { withPool } = await import('../query/read.ts');
  const rows = await withPool(checked, (pool) => pool.read((store) => store.query(QUESTION)));
  return new Map(rows.map(({ entity, n }) => [String(entity), Number(n)]));
}
