/**
 * The store role: runs the embedded engine behind ClickHouse's HTTP interface.
 *
 *   kaiku.yaml → engine + HTTP server → loggers, analyzers, web
 *                       └ health on loopback, and on the broker when there is one
 *
 * It needs no broker: it connects in the background and reports its health once connected.
 */
import { statfsSync } from 'node:fs';
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
  runUntilSignal,
  type Part,
  type ServiceOptions,
} from '@kaiku/core';
import { storeEntrySchema } from './config.ts';
import { embeddedServer } from './server/embedded-server.ts';

/** Below this the engine cannot merge any more; inserts fail soon. */
const DISK_LOW_BYTES = 512 * 1024 * 1024;

export async function main({ config, name }: ServiceOptions): Promise<void> {
  const installation = loadInstallation(config);
  const entry = readEntry(installation, 'stores', storeEntrySchema, name);
  const { listen, user, password, memoryLimitMb } = entry;
  if (listen === undefined) {
    throw new ConfigError(
      `stores: "${name}" is a ClickHouse server of its own; there is nothing to run`,
      { file: installation.source.file, line: installation.source.lineOf(['stores']) },
      { hint: 'give it listen instead of url to run the embedded store here' },
    );
  }
  const log = createLog({ role: 'store', name, level: installation.logLevel });
  const metrics = createMetrics();
  let broker: Broker | undefined;
  const brokerPart: Part = {
    name: 'broker',
    start: async () => {
      void Broker.connect({ ...brokerOptions(installation, 'store', name), log }).then(
        (connected) => (broker = connected),
        (error: unknown) => log.warn({ err: error }, 'no health reports: the broker refused the connection'),
      );
    },
    stop: async () => broker?.close(),
  };
  const folder = join(installation.dataDir, 'store', name);
  const check = (): string => {
    const { bavail, bsize } = statfsSync(folder);
    metrics.set('diskFreeBytes', bavail * bsize);
    return bavail * bsize < DISK_LOW_BYTES ? 'the disk is nearly full' : '';
  };
  await runUntilSignal(
    [
      embeddedServer({ folder, listen, user, password, memoryLimitMb, log, metrics }),
      brokerPart,
      healthPart({ role: 'store', name, metrics, check, listen: entry.health, broker: () => broker }),
    ],
    log,
  );
}
