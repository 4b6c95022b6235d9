/** A catalog of three sites, two agencies and some thirty devices, for tests and for looking at pages. */
import { catalogSchema, type Catalog } from '@kaiku/catalog';

export interface FixtureUsers {
  /** Argon2id hash of the password of all users. */
  readonly passwordHash: string;
}

const SITES = [
  { id: 'helsinki', name: 'Pasila office', country: 'FI', locality: 'Helsinki' },
  { id: 'tampere', name: 'Tammela service point', country: 'FI', locality: 'Tampere' },
  { id: 'oulu', name: 'Rotuaari shared office', country: 'FI', locality: 'Oulu' },
];

const AGENCIES = [
  { id: 'licences', name: 'Licensing Authority' },
  { id: 'registry', name: 'Population Registry' },
];

interface Kind {
  readonly template: string;
  readonly prefix: string;
  readonly nick: string;
  readonly perSite: readonly number[];
}

const KINDS: readonly Kind[] = [
  { template: 'generic-router', prefix: 'rtr', nick: 'Router', perSite: [1, 1, 1] },
  { template: 'core-switch', prefix: 'core', nick: 'Core switch', perSite: [2, 0, 0] },
  { template: 'access-switch', prefix: 'sw', nick: 'Switch', perSite: [3, 1, 2] },
  { template: 'linux-server', prefix: 'srv', nick: 'Server', perSite: [3, 0, 1] },
  { template: 'workstation', prefix: 'ws', nick: 'Workstation', perSite: [5, 2, 3] },
  { template: 'printer', prefix: 'prn', nick: 'Printer', perSite: [1, 1, 1] },
  { template: 'ups', prefix: 'ups', nick: 'UPS', perSite: [1, 1, 0] },
];

const LINKS = [
  { a: 'hel-core-1', aPort: 'Gi0/1', b: 'hel-sw-1', bPort: 'Gi0/2', source: 'lldp' },
  { a: 'hel-core-1', aPort: 'Gi0/2', b: 'hel-sw-3', bPort: 'Gi0/1', source: 'cdp' },
  { a: 'hel-core-1', aPort: 'Gi0/3', b: 'hel-sw-2', bPort: 'Gi0/1', source: 'lldp' },
  { a: 'hel-prn-1', b: 'hel-sw-1', bPort: 'Gi0/1', source: 'bridge' },
];

export function fixtureCatalog({ passwordHash }: FixtureUsers): Catalog {
  const devices = SITES.flatMap((site, at) =>
    KINDS.flatMap((kind) =>
      Array.from({ length: kind.perSite[at] ?? 0 }, (_, index) => ({
        id: `${site.id.slice(0, 3)}-${kind.prefix}-${index + 1}`,
        nick: `${site.locality} ${kind.nick.toLowerCase()} ${index + 1}`,
        address: `10.${at + 10}.${KINDS.indexOf(kind)}.${index + 1}`,
        template: kind.template,
        site: site.id,
        agency: (AGENCIES[site.id === 'tampere' || index % 3 === 2 ? 1 : 0] ?? AGENCIES[0])?.id,
        agents: site.id === 'helsinki' ? ['agent-hki', 'agent-hki-2'] : [`agent-${site.id}`],
        snmp: { community: 'fixture' },
        ...(kind.prefix === 'ws' ? { user: `Person ${at + 1}${index + 1}` } : { owner: 'Network team' }),
        ...(kind.prefix === 'core' ? { criticality: 'high' } : {}),
      })),
    ),
  );
  return catalogSchema.parse({
    version: 1,
    agencies: AGENCIES,
    sites: SITES,
    devices,
    links: LINKS,
    users: [
      { name: 'noc', fullName: 'Noora Ollila', role: 'admin', passwordHash },
      { name: 'katja', fullName: 'Katja Lindholm', role: 'viewer', agencies: ['registry'], passwordHash },
      { name: 'team', fullName: 'Timo Raita', role: 'team', agencies: ['licences'], passwordHash },
    ],
  });
}
