/**
 * Puts the checked catalog file into the broker's bucket, waiting for the broker as long as it takes. Where there are
 * several sites it stays connected: one that comes back without the catalog, or with an old one, is given it.
 */
import type { Catalog } from '@kaiku/catalog';
import { Broker, brokerOptions, createLog, describeError } from '@kaiku/core';
import { author } from '../catalog/installation.ts';
import type { CheckedInstallation } from '../config/installation-check.ts';
import { ADMIN } from '../keys/broker-files.ts';
import type { Output } from './output.ts';

const RETRY_MS = 1000;

/** Ends when it is published, when there is none, or when told to stop; `stay`: sites are mended until then. */
export async function publishInstallationCatalog(
  { installation, catalog, file }: CheckedInstallation,
  output: Output,
  signal: AbortSignal,
  { stay }: { readonly stay: boolean },
): Promise<void> {
  if (catalog === undefined) return;
  const log = createLog({ role: 'cli', name: 'supervisor', level: 'silent' });
  const connecting = Broker.connect({ ...brokerOptions(installation, ADMIN.role, ADMIN.name), log });
  const stopped = new Promise<undefined>((done) => {
    signal.addEventListener('abort', () => done(undefined), { once: true });
  });
  const broker = await Promise.race([connecting, stopped]);
  if (broker === undefined) return;
  try {
    await publishWith(broker, catalog, file, output, signal);
  } finally {
    if (!stay || installation.broker.more.length === 0 || signal.aborted) await broker.close();
    else signal.addEventListener('abort', () => void broker.close(), { once: true });
  }
}

async function publishWith(
  broker: Broker,
  catalog: Catalog,
  file: string,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { publishCatalog } = await import('@kaiku/catalog');
  while (!signal.aborted) {
    try {
      const { revision, changed } = await publishCatalog(broker, catalog, {
        author: author(),
        reason: `kaiku up with ${file}`,
      });
      output.note(
        `catalog ${changed ? 'published' : 'unchanged'}: revision ${revision}, ${catalog.devices.length} devices`,
      );
      return;
    } catch (error) {
      output.problem(`the catalog could not be published yet: ${describeError(error)}`);
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
}
