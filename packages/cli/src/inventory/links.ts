/** Links of the catalog in force as a table, each from the side of the device that was asked for. Pure. */
import type { Catalog } from '@kaiku/catalog';
import { LINK_SOURCE_WORDS, neighboursOf } from '@kaiku/catalog';
import { UsageError } from '../errors.ts';

export const LINK_COLUMNS = ['device', 'port', 'neighbour', 'its port', 'known by'] as const;

/**
 * Every link once, seen from its first end; of devices that are named, every link of theirs.
 * @throws UsageError for a device that is not there
 */
export function linkRows(
  { links, devices }: Pick<Catalog, 'links' | 'devices'>,
  named: readonly string[],
): readonly (readonly string[])[] {
  const ids = new Set(devices.map(({ id }) => id));
  const strange = named.find((id) => !ids.has(id));
  if (strange !== undefined) {
    throw new UsageError(`inventory links: there is no device "${strange}" in the catalog in force`, {
      hint: 'kaiku catalog show lists the devices',
    });
  }
  const shown = named.length > 0 ? named : [...new Set(links.map(({ a }) => a))].toSorted();
  return shown.flatMap((device) =>
    neighboursOf(named.length > 0 ? links : links.filter(({ a }) => a === device), device).map(
      ({ port, peer, peerPort, source }) => [device, port, peer, peerPort, LINK_SOURCE_WORDS[source]],
    ),
  );
}
