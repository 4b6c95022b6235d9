/** What a logger needs of its store, and no more: the edge that tests replace. */
import type { Store } from '@kaiku/store';

export type LoggerStore = Pick<Store, 'name' | 'ledger' | 'audit' | 'refine' | 'migrate' | 'insertFrames'>;
