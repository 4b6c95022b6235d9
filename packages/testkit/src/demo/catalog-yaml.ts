/** The demo's catalog file: agencies, sites, the simulated devices, users, and this machine where it answers SNMP. */
import { DEMO_AGENCIES, buildDemoOffices } from '../sim/offices/demo-offices.ts';
import type { SimDevice } from '../sim/model/device.ts';

export interface DemoPasswordHashes {
  /** Of `noc`, the administrator. */
  readonly noc: string;
  /** Of `katja`, a viewer of one agency. */
  readonly katja: string;
}

export interface DemoCatalogOptions {
  /** UDP port of the simulated devices. */
  readonly snmpPort: number;
  /** Interval of all checks, ms; 10 s by default, so that things happen while one watches. */
  readonly everyMs?: number;
  /** TCP ports of the portal's web servers, measured as web services. */
  readonly portals?: readonly number[];
  /** This machine's own SNMP agent, when it answers. */
  readonly thisMachine?: { readonly port: number; readonly community: string };
}

const EVERY_MS = 10_000;

/** YAML that a person can read and change; `loadCatalog` accepts it. */
export function demoCatalogYaml(
  hashes: DemoPasswordHashes,
  { snmpPort, everyMs = EVERY_MS, portals = [], thisMachine }: DemoCatalogOptions,
): string {
  const offices = buildDemoOffices(0);
  const lines = [
    '# The catalog of the demo: three simulated offices with about thirty devices.',
    '# Change it and run `kaiku apply`; the agents fetch what concerns them.',
    'version: 1',
    '',
    'agencies:',
    ...DEMO_AGENCIES.map(({ id, name }) => `  - { id: ${id}, name: ${quote(name)} }`),
    '',
    'sites:',
    ...offices.flatMap(({ site }) => [
      `  - id: ${site.id}`,
      `    name: ${quote(site.name)}`,
      `    country: ${site.country}`,
      `    locality: ${quote(site.locality)}`,
      `    latitude: ${site.latitude}`,
      `    longitude: ${site.longitude}`,
    ]),
    '',
    'devices:',
  ];
  for (const { site, devices } of offices) {
    lines.push(`  # ${site.name}`);
    for (const device of devices) lines.push(...deviceLines(device, snmpPort, everyMs));
  }
  if (thisMachine !== undefined) lines.push(...thisMachineLines(thisMachine, everyMs));
  if (portals.length > 0) lines.push(...portalLines(portals, everyMs));
  lines.push(...pathLines(everyMs));
  lines.push(
    '',
    'users:',
    '  # Sees and does everything.',
    '  - name: noc',
    `    fullName: ${quote('Network operations')}`,
    '    role: admin',
    `    passwordHash: ${quote(hashes.noc)}`,
    '  # Sees one agency only, in whatever office its devices stand.',
    '  - name: katja',
    `    fullName: ${quote('Katja Lindholm')}`,
    '    role: viewer',
    '    agencies: [lupakeskus]',
    `    passwordHash: ${quote(hashes.katja)}`,
    '',
  );
  return lines.join('\n');
}

function deviceLines(device: SimDevice, snmpPort: number, everyMs: number): readonly string[] {
  const { id, nick, address, template, site, agency, agents, dependsOn, criticality, user, community } = device;
  return [
    `  - id: ${id}`,
    `    nick: ${quote(nick)}`,
    `    address: ${address}`,
    `    template: ${template}`,
    `    site: ${site}`,
    `    agency: ${agency}`,
    `    agents: [${agents.join(', ')}]`,
    `    snmp: { port: ${snmpPort}, community: ${quote(community)} }`,
    `    everyMs: ${everyMs}`,
    ...(user === undefined ? [] : [`    user: ${quote(user)}`]),
    ...(criticality === 'normal' ? [] : [`    criticality: ${criticality}`]),
    ...(dependsOn.length === 0 ? [] : [`    dependsOn: [${dependsOn.join(', ')}]`]),
  ];
}

function thisMachineLines(
  { port, community }: { port: number; community: string },
  everyMs: number,
): readonly string[] {
  return [
    '  # This machine, through its own SNMP agent.',
    '  - id: this-machine',
    `    nick: ${quote('This machine')}`,
    '    address: 127.0.0.1',
    '    template: this-host',
    '    site: helsinki',
    '    agency: yhteispalvelu',
    '    agents: [agent-helsinki]',
    `    snmp: { port: ${port}, community: ${quote(community)} }`,
    `    everyMs: ${everyMs}`,
  ];
}

/** The portal measures itself as its users see it: an HTTP check of each server. */
function portalLines(ports: readonly number[], everyMs: number): readonly string[] {
  return [
    '  # The portal itself, as its users see it.',
    '  - id: portal',
    `    nick: ${quote('Kaiku portal')}`,
    '    address: 127.0.0.1',
    '    template: web-service',
    '    site: helsinki',
    '    agency: yhteispalvelu',
    '    agents: [agent-helsinki]',
    '    checks:',
    ...ports.map((port, at) => {
      const id = at === 0 ? 'web' : `web-${at + 1}`;
      const url = quote(`http://127.0.0.1:${port}/login`);
      return `      - { check: http, id: ${id}, everyMs: ${everyMs}, url: ${url}, contains: ['Sign in'] }`;
    }),
  ];
}

/** What a person at a desk depends on, hop by hop. */
function pathLines(everyMs: number): readonly string[] {
  return [
    '',
    'paths:',
    '  # From a desk to the register its work needs.',
    '  - id: path-desk-register',
    `    nick: ${quote('Desk H201 to the water register')}`,
    '    site: helsinki',
    '    agency: yhteispalvelu',
    '    agents: [agent-helsinki]',
    '    points: [hel-wks-1, hel-acc-1, hel-core-1, hel-srv-2]',
    `    everyMs: ${everyMs}`,
    '  - id: path-rovaniemi-helsinki',
    `    nick: ${quote('Rovaniemi to the file server')}`,
    '    site: rovaniemi',
    '    agency: yhteispalvelu',
    '    agents: [agent-rovaniemi]',
    '    points: [roi-sw-1, roi-rtr-1, hel-rtr-1, hel-core-1, hel-srv-1]',
    `    everyMs: ${everyMs}`,
  ];
}

/** Single-quoted YAML. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
