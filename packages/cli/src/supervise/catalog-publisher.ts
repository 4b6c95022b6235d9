/**
 * Puts the checked catalog file into the broker's bucket, waiting for the broker as long as it takes. Where there are
 * several sites it stays connected: one that comes back without the catalog, or with an old one, is given it.
 */
import type { Catalog } from '@kaiku/catalog';
import { Broker, BrokerError, brokerOptions, ConflictError, createLog, describeError } from '@kaiku/core';
import { inForceOrRestored, publishedBefore, putInForce } from '../catalog/put-in-force.ts';
import type { CheckedInstallation } from '../config/installation-check.ts';
import { ADMIN } from '../keys/broker-files.ts';
import type { Output } from './output.ts';

const RETRY_MS = 1000;

/**
 * Ends when it is published, when there is none, or when told to stop; `stay`: sites are mended until then. What
 * was published from these files before is not published again at a start, when something is in force.
 */
export async function publishInstallationCatalog(
  checked: CheckedInstallation,
  output: Output,
  signal: AbortSignal,
  { stay }: { readonly stay: boolean },
): Promise<void> {
  const { installation } = checked;
  if (checked.catalog === undefined) return;
  const log = createLog({ role: 'cli', name: 'supervisor', level: 'silent' });
  const connecting = Broker.connect({ ...brokerOptions(installation, ADMIN.role, ADMIN.name), log });
  const stopped = new Promise<undefined>((done) => {
    signal.addEventListener('abort', () => done(undefined), { once: true });
  });
  const broker = await Promise.race([connecting, stopped]);
  if (broker === undefined) return;
  try {
    await publishWith(broker, checked, checked.catalog, { output, signal, again: !stay });
  } finally {
    if (!stay || installation.broker.more.length === 0 || signal.aborted) await broker.close();
    else signal.addEventListener('abort', () => void broker.close(), { once: true });
  }
}

async function publishWith(
  broker: Broker,
  { installation, file }: CheckedInstallation,
  catalog: Catalog,
  { output, signal, again }: { readonly output: Output; readonly signal: AbortSignal; readonly again: boolean },
): Promise<void> {
  const files = installation.catalogs;
  while (!signal.aborted) {
    try {
      const inForce = await inForceOrRestored(broker, installation);
      if (!again && inForce !== undefined && (await publishedBefore(installation))) {
        output.note(`catalog as published before; in force is revision ${inForce.revision}: ${inForce.reason}`);
        return;
      }
      const reason = `kaiku up with ${file}`;
      const { revision, changed } = await putInForce(broker, installation, { catalog, files, reason });
      output.note(
        `catalog ${changed ? 'published' : 'unchanged'}: revision ${revision}, ${catalog.devices.length} devices`,
      );
      return;
    } catch (error) {
      const passes = error instanceof BrokerError || error instanceof ConflictError;
      output.problem(`the catalog could not be published${passes ? ' yet' : ''}: ${describeError(error)}`);
      if (!passes) return;
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
}
