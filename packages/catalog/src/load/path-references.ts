/** Paths lead over devices there are, each once, and their names are nobody else's. */
import type { Catalog } from '../model/catalog.ts';

type Fail = (path: readonly PropertyKey[], message: string, hint: string) => never;

export function checkPaths({ paths, devices, sites, agencies }: Catalog, fail: Fail): void {
  const ids = new Set(devices.map(({ id }) => id));
  paths.forEach((path, index) => {
    const at = ['paths', index];
    if (ids.has(path.id)) fail([...at, 'id'], `"${path.id}" is already a device`, 'a path is an entity of its own');
    if (!sites.some(({ id }) => id === path.site)) {
      fail([...at, 'site'], `there is no site "${path.site}"`, known(sites));
    }
    if (!agencies.some(({ id }) => id === path.agency)) {
      fail([...at, 'agency'], `there is no agency "${path.agency}"`, known(agencies));
    }
    path.points.forEach((point, each) => {
      const here = [...at, 'points', each];
      if (!ids.has(point)) fail(here, `there is no device "${point}"`, 'name the id of a device');
      if (path.points.indexOf(point) < each) fail(here, `"${point}" is on this path twice`, 'keep one of the two');
    });
  });
}

const known = (parts: readonly { readonly id: string }[]): string => `known: ${parts.map(({ id }) => id).join(', ')}`;
