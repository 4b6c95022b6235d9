/**
 * Puts the checked catalog file into the broker's bucket, waiting for the broker as long as it takes, and stays connected: a
 * broker, or one of its sites, that comes back without the catalog is given it again.
 */
import type { Catalog } from '@kaiku/catalog';
import { Broker, BrokerError, brokerOptions, ConflictError, createLog, describeError } from '@kaiku/core';
import { inForceOrRestored, publishedBefore, putInForce } from '../catalog/put-in-force.ts';
import type { CheckedInstallation } from '../config/installation-check.ts';
import { ADMIN } from '../keys/broker-files.ts';
import type { Output } from './output.ts';

const RETRY_MS = 1000;
/** How long a broker may be without a catalog until somebody notices. */
const LOOK_EVERY_MS = 10_000;

/**
 * Ends when it is published, when there is none, or when told to stop; `stay`: the broker is looked after until then. What
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
    if (stay && !signal.aborted) lookAfter(broker, checked, output, signal);
    else await broker.close();
  }
}

/** A broker that has lost its data gets the catalog back; who watches it notices nothing. */
function lookAfter(
  broker: Broker,
  { installation, catalog, file }: CheckedInstallation,
  output: Output,
  signal: AbortSignal,
): void {
  const look = async (): Promise<void> => {
    if (catalog === undefined || !broker.connected) return;
    const { CURRENT_KEY, openCatalogBucket } = await import('@kaiku/catalog');
    if ((await (await openCatalogBucket(broker)).get(CURRENT_KEY)) !== undefined) return;
    const inForce = await inForceOrRestored(broker, installation);
    const { revision } =
      inForce ??
      (await putInForce(broker, installation, {
        catalog,
        files: installation.catalogs,
        reason: `kaiku up with ${file}`,
      }));
    output.note(`the broker had lost the catalog; in force again is revision ${revision}`);
  };
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    // What fails now is looked at again.
    void look()
      .catch(() => undefined)
      .finally(() => (busy = false));
  }, LOOK_EVERY_MS);
  timer.unref();
  signal.addEventListener(
    'abort',
    () => {
      clearInterval(timer);
      void broker.close();
    },
    { once: true },
  );
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
