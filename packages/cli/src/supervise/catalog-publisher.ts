/** Puts the checked catalog file into the broker's bucket, waiting for the broker as long as it takes. */
import { userInfo } from 'node:os';
import { Broker, createLog, describeError } from '@kaiku/core';
import type { CheckedInstallation } from '../config/installation-check.ts';
import type { Output } from './output.ts';

const RETRY_MS = 1000;

/** Answers the connection it used, for the caller to close; undefined when told to stop first. */
export async function publishInstallationCatalog(
  { installation, catalog, file }: CheckedInstallation,
  output: Output,
  signal: AbortSignal,
): Promise<Broker | undefined> {
  const log = createLog({ role: 'cli', name: 'supervisor', level: 'silent' });
  const connecting = Broker.connect({ url: installation.broker.url, name: 'kaiku-supervisor', log });
  const stopped = new Promise<undefined>((done) => {
    signal.addEventListener('abort', () => done(undefined), { once: true });
  });
  const broker = await Promise.race([connecting, stopped]);
  if (broker === undefined || catalog === undefined) return broker;
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
      return broker;
    } catch (error) {
      output.problem(`the catalog could not be published yet: ${describeError(error)}`);
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
  return broker;
}

/** Who runs this command, for the catalog's history. */
export function author(): string {
  try {
    return userInfo().username;
  } catch {
    return 'operator';
  }
}
