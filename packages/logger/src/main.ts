/**
 * A logger's wiring: receive → verify → insert → record → acknowledge → refine; beside it repair and audit, which
 * find and fill holes, and the answers to agents: plans and claims.
 */
import { join } from 'node:path';
import {
  Broker,
  ConfigError,
  createLog,
  createMetrics,
  healthPart,
  brokerOptions,
  loadInstallation,
  readEntry,
  readSection,
  runUntilSignal,
  type Installation,
  type Part,
  type ServiceOptions,
} from '@kaiku/core';
import { catalogArchive } from '@kaiku/catalog';
import { openStore, type Store, type StoreAddress } from '@kaiku/store';
import { storeAddresses } from '@kaiku/store/config';
import { standingAcknowledgements } from './acknowledge/acknowledge.ts';
import { createAuditor } from './audit/auditor.ts';
import { createClaims } from './claim/claims.ts';
import { loggerEntrySchema, type LoggerEntry } from './config.ts';
import { createPipeline } from './pipeline.ts';
import { createRepair } from './repair/repair.ts';
import { createRefiner } from './refine/refiner.ts';
import { dayFigures, figures } from './report/figures.ts';
import { serveConfig } from './serve-config/serve-config.ts';

/** The store an entry names. @throws ConfigError with the line of the reference */
export function storeOf(installation: Installation, entry: LoggerEntry): StoreAddress {
  const addresses = storeAddresses(installation);
  const found = addresses.find(({ name }) => name === entry.store);
  if (found !== undefined) return found;
  const index = readSection(installation, 'loggers', loggerEntrySchema).findIndex(({ name }) => name === entry.name);
  throw new ConfigError(
    `loggers.${index}.store: there is no store "${entry.store}"`,
    { file: installation.source.file, line: installation.source.lineOf(['loggers', index, 'store']) },
    {
      hint: addresses.length === 0 ? 'add one under stores:' : `known: ${addresses.map(({ name }) => name).join(', ')}`,
    },
  );
}

export async function main({ config, name }: ServiceOptions): Promise<void> {
  const installation = loadInstallation(config);
  const entry = readEntry(installation, 'loggers', loggerEntrySchema, name);
  const address = storeOf(installation, entry);
  const log = createLog({ role: 'logger', name, level: installation.logLevel });

  await runUntilSignal(async () => {
    const metrics = createMetrics();
    const broker = await Broker.connect({ ...brokerOptions(installation, 'logger', name), log });
    const store = openStore(address);
    const refiner = createRefiner({ store, metrics, log });
    const { settleMs } = entry.repair;
    const pipeline = createPipeline({
      ...entry,
      broker,
      store,
      refiner,
      onReplayed: (agent, bytes) => repair.arrived(agent, bytes),
      onStoreBack: () => auditor.suspect(),
      metrics,
      log,
    });
    const repair = createRepair({ name, settleMs, broker, pipeline, metrics, log });
    const auditor = createAuditor({
      name,
      times: entry.audit,
      settleMs,
      broker,
      store,
      pipeline,
      repair,
      metrics,
      log,
    });
    const claims = createClaims(broker, metrics, log);
    return [
      edges(broker, store),
      healthPart({
        role: 'logger',
        name,
        metrics,
        listen: entry.health,
        broker: () => broker,
        check: () => (broker.connected ? pipeline.trouble() : 'the broker is away'),
        note: () =>
          [broker.trouble, claims.note()]
            .filter((text) => text !== '')
            .join('; ')
            .slice(0, 500),
      }),
      serveConfig(broker, metrics, log),
      catalogArchive({ broker, file: join(installation.dataDir, 'logger', name, 'catalog-log.jsonl'), log }),
      refiner.part,
      pipeline,
      repair,
      auditor,
      claims,
      standingAcknowledgements(broker, name, pipeline.ledger, log),
      figures({ durable: name, broker, ledger: pipeline.ledger, metrics, log }),
      dayFigures(store, metrics, log),
    ];
  }, log);
}

/** Connections are open before any part starts and close after the last has stopped. */
function edges(broker: Broker, store: Store): Part {
  return {
    name: 'edges',
    start: () => Promise.resolve(),
    stop: async () => {
      await broker.close();
      await store.close();
    },
  };
}
