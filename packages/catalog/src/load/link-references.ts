/** Links lead from one device to another, each once. */
import type { Catalog } from '../model/catalog.ts';
import { linkKey } from '../discovery/link-ends.ts';

type Fail = (path: readonly PropertyKey[], message: string, hint: string) => never;

export function checkLinks({ links, devices }: Pick<Catalog, 'links' | 'devices'>, fail: Fail): void {
  const ids = new Set(devices.map(({ id }) => id));
  const seen = new Set<string>();
  links.forEach((link, index) => {
    for (const end of ['a', 'b'] as const) {
      if (!ids.has(link[end])) {
        fail(['links', index, end], `there is no device "${link[end]}"`, 'name the id of a device');
      }
    }
    if (link.a === link.b) fail(['links', index, 'b'], `"${link.b}" is linked to itself`, 'name another device');
    const key = linkKey(link);
    if (seen.has(key)) {
      fail(['links', index], `${link.a} and ${link.b} are linked by these ports already`, 'keep one of the two');
    }
    seen.add(key);
  });
}
