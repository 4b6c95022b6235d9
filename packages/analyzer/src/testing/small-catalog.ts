/** A catalog of a router and a printer behind it, for tests. */
import { catalogSchema, type Catalog } from '@kaiku/catalog';

const device = (id: string, dependsOn: readonly string[]) => ({
  id,
  nick: id,
  address: '127.0.0.1',
  template: 'pinged',
  site: 'hki',
  agency: 'tax',
  agents: ['agent-1'],
  dependsOn,
});

export const smallCatalog: Catalog = catalogSchema.parse({
  version: 1,
  agencies: [{ id: 'tax', name: 'Tax' }],
  sites: [{ id: 'hki', name: 'Helsinki', country: 'FI', locality: 'Helsinki' }],
  templates: [
    {
      id: 'pinged',
      name: 'Pinged',
      kind: 'host',
      measurements: [{ check: 'icmp', everyMs: 60_000 }],
      alarms: [
        { id: 'down', metric: 'rtt', severity: 'critical', when: 'failed', message: '{nick} does not answer' },
        { id: 'slow', metric: 'rtt', severity: 'minor', when: 'above', raise: 100, message: '{nick}: {value} {unit}' },
      ],
      availability: ['rtt'],
    },
  ],
  devices: [device('router', []), device('printer', ['router'])],
});
