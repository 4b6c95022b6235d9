/** Publishing and watching through a real nats-server, also when it is killed and comes back empty. */
import { join } from 'node:path';
import { Broker, createLog } from '@kaiku/core';
import { startNats, until, type TestNats } from '@kaiku/core/testing';
import { BUCKETS } from '@kaiku/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalog } from '../load/load-catalog.ts';
import { publishCatalog, readPublishedCatalog, watchCatalog } from './catalog-bucket.ts';

const folder = join(import.meta.dirname, '../fixtures');
const office = loadCatalog(join(folder, 'office.good.yaml'));
const smallest = loadCatalog(join(folder, 'smallest.good.yaml'));
const log = createLog({ role: 'test', name: 'catalog', level: 'fatal' });
const why = { author: 'test', reason: 'because' };

let nats: TestNats;
let broker: Broker;

beforeAll(async () => {
  nats = await startNats();
  broker = await Broker.connect({ url: nats.url, name: 'catalog-test', log });
});
afterAll(async () => {
  await broker.close();
  await nats.remove();
});

describe('the published catalog', () => {
  it('is written when it changes, watched, and outlives the broker', { timeout: 60_000 }, async () => {
    const seen: [number, number][] = [];
    const watch = watchCatalog(broker, (catalog, revision) => seen.push([revision, catalog.devices.length]), log);
    expect(await readPublishedCatalog(broker)).toBeUndefined();

    expect(await publishCatalog(broker, smallest, why)).toEqual({ revision: 1, changed: true, entry: 1 });
    expect(await publishCatalog(broker, smallest, why)).toEqual({ revision: 1, changed: false });
    await until('the first catalog', () => seen.length === 1);
    expect(await publishCatalog(broker, office, why)).toEqual({ revision: 2, changed: true, entry: 2 });
    await until('the second catalog', () => seen.length === 2);
    expect(await readPublishedCatalog(broker)).toMatchObject({
      revision: 2,
      author: 'test',
      reason: 'because',
      catalog: office,
    });

    const bucket = await broker.bucket(BUCKETS.catalog, 64);
    await bucket.put('current', new TextEncoder().encode('{"revision":3}'));
    expect(await readPublishedCatalog(broker)).toBeUndefined();
    // The log still tells what is in force, and `current` is mended from it.
    expect(await publishCatalog(broker, office, why)).toEqual({ revision: 2, changed: false });
    expect(await readPublishedCatalog(broker)).toMatchObject({ revision: 2, catalog: office });

    await nats.kill();
    nats.wipe();
    await nats.start();
    const publishAgain = async (): Promise<boolean> => {
      try {
        return (await publishCatalog(broker, smallest, why)).changed;
      } catch {
        return false;
      }
    };
    await until('publishing again', publishAgain, 20_000);
    await until('the catalog of the new broker', () => seen.length === 3, 20_000);
    expect(seen).toEqual([
      [1, 0],
      [2, 3],
      [1, 0],
    ]);
    watch.stop();
  });
});
