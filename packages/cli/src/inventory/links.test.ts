import { parseCatalog } from '@kaiku/catalog';
import { expect, test } from 'vitest';
import { linkRows } from './links.ts';

const device = (id: string, at: number): string =>
  `{ id: ${id}, nick: ${id}, address: 10.0.0.${at}, template: ping-only, site: s, agency: a, agents: [x] }`;
const catalog = parseCatalog(
  `version: 1
agencies: [{ id: a, name: A }]
sites: [{ id: s, name: S, country: FI, locality: Oulu }]
devices: [${['core', 'sw-1', 'sw-2', 'alone'].map(device).join(', ')}]
links:
  - { a: core, aPort: Gi1/0/10, b: sw-2, bPort: Gi0/1, source: lldp }
  - { a: core, aPort: Gi1/0/2, b: sw-1, bPort: Gi0/1, source: bridge }
  - { a: sw-1, aPort: Gi0/9, b: sw-2 }
`,
  'catalog.yaml',
);
const lines = (...named: string[]): string[] => linkRows(catalog, named).map((row) => row.join(' | '));

test('each link once; of a device that is named all of its own, ports in order of their numbers', () => {
  expect(lines()).toEqual([
    'core | Gi1/0/2 | sw-1 | Gi0/1 | bridge table',
    'core | Gi1/0/10 | sw-2 | Gi0/1 | LLDP',
    'sw-1 | Gi0/9 | sw-2 |  | by hand',
  ]);
  expect(lines('sw-2')).toEqual(['sw-2 |  | sw-1 | Gi0/9 | by hand', 'sw-2 | Gi0/1 | core | Gi1/0/10 | LLDP']);
  expect(lines('alone')).toEqual([]);
  expect(() => lines('nobody')).toThrow('no device "nobody"');
});
