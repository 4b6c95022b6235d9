/** A logger's wiring: receive → verify → insert → record → acknowledge → refine, and plans for agents. */
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
import { openStore, type Store, type StoreAddress } from '@kaiku/store';
import { storeAddresses } from '@kaiku/store/config';
import { standingAcknowledgements } from './acknowledge/acknowledge.ts';
import { loggerEntrySchema, type LoggerEntry } from './config.ts';
import { createPipeline } from './pipeline.ts';
import { createRefiner } from './refine/refiner.ts';
import { figures } from './report/figures.ts';
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
    const pipeline = createPipeline({ ...entry, broker, store, refiner, metrics, log });
    return [
      edges(broker, store),
      healthPart({
        role: 'logger',
        name,
        metrics,
        listen: entry.health,
        broker: () => broker,
        check: () => (broker.connected ? pipeline.trouble() : 'the broker is away'),
      }),
      serveConfig(broker, metrics, log),
      refiner.part,
      pipeline,
      standingAcknowledgements(broker, name, pipeline.ledger, log),
      figures({ durable: name, broker, ledger: pipeline.ledger, metrics, log }),
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
