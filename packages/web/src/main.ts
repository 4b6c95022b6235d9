/** A web server's wiring: query → image → page, live by the broker. It serves while either is away. */
import { join } from 'node:path';
import type { Catalog } from '@kaiku/catalog';
import { mibBook, MIB_FILE } from '@kaiku/catalog/mib';
import {
  createLog,
  createMetrics,
  healthPart,
  brokerOptions,
  loadInstallation,
  readSection,
  readEntry,
  runUntilSignal,
  type Part,
  type ServiceOptions,
} from '@kaiku/core';
import { openPool, openStore } from '@kaiku/store';
import { storeAddresses } from '@kaiku/store/config';
import { readOrCreateSecret } from './auth/secret.ts';
import { webEntrySchema } from './config.ts';
import { createPortal } from './create-portal.ts';
import { createApp } from './http/app.ts';
import { serverPart } from './http/server-part.ts';
import { brokerLink } from './live/broker-link.ts';
import { catalogCache } from './query/catalog-cache.ts';
import { buildDirectory, EMPTY_DIRECTORY } from './query/directory.ts';

export async function main(options: ServiceOptions): Promise<void> {
  const installation = loadInstallation(options.config);
  const entry = readEntry(installation, 'webs', webEntrySchema, options.name);
  const log = createLog({ role: 'web', name: entry.name, level: installation.logLevel });
  const metrics = createMetrics();
  const folder = join(installation.dataDir, 'web');
  const secret = readOrCreateSecret(entry.secretFile ?? join(folder, 'secret'));
  const cache = catalogCache(join(folder, 'catalog.json'), log);
  let directory = EMPTY_DIRECTORY;
  /** A catalog that cannot be used leaves the last one in force. */
  const useCatalog = (catalog: Catalog, revision: number): boolean => {
    try {
      directory = buildDirectory(catalog, revision);
      log.info({ revision, devices: directory.devices.size }, 'catalog in force');
      return true;
    } catch (error) {
      log.error({ err: error, revision }, 'the catalog cannot be used; the last one stays in force');
      return false;
    }
  };
  const kept = cache.read();
  if (kept !== undefined) useCatalog(kept.catalog, kept.revision);

  const mibs = mibBook({
    file: join(installation.dataDir, MIB_FILE),
    onRead: (names) => log.info({ names }, 'compiled MIBs read'),
    onProblem: (err) => log.warn({ err, hint: err.hint }, 'compiled MIBs cannot be read; what was read before is used'),
  });
  void mibs.look();

  const stores = storeAddresses(installation).map((address) => openStore(address));
  const pool = openPool(stores, log);
  const { portal, onAlarmEvent } = createPortal({
    name: entry.name,
    title: installation.installation,
    timeZone: entry.timeZone,
    behindProxy: entry.behindProxy,
    secret,
    pool,
    brokerConnected: () => link.connected,
    channel: () => link.channel(),
    directory: () => directory,
    mibs: () => mibs.current(),
    log,
    metrics,
    now: Date.now,
  });
  const link = brokerLink({
    place: brokerOptions(installation, 'web', entry.name),
    name: entry.name,
    log,
    onAlarm: onAlarmEvent,
    onHealth: (report) => portal.parts.hear(report, Date.now()),
    onCatalog: (catalog, revision) => {
      if (!useCatalog(catalog, revision)) return;
      cache.write(catalog, revision);
      portal.board.wake();
    },
  });
  const check = (): string => {
    if (!link.connected) return 'the broker is away: not live';
    return pool.health().some((store) => store.healthy) ? '' : 'no store answers';
  };
  const index = readSection(installation, 'webs', webEntrySchema).findIndex((each) => each.name === entry.name);
  const where = { file: installation.source.file, line: installation.source.lineOf(['webs', index, 'listen']) };
  const closeStores: Part = {
    name: 'store clients',
    start: () => Promise.resolve(),
    stop: async () => {
      await Promise.all(stores.map((store) => store.close()));
    },
  };

  await runUntilSignal(
    [
      closeStores,
      poolPart(pool),
      link,
      healthPart({ role: 'web', name: entry.name, metrics, listen: entry.health, broker: () => link.broker(), check }),
      portal.board,
      portal.hub,
      serverPart(createApp(portal), entry.listen, where),
    ],
    log,
  );
}

function poolPart(pool: Omit<Part, 'name'>): Part {
  return { name: 'store pool', start: () => pool.start(), stop: () => pool.stop() };
}
