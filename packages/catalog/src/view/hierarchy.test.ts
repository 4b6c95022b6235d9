import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCatalog } from '../load/load-catalog.ts';
import { describeCatalog, visibleDevices } from './hierarchy.ts';

const catalog = loadCatalog(join(import.meta.dirname, '../fixtures/office.good.yaml'));
const [noc, katja] = catalog.users;

describe('describeCatalog', () => {
  it('orders devices by agency, kind and model', () => {
    const { byAgency } = describeCatalog(catalog);
    const outline = byAgency.map(({ agency, kinds }) => [
      agency.id,
      kinds.map(({ kind, models }) => [kind, models.map((model) => model.devices.map((each) => each.device.id))]),
    ]);
    expect(outline).toEqual([
      [
        'vesivirasto',
        [
          ['core-switch', [['core-1']]],
          ['host', [['gateway']]],
        ],
      ],
      ['lupakeskus', [['switch', [['acc-1']]]]],
    ]);
  });

  it('orders devices by place', () => {
    const { byPlace, devices } = describeCatalog(catalog);
    expect(byPlace.map((each) => [each.country, each.localities.map((place) => place.locality)])).toEqual([
      ['FI', ['Helsinki']],
    ]);
    expect([...devices.keys()]).toEqual(['core-1', 'acc-1', 'gateway']);
    expect(devices.get('acc-1')).toMatchObject({
      template: { name: 'Our access switch', kind: 'switch' },
      site: { id: 'hel' },
    });
  });

  it('shows a user of one agency only its part', () => {
    expect(visibleDevices(catalog, noc ?? { agencies: ['x'] })).toHaveLength(3);
    expect(visibleDevices(catalog, katja ?? { agencies: [] }).map((each) => each.id)).toEqual(['acc-1']);
    const { byAgency, devices } = describeCatalog(catalog, katja);
    expect(byAgency.map((each) => each.agency.id)).toEqual(['lupakeskus']);
    expect([...devices.keys()]).toEqual(['acc-1']);
  });
});
