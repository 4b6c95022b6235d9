/** What discovery writes and reads again: a catalog file that holds devices and links only. */
import { parseAt, parseYaml } from '@kaiku/core';
import type { z } from 'zod';
import { catalogSchema, type Catalog } from '../model/catalog.ts';
import { linkKey } from './link-ends.ts';

const fragmentSchema = catalogSchema.pick({ version: true, devices: true, links: true });
export type Fragment = Pick<z.output<typeof fragmentSchema>, 'devices' | 'links'>;

export const EMPTY_FRAGMENT: Fragment = { devices: [], links: [] };

/** @throws ConfigError */
export function parseFragment(text: string, file: string): Fragment {
  const { devices, links } = parseAt(parseYaml(text, file), fragmentSchema);
  return { devices, links };
}

/** The catalog without what stands in the fragment. */
export function withoutFragment(catalog: Catalog, { devices, links }: Fragment): Catalog {
  const ids = new Set(devices.map(({ id }) => id));
  const keys = new Set(links.map(linkKey));
  return {
    ...catalog,
    devices: catalog.devices.filter(({ id }) => !ids.has(id)),
    links: catalog.links.filter((link) => !keys.has(linkKey(link))),
  };
}
