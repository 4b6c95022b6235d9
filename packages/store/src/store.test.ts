/** The contract of a store, on the embedded engine, and on a ClickHouse server where one is given. */
import { afterAll, describe } from 'vitest';
import { openStore } from './index.ts';
import { embeddedStore, type EmbeddedStore } from './testing/embedded-store.ts';
import { storeContract } from './testing/store-contract.ts';

let embedded: EmbeddedStore | undefined;
afterAll(async () => embedded?.remove());

storeContract('embedded engine', async () => {
  embedded = await embeddedStore();
  return openStore(embedded.address);
});

const external = process.env['KAIKU_TEST_CLICKHOUSE_URL'];
describe.skipIf(external === undefined)('with KAIKU_TEST_CLICKHOUSE_URL', () => {
  storeContract('ClickHouse server', async () => {
    const url = new URL(external ?? '');
    const user = url.username === '' ? 'default' : decodeURIComponent(url.username);
    const database = `kaiku_test_${process.pid}`;
    return openStore({ name: 'external', url: url.origin, user, password: decodeURIComponent(url.password), database });
  });
});
