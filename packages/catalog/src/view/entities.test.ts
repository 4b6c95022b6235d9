import { expect, test } from 'vitest';
import { catalogSchema } from '../model/catalog.ts';
import { describeCatalog } from './hierarchy.ts';
import { entitiesOf } from './entities.ts';

const place = { site: 'hki', agency: 'noc', agents: ['agent-a'] };
const catalog = catalogSchema.parse({
  version: 1,
  agencies: [{ id: 'noc', name: 'NOC' }],
  sites: [{ id: 'hki', name: 'Office', country: 'FI', locality: 'Helsinki' }],
  devices: [
    { id: 'sw', nick: 'Switch', address: '192.0.2.1', template: 'ping-only', ...place },
    { id: 'srv', nick: 'Server', address: '192.0.2.9', template: 'ping-only', ...place },
  ],
  paths: [{ id: 'to-server', nick: 'Desk to server', points: ['sw', 'srv'], everyMs: 30_000, ...place }],
});

test('a path is an entity at the address of its last point, with alarms and graphs of its own', () => {
  expect(entitiesOf(catalog).map(({ id, address }) => [id, address])).toEqual([
    ['sw', '192.0.2.1'],
    ['srv', '192.0.2.9'],
    ['to-server', '192.0.2.9'],
  ]);
  const path = describeCatalog(catalog).devices.get('to-server');
  expect(path?.template.kind).toBe('path');
  expect(path?.device.everyMs).toBe(30_000);
  expect(path?.template.alarms.map(({ metric }) => metric)).toContain('pathBlame');
});
