/** The log on two broker sites that know nothing of each other: one is away, comes back empty, and is given all of it. */
import { Broker, createLog } from '@kaiku/core';
import { startNats, until } from '@kaiku/core/testing';
import { expect, it } from 'vitest';
import { catalogSchema, type Catalog } from '../model/catalog.ts';
import { publishCatalog, readPublishedCatalog } from './catalog-bucket.ts';
import { openCatalogBucket, readCatalogLogs } from './catalog-log.ts';

const log = createLog({ role: 'test', name: 'catalog', level: 'silent' });
/** More than are compared when a site comes back. */
const CHANGES = 80;

const catalogOf = (change: number): Catalog =>
  catalogSchema.parse({
    version: 1,
    agencies: [{ id: 'a', name: `Agency ${change}` }],
    sites: [{ id: 's', name: 'S', country: 'FI', locality: 'Oulu' }],
  });

it('the log is whole at both sites', { timeout: 60_000 }, async () => {
  const [one, two] = [await startNats(), await startNats()];
  const broker = await Broker.connect({ url: one.url, more: [two.url], name: 'both', log });
  const alone = await Broker.connect({ url: two.url, name: 'second alone', log });
  const publish = async (change: number): Promise<number> =>
    (await publishCatalog(broker, catalogOf(change), { author: 'test', reason: `${change}` })).revision;
  const entriesAt = async (where: Broker): Promise<readonly number[]> =>
    (await readCatalogLogs(where)).flatMap(({ entries }) => entries.map(({ seq }) => seq));
  try {
    const mirrored = async (): Promise<boolean> => {
      await publish(1);
      return (await entriesAt(alone)).length === 1;
    };
    await until('both sites to have the first', () => mirrored().catch(() => false), 20_000);
    for (let change = 2; change <= CHANGES / 2; change += 1) await publish(change);
    await two.kill();
    two.wipe();
    for (let change = CHANGES / 2 + 1; change <= CHANGES; change += 1) await publish(change);
    await two.start();
    const mended = async (): Promise<boolean> => (await entriesAt(alone)).length === CHANGES;
    await until('the second site to have all', () => mended().catch(() => false), 30_000);
    expect(await entriesAt(alone)).toEqual(Array.from({ length: CHANGES }, (_, index) => index + 1));
    const current = async (): Promise<number | undefined> => (await readPublishedCatalog(alone))?.revision;
    await until('the second site’s state', async () => (await current()) === CHANGES, 20_000);
    await one.kill();
    const further = async (): Promise<boolean> =>
      publish(CHANGES + 1).then(
        (revision) => revision === CHANGES + 1,
        () => false,
      );
    await until('a change with the second site only', further, 20_000);
    expect((await (await openCatalogBucket(alone)).keys()).filter((key) => key.startsWith('log.'))).toHaveLength(
      CHANGES + 1,
    );
  } finally {
    await Promise.all([broker.close(), alone.close()]);
    await Promise.all([one.remove(), two.remove()]);
  }
});
