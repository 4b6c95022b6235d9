/** What findings become: one device each, linked as they stand, and nothing of what people wrote overwritten. */
import type { DeviceFinding, Findings } from '@kaiku/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCatalog } from '../load/load-catalog.ts';
import { EMPTY_FRAGMENT, parseFragment, type Fragment } from './fragment.ts';
import { fragmentYaml } from './fragment-yaml.ts';
import { propose, type Proposal } from './proposal.ts';

const CATALOG = `
version: 1
agencies: [{ id: us, name: Us }]
sites:
  - { id: north, name: North office, country: FI, locality: Oulu }
  - { id: south, name: South office, country: FI, locality: Turku }
agents: []
`;
const catalogOf = (more = '') => parseCatalog(`${CATALOG}${more}`, 'catalog.yaml');
const access = [{ version: '2c' as const, port: 161, community: 'public' }];
const mac = (number: number): string => `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;

type Interface = DeviceFinding['interfaces'][number];
const port = (name: string, index: number, address?: string): Interface => ({
  index,
  name,
  descr: name,
  alias: '',
  type: 6,
  bitsPerSecond: 1e9,
  adminUp: true,
  operUp: true,
  ...(address === undefined ? {} : { mac: address }),
});

function device(address: string, sysName: string, more: Partial<DeviceFinding> = {}): DeviceFinding {
  const texts = { sysDescr: '', sysObjectID: '', sysLocation: 'Oulu, room 1', engine: '', chassis: '' };
  const made = { maker: '', model: '', serial: '', hardware: '', firmware: '', software: '' };
  const lists = { answers: [], modules: [], sensors: [], neighbours: [], learnt: [], arp: [], nextHops: [], cut: [] };
  return {
    address,
    access: 0,
    sysName,
    ...texts,
    ...made,
    ...lists,
    addresses: [{ address, port: 'eth0' }],
    interfaces: [],
    routes: false,
    bridges: false,
    ...more,
  };
}

const lldp = (own: string, chassis: string, peerPorts: string[]): DeviceFinding['neighbours'][number] => ({
  source: 'lldp',
  port: own,
  chassis,
  peerPorts,
  sysName: '',
  addresses: [],
});

function findings(devices: readonly DeviceFinding[], more: Partial<Findings> = {}): Findings {
  const seeds = devices.slice(0, 1).map(({ address }) => address);
  const rest = { aliases: [], silent: [], outside: [], problem: '', startedMs: 0, tookMs: 0 };
  return { v: 1, agent: 'agent-1', seeds, ranges: ['10.0.0.0/8'], devices: [...devices], ...rest, ...more };
}

interface Setting {
  readonly catalog?: string;
  readonly former?: Fragment;
  readonly more?: Partial<Findings>;
  readonly before?: readonly DeviceFinding[];
  readonly withSilent?: boolean;
}

function proposed(
  devices: readonly DeviceFinding[],
  { catalog, former, more, before, withSilent }: Setting = {},
): Proposal {
  return propose({
    findings: findings(devices, more),
    catalog: catalogOf(catalog),
    former: former ?? EMPTY_FRAGMENT,
    access,
    before: before === undefined ? undefined : findings(before),
    withSilent,
  });
}
const links = ({ fragment }: Proposal): string[] =>
  fragment.links.map(({ a, aPort, b, bPort, source }) => `${a} ${aPort} – ${b} ${bPort} ${source}`);
const ids = ({ fragment }: Proposal): string[] => fragment.devices.map(({ id, address }) => `${id} ${address}`);
const remarks = ({ remarks: all }: Proposal, ...kinds: string[]): string[] =>
  all.filter(({ kind }) => kinds.includes(kind)).map(({ kind, device: of, text }) => `${kind} ${of}: ${text}`);

/** sw-1 – sw-2 – sw-3 in a row, without LLDP; a printer at sw-1, two machines behind one port of sw-3. */
const ROW: readonly DeviceFinding[] = [
  device('10.0.0.1', 'sw-1', {
    bridge: mac(1),
    learnt: [
      { port: 'p1', macs: [mac(2), mac(3), mac(12), mac(13)] },
      { port: 'p5', macs: [mac(11)] },
    ],
    arp: [
      { address: '10.0.0.11', mac: mac(11), port: 'vlan1' },
      { address: '10.0.0.13', mac: mac(13), port: 'vlan1' },
    ],
  }),
  device('10.0.0.2', 'sw-2', {
    bridge: mac(2),
    learnt: [
      { port: 'p1', macs: [mac(1), mac(11)] },
      { port: 'p2', macs: [mac(3), mac(12), mac(13)] },
    ],
  }),
  device('10.0.0.3', 'sw-3', {
    bridge: mac(3),
    learnt: [
      { port: 'p1', macs: [mac(1), mac(2), mac(11)] },
      { port: 'p7', macs: [mac(12), mac(13)] },
    ],
  }),
  device('10.0.0.11', 'printer'),
  device('10.0.0.12', 'vm-1', { interfaces: [port('eth0', 1, mac(12))] }),
  device('10.0.0.13', 'vm-2'),
];

describe('links', () => {
  it('by bridge tables alone: switches with nobody between, everybody else where no switch is behind', () => {
    expect(links(proposed(ROW))).toEqual([
      'printer eth0 – sw-1 p5 bridge',
      'sw-1 p1 – sw-2 p1 bridge',
      'sw-2 p2 – sw-3 p1 bridge',
      'sw-3 p7 – vm-1 eth0 bridge',
      'sw-3 p7 – vm-2 eth0 bridge',
    ]);
  });

  it('lead to parents as the agent sees them, wherever discovery began', () => {
    const parents = (seeds: string[], here?: Findings['here']): string[] =>
      proposed(ROW, { more: { seeds, here } }).fragment.devices.map(
        ({ id, dependsOn }) => `${id}: ${dependsOn.join()}`,
      );
    const behindSwitch3 = ['printer: sw-1', 'sw-1: sw-2', 'sw-2: sw-3', 'sw-3: ', 'vm-1: sw-3', 'vm-2: sw-3'];
    const here = { addresses: ['10.0.0.200'], macs: [mac(13)], gateways: [] };
    // vm-2 tells of no port; the agent's machine has its MAC.
    expect(parents(['10.0.0.1'], here)).toEqual(behindSwitch3.map((each) => each.replace('vm-2: sw-3', 'vm-2: ')));
    // The agent's machine is a device itself: it is nobody's parent.
    expect(parents(['10.0.0.1'], { addresses: ['10.0.0.12'], macs: [], gateways: [] })).toEqual(behindSwitch3);
    // Nothing is known of the agent: from where discovery began; a printer is no way to a switch.
    expect(parents(['10.0.0.11'])).toEqual([
      'printer: sw-1',
      'sw-1: ',
      'sw-2: sw-1',
      'sw-3: sw-2',
      'vm-1: sw-3',
      'vm-2: sw-3',
    ]);
  });

  it('lead through a switch that tells no addresses it learnt, when it says it is one', () => {
    const switched = (bridges: boolean): readonly string[] | undefined =>
      proposed([
        device('10.0.0.1', 'one', { routes: true, chassis: 'c1', neighbours: [lldp('1', 'c2', ['1'])] }),
        device('10.0.0.2', 'two', { bridges, chassis: 'c2', neighbours: [lldp('2', 'c3', ['1'])] }),
        device('10.0.0.3', 'three', { chassis: 'c3' }),
      ]).fragment.devices.find(({ id }) => id === 'three')?.dependsOn;
    expect([switched(true), switched(false)]).toEqual([['two'], []]);
  });

  it('by LLDP name nobody where two have the address or chassis that is told', () => {
    const told = { ...lldp('Gi1', 'switch', ['x']), addresses: ['172.17.0.1'] };
    const inner = { chassis: 'switch', addresses: [{ address: '172.17.0.1', port: 'docker0' }] };
    const all = [
      device('10.0.0.1', 'one', { neighbours: [told] }),
      device('10.0.0.2', 'two', inner),
      device('10.0.0.3', 'three', inner),
    ];
    expect(links(proposed(all))).toEqual([]);
  });

  it('lead to parents, nearest to the seed', () => {
    const { fragment } = proposed(ROW);
    expect(fragment.devices.map(({ id, dependsOn }) => `${id}: ${dependsOn.join()}`)).toEqual([
      'printer: sw-1',
      'sw-1: ',
      'sw-2: sw-1',
      'sw-3: sw-2',
      'vm-1: sw-3',
      'vm-2: sw-3',
    ]);
  });

  it('by LLDP: both ends agree on one link, a port is named by name, MAC, description or number', () => {
    const one = device('10.0.0.1', 'one', {
      chassis: mac(1),
      interfaces: [port('Gi1', 1, mac(21)), port('Gi2', 2)],
      neighbours: [lldp('Gi1', mac(2), [mac(31)]), lldp('Gi2', mac(2), ['2'])],
    });
    const two = device('10.0.0.2', 'two', {
      chassis: mac(2),
      interfaces: [port('ge-0', 1, mac(31)), port('ge-1', 2)],
      neighbours: [lldp('ge-0', mac(1), ['Gi1']), lldp('ge-1', mac(1), ['nonsense'])],
    });
    expect(links(proposed([one, two]))).toEqual(['one Gi1 – two ge-0 lldp', 'one Gi2 – two ge-1 lldp']);
  });

  it('by LLDP: a MAC that a bridge shares with its port names neither, the other end does', () => {
    const one = device('10.0.0.1', 'one', {
      chassis: mac(1),
      interfaces: [port('br0', 1, mac(21)), port('eth0', 2, mac(21))],
      neighbours: [lldp('eth0', mac(2), ['Gi1'])],
    });
    const two = device('10.0.0.2', 'two', {
      chassis: mac(2),
      interfaces: [port('Gi1', 1)],
      neighbours: [lldp('Gi1', mac(1), [mac(21)])],
    });
    expect(links(proposed([one, two]))).toEqual(['one eth0 – two Gi1 lldp']);
  });

  it('by CDP where LLDP says nothing of the pair', () => {
    const cdp = { ...lldp('Gi1', 'two.example.org(FOC123)', ['Gi9']), source: 'cdp' as const, sysName: 'two' };
    const one = device('10.0.0.1', 'one', {
      interfaces: [port('Gi1', 1)],
      neighbours: [cdp, { ...lldp('Gi3', '', ['Gi4']), sysName: 'three' }, { ...cdp, port: 'Gi3', sysName: 'three' }],
    });
    const others = [
      device('10.0.0.2', 'two', { interfaces: [port('Gi9', 9)] }),
      device('10.0.0.3', 'three', { interfaces: [port('Gi4', 4)] }),
    ];
    expect(links(proposed([one, ...others]))).toEqual(['one Gi1 – two Gi9 cdp', 'one Gi3 – three Gi4 lldp']);
  });

  it('by routes only where nothing else joins the two, and then no parent over it where agents differ', () => {
    const router = (address: string, name: string, to: string): DeviceFinding =>
      device(address, name, { routes: true, nextHops: [{ address: to, port: 'wan' }] });
    const host = device('10.2.0.9', 'host', {
      nextHops: [{ address: '10.2.0.1', port: 'eth0' }],
      sysLocation: 'Turku',
    });
    const all = [
      router('10.1.0.1', 'r1', '10.2.0.1'),
      { ...router('10.2.0.1', 'r2', '10.1.0.1'), sysLocation: 'Turku' },
      host,
    ];
    const alone = proposed(all);
    expect(links(alone)).toEqual(['host eth0 – r2 eth0 route', 'r1 wan – r2 wan route']);
    expect(alone.fragment.devices.find(({ id }) => id === 'r2')?.dependsOn).toEqual(['r1']);
    const own =
      'devices: [{ id: x, nick: x, address: 10.2.0.77, template: ping-only, site: south, agency: us, agents: [agent-2] }]';
    const apart = proposed(all, { catalog: own });
    expect(apart.fragment.devices.map(({ id, agents, dependsOn }) => [id, agents, dependsOn])).toEqual([
      ['host', ['agent-2'], ['r2']],
      ['r1', ['agent-1'], []],
      ['r2', ['agent-2'], []],
    ]);
  });
});

describe('devices', () => {
  it('met under two addresses are one; a virtual address makes no two routers one', () => {
    const twice = { serial: 'S1', addresses: [{ address: '10.0.9.1', port: 'lo0' }] };
    const shared = { addresses: [{ address: '10.0.0.254', port: 'vrrp' }] };
    const all = [
      device('10.0.0.7', 'core', twice),
      device('10.0.9.1', 'core', twice),
      device('10.0.0.8', 'a', { serial: 'A', ...shared }),
      device('10.0.0.9', 'b', { serial: 'B', ...shared }),
    ];
    expect(ids(proposed(all, { more: { seeds: [] } }))).toEqual(['a 10.0.0.8', 'b 10.0.0.9', 'core 10.0.9.1']);
  });

  it('that share an inner address, a cloned engine or a name stay apart; met at an address not their own they are one', () => {
    const docker = { addresses: [{ address: '172.17.0.1', port: 'docker0' }] };
    const engine = '80001f8880aa';
    const all = [
      device('10.0.0.1', 'web-1', { ...docker, interfaces: [port('eth0', 1, mac(1))] }),
      device('10.0.0.2', 'web-2', { ...docker, interfaces: [port('eth0', 1, mac(2))] }),
      device('10.0.0.3', 'clone', { engine, interfaces: [port('eth0', 1, mac(3))] }),
      device('10.0.0.4', 'clone', { engine, interfaces: [port('eth0', 1, mac(4))] }),
      device('10.0.0.5', 'nat', { engine: '80001f8880bb', addresses: [{ address: '192.168.1.1', port: 'lan' }] }),
      device('10.0.9.5', 'nat', { engine: '80001f8880bb', addresses: [{ address: '192.168.1.1', port: 'lan' }] }),
    ];
    expect(ids(proposed(all, { more: { seeds: [] } }))).toEqual([
      'clone 10.0.0.3',
      'clone-10-0-0-4 10.0.0.4',
      'nat 10.0.0.5',
      'web-1 10.0.0.1',
      'web-2 10.0.0.2',
    ]);
  });

  it('that swapped addresses are known by their serial numbers; an address used anew is a new device', () => {
    const first = proposed([device('10.0.0.1', 'a', { serial: 'A' }), device('10.0.0.2', 'b', { serial: 'B' })]);
    const later = proposed(
      [
        device('10.0.0.1', 'b', { serial: 'B' }),
        device('10.0.0.2', 'c', { serial: 'C' }),
        device('10.0.0.3', 'a', { serial: 'A' }),
      ],
      { former: first.fragment },
    );
    expect(ids(later)).toEqual(['a 10.0.0.3', 'b 10.0.0.1', 'c 10.0.0.2']);
    expect(remarks(later, 'replaced')).toEqual([]);
  });

  it('are not called gone, and keep parents and links, when a discovery ended before its end or read half', () => {
    const first = proposed(ROW);
    const half = ROW.slice(0, 1).map((each) => Object.assign({ ...each }, { learnt: [] }));
    const stopped = proposed([...half, ...ROW.slice(2, 3)], {
      former: first.fragment,
      more: { problem: 'it was stopped before its end' },
    });
    expect(stopped.fragment).toEqual(first.fragment);
    expect(remarks(stopped, 'gone', 'unlinked')).toEqual([]);
    const cut = ROW.map((each) =>
      each.sysName === 'sw-1' ? Object.assign({ ...each }, { learnt: [], cut: ['bridge table'] }) : each,
    );
    expect(proposed(cut, { former: first.fragment }).fragment).toEqual(first.fragment);
  });

  it('that answer ping only are proposed when asked for, at their switch; not where one answers for all', () => {
    const silent = [
      { address: '10.0.0.20', ping: true, mac: mac(12) },
      { address: '10.0.0.21', ping: false },
      ...[1, 2, 3, 4].map((at) => ({ address: `10.0.1.${at}`, ping: true, mac: mac(99) })),
      ...Array.from({ length: 60 }, (_, at) => ({ address: `10.0.2.${at + 65}`, ping: true })),
    ];
    const some = ROW.filter(({ sysName }) => sysName !== 'vm-1');
    const without = proposed(some, { more: { silent } });
    expect([without.pingOnly, ids(without).length]).toEqual([['10.0.0.20'], 5]);
    const found = proposed(some, { more: { silent }, withSilent: true });
    expect(found.fragment.devices.find(({ id }) => id === '10-0-0-20')).toMatchObject({
      template: 'ping-only',
      dependsOn: ['sw-3'],
    });
    expect(found.fragment.devices.find(({ id }) => id === '10-0-0-20')?.snmp).toBeUndefined();
    expect(remarks(found, 'proxied').map((text) => text.split(':')[0])).toEqual(['proxied 02', 'proxied 10.0.2.64/26']);
    // Without the wish it stays, and stays where it is.
    const again = proposed(some, { more: { silent }, former: found.fragment });
    expect(again.fragment).toEqual(found.fragment);
  });

  it('get ids from their names, each once', () => {
    const all = [device('10.0.0.2', 'Sähkö.example.org'), device('10.0.0.3', 'SÄHKÖ'), device('10.0.0.4', '')];
    expect(ids(proposed(all))).toEqual(['10-0-0-4 10.0.0.4', 'sahko 10.0.0.2', 'sahko-10-0-0-3 10.0.0.3']);
  });

  it('of a catalog file stay as they are; only what differs is said', () => {
    const own = `devices: [{ id: my-switch, nick: Mine, address: 10.0.0.1, template: ping-only, site: south, agency: us,
      agents: [agent-9], tags: { serial: OLD } }]`;
    const found = proposed([device('10.0.0.1', 'sw-1', { serial: 'NEW', sysDescr: 'Linux 6.1' })], { catalog: own });
    expect(found.fragment.devices).toEqual([]);
    expect(remarks(found, 'new', 'replaced', 'template')).toEqual([
      'replaced my-switch: serial number OLD is now NEW: another device stands in its place',
      'template my-switch: has ping-only; linux-server fits: sysDescr matches /^Linux\\b/',
    ]);
  });

  it('known by a host name are recognised by their own', () => {
    const own = `devices: [{ id: mine, nick: Mine, address: sw-2.example.org, template: ping-only, site: south, agency: us,
      agents: [agent-9] }]`;
    expect(remarks(proposed(ROW, { catalog: own }), 'new', 'moved').map((text) => text.split(':')[0])).toEqual(
      ['printer', 'sw-1', 'sw-3', 'vm-1', 'vm-2'].map((id) => `new ${id}`),
    );
  });

  it('of the former fragment keep what was set there; addresses and parents follow the network', () => {
    const first = proposed(ROW);
    const edited: Fragment = {
      ...first.fragment,
      devices: first.fragment.devices.map((each) =>
        each.id === 'vm-1' ? Object.assign({ ...each }, { nick: 'Payroll', tags: { serial: 'V1' } }) : each,
      ),
    };
    const moved = ROW.map((each) =>
      each.sysName === 'vm-1'
        ? device('10.0.0.99', 'renamed', { serial: 'V1', interfaces: [port('eth0', 1, mac(11))] })
        : each.sysName === 'printer'
          ? device('10.0.0.11', 'printer', { interfaces: [port('eth0', 1, mac(12))] })
          : each,
    );
    const again = proposed(moved, { former: edited });
    expect(again.fragment.devices.find(({ id }) => id === 'vm-1')).toMatchObject({
      nick: 'Payroll',
      address: '10.0.0.99',
      dependsOn: ['sw-1'],
    });
    expect(remarks(again, 'moved', 'new')).toEqual(['moved vm-1: answers at 10.0.0.99, no longer at 10.0.0.12']);
    expect(remarks(again, 'linked', 'unlinked')).toHaveLength(4);
  });

  it('that are gone are named and kept, with their links; versions are compared with the time before', () => {
    const first = proposed(ROW);
    const silent = [{ address: '10.0.0.13', ping: true }, { address: '10.0.0.12' }];
    const upgraded = ROW.filter(({ sysName }) => !sysName.startsWith('vm')).map((each) =>
      Object.assign({ ...each }, { software: '2.0' }),
    );
    const before = ROW.map((each) => Object.assign({ ...each }, { software: '1.9' }));
    const later = proposed(upgraded, { former: first.fragment, before, more: { silent } });
    expect(later.fragment.links).toEqual(first.fragment.links);
    expect(later.fragment.devices.map(({ id }) => id)).toEqual(first.fragment.devices.map(({ id }) => id));
    expect(remarks(later, 'gone', 'silent')).toEqual([
      'gone vm-1: nobody answers at 10.0.0.12',
      'silent vm-2: 10.0.0.13 answers ping, but not SNMP',
    ]);
    expect(remarks(later, 'version')).toHaveLength(4);
    expect(remarks(later, 'version')[0]).toBe('version printer: software 1.9 is now 2.0');
  });

  it('with ports that are called otherwise now are said so; ports that merely changed places in the table are not', () => {
    const first = proposed(ROW);
    const ports = (...all: [name: string, index: number, mac: string][]): DeviceFinding[] => [
      device('10.0.0.12', 'vm-1', { interfaces: all.map((each) => port(...each)) }),
    ];
    const before = ports(['eth0', 1, mac(12)], ['eth1', 2, mac(20)], ['sub.1', 3, mac(21)], ['sub.2', 4, mac(21)]);
    const now = ports(['ens3', 7, mac(12)], ['eth1', 1, mac(20)], ['sub.3', 3, mac(21)], ['sub.4', 4, mac(21)]);
    expect(remarks(proposed(now, { former: first.fragment, before }), 'renamed')).toEqual([
      'renamed vm-1: port eth0 is now called ens3: what is measured goes on under the new name',
    ]);
  });

  it('without a serial number that moved are known by engine and name; a clone of theirs is another', () => {
    const engine = '80001f8880cc';
    const first = proposed([device('10.0.0.5', 'dhcp', { engine })]);
    const before = [device('10.0.0.5', 'dhcp', { engine })];
    const moved = proposed([device('10.0.0.9', 'dhcp', { engine })], { former: first.fragment, before });
    expect(ids(moved)).toEqual(['dhcp 10.0.0.9']);
    const twins = [
      device('10.0.0.8', 'dhcp', { engine, interfaces: [port('a', 1, mac(1))] }),
      device('10.0.0.9', 'dhcp', { engine, interfaces: [port('a', 1, mac(2))] }),
    ];
    expect(ids(proposed(twins, { former: first.fragment, before }))).toEqual([
      'dhcp 10.0.0.5',
      'dhcp-10-0-0-8 10.0.0.8',
      'dhcp-10-0-0-9 10.0.0.9',
    ]);
  });

  it('at another port are said so', () => {
    const first = proposed(ROW);
    const replugged = ROW.map((each) =>
      each.sysName === 'sw-1'
        ? Object.assign(
            { ...each },
            {
              learnt: each.learnt.map((at) => (at.port === 'p5' ? { port: 'p6', macs: at.macs } : at)),
            },
          )
        : each,
    );
    expect(remarks(proposed(replugged, { former: first.fragment }), 'relinked')).toEqual([
      'relinked printer: printer eth0 – sw-1 p6 (bridge), formerly printer eth0 – sw-1 p5 (bridge)',
    ]);
  });
});

describe('the file', () => {
  it('is read again as it was written, and is the same whatever the order of the findings', () => {
    const text = fragmentYaml(proposed(ROW).fragment);
    fc.assert(
      fc.property(fc.shuffledSubarray([...ROW], { minLength: ROW.length }), (devices) => {
        const shuffled = proposed(devices, { more: { seeds: ['10.0.0.1'] } });
        expect(fragmentYaml(shuffled.fragment)).toBe(text);
        const former = parseFragment(text, 'discovered.yaml');
        const again = proposed(devices, { former, more: { seeds: ['10.0.0.1'] } });
        expect(fragmentYaml(again.fragment)).toBe(text);
        expect(again.remarks).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('quotes what YAML would misread', () => {
    const odd = proposed([device('10.0.0.1', 'no', { model: 'A: #1 "x"', serial: '0123' })]).fragment;
    expect(parseFragment(fragmentYaml(odd), 'discovered.yaml')).toEqual(odd);
  });
});
