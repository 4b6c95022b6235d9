/**
 * Everything that is watched and shown: devices, and paths in the shape of devices, so that alarms, graphs, search and
 * rights need to know of one kind of entity only. Feeds the analyzer and the portal. Pure.
 */
import type { Catalog } from '../model/catalog.ts';
import { deviceSchema, type Device } from '../model/device.ts';

/** The built-in template of paths. */
const PATH_TEMPLATE = 'path';

/** In the catalog's order: devices first. */
export function entitiesOf(catalog: Catalog): readonly Device[] {
  if (catalog.paths.length === 0) return catalog.devices;
  const addresses = new Map(catalog.devices.map(({ id, address }) => [id, address]));
  const paths = catalog.paths.map(({ id, nick, site, agency, agents, everyMs, points }) =>
    deviceSchema.parse({
      id,
      nick,
      address: addresses.get(points.at(-1) ?? '') ?? 'unknown',
      template: PATH_TEMPLATE,
      site,
      agency,
      agents,
      everyMs,
    }),
  );
  return [...catalog.devices, ...paths];
}
