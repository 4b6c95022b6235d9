/**
 * What every Store must do, whichever engine stands behind it: run against the embedded one, and against
 * a ClickHouse server when one is given. By topic in `contract/`.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { Store } from '../api.ts';
import { alarmsContract } from './contract/alarms.ts';
import { auditContract } from './contract/audit.ts';
import { eventsContract } from './contract/events.ts';
import { gridsContract } from './contract/grids.ts';
import { ledgerContract } from './contract/ledger.ts';
import { newestContract } from './contract/newest.ts';
import { questionsContract } from './contract/questions.ts';
import { refineContract } from './contract/refine.ts';
import { retentionContract } from './contract/retention.ts';
import { samplesContract } from './contract/samples.ts';

const TOPICS = [
  samplesContract,
  gridsContract,
  refineContract,
  newestContract,
  alarmsContract,
  eventsContract,
  ledgerContract,
  auditContract,
  retentionContract,
  questionsContract,
];

export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`a store: ${name}`, () => {
    let store: Store | undefined;
    const opened = (): Store => {
      if (store === undefined) throw new Error('the store is not open yet');
      return store;
    };
    beforeAll(async () => {
      store = await open();
      await store.migrate();
    }, 30_000);
    afterAll(async () => store?.close());

    for (const contract of TOPICS) contract(opened);
  });
}
