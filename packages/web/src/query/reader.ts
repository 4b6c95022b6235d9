/**
 * Reads through the pool of stores, with a deadline, and remembers for half a minute which series an
 * entity has. Every failure leaves as UnavailableError: the caller shows what it has and says so.
 */
import type { SeriesInfo, Store, StorePool } from '@kaiku/store';
import { UnavailableError, WebError } from '../errors.ts';
import { within } from './deadline.ts';

const DEADLINE_MS = 8000;
const SERIES_KEPT_MS = 30_000;
const SERIES_ENTITIES = 2000;

export interface Reader {
  /** @throws UnavailableError */
  read<T>(what: string, run: (store: Store) => Promise<T>): Promise<T>;
  /** Series of one entity. @throws UnavailableError */
  seriesOf(entity: string): Promise<readonly SeriesInfo[]>;
}

export function createReader(pool: StorePool, now: () => number): Reader {
  const kept = new Map<string, { atMs: number; series: Promise<readonly SeriesInfo[]> }>();

  const read = async <T>(what: string, run: (store: Store) => Promise<T>): Promise<T> => {
    try {
      return await within(pool.read(run), DEADLINE_MS, what);
    } catch (error) {
      if (error instanceof WebError) throw error;
      throw new UnavailableError(`${what} cannot be read: no store answers`, {
        hint: 'the health page shows which stores are away',
        cause: error,
      });
    }
  };
  return {
    read,
    seriesOf: (entity) => {
      const nowMs = now();
      const known = kept.get(entity);
      if (known !== undefined && nowMs - known.atMs < SERIES_KEPT_MS) return known.series;
      const series = read('series', (store) => store.read.series({ entities: [entity] }));
      kept.delete(entity);
      kept.set(entity, { atMs: nowMs, series });
      // What failed is asked again next time.
      series.catch(() => kept.delete(entity));
      const eldest = kept.keys().next();
      if (kept.size > SERIES_ENTITIES && eldest.done !== true) kept.delete(eldest.value);
      return series;
    },
  };
}

/** Runs a read and answers either its result or why there is none. */
export async function attempt<T>(promise: Promise<T>): Promise<{ value: T } | { failed: string; value: undefined }> {
  try {
    return { value: await promise };
  } catch (error) {
    if (error instanceof UnavailableError) return { value: undefined, failed: error.message };
    throw error;
  }
}
