/** What the analyzer asks of the stores: reads only, by way of the pool, which picks the store and fails over. */
import type { Store, StoreLedger, StoreRead } from '@kaiku/store';

export interface AnalyzerStore extends Pick<Store, 'name'> {
  readonly read: Pick<
    StoreRead,
    'series' | 'gauges' | 'counters' | 'derived' | 'facts' | 'activeAlarms' | 'alarmEvents'
  >;
  readonly ledger: Pick<StoreLedger, 'since' | 'summaries'>;
}

/** The part of StorePool used here. Throws the last StoreError when no store answers. */
export interface StoreReader {
  read<T>(run: (store: AnalyzerStore) => Promise<T>): Promise<T>;
}
