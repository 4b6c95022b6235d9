import type { DeviceFinding } from '@kaiku/protocol';
import { describe, expect, it, test } from 'vitest';
import { inetOf, ipText, macText } from './octets.ts';
import { fitting } from './discovery.ts';
import { gatewaysOf } from './here.ts';
import { isHostAddress, networksOf, parseNetwork } from './networks.ts';

describe('networks', () => {
  it.each(['10.1.0.0/16', '10.1.2.3', '2001:db8::/64', '0.0.0.0/0'])('%s is one', (text) => {
    expect(parseNetwork(text)).toBeDefined();
  });
  it.each(['10.1.0.0/33', '10.1.0/24', '10.1.0.0/', '10.1.0.0/8/8', '2001:db8::/129', 'router'])(
    '%s is none',
    (text) => {
      expect(parseNetwork(text)).toBeUndefined();
    },
  );

  it('hold their addresses and no others', () => {
    const networks = networksOf([
      { address: '10.1.2.0', bits: 30 },
      { address: '2001:db8::', bits: 64 },
    ]);
    expect(['10.1.2.3', '10.1.2.4', '2001:db8::9', '2001:db8:0:1::', 'name'].map((each) => networks.has(each))).toEqual(
      [true, false, true, false, false],
    );
    expect([...networks.addresses()]).toEqual(['10.1.2.1', '10.1.2.2']);
  });

  it('are swept from wherever in them they are named; pairs and single addresses whole; huge ones not at all', () => {
    const swept = (address: string, bits: number): string[] => [...networksOf([{ address, bits }]).addresses()];
    expect(swept('10.1.2.77', 29)).toEqual([1, 2, 3, 4, 5, 6].map((at) => `10.1.2.${72 + at}`));
    expect(swept('10.1.2.6', 31)).toEqual(['10.1.2.6', '10.1.2.7']);
    expect(swept('255.255.255.255', 32)).toEqual(['255.255.255.255']);
    expect(swept('10.0.0.0', 8)).toEqual([]);
  });

  it('from a first to a last address hold and sweep those and no others', () => {
    const range = parseNetwork('10.1.2.254-10.1.3.1');
    const networks = networksOf(range === undefined ? [] : [range]);
    expect([...networks.addresses()]).toEqual(['10.1.2.254', '10.1.2.255', '10.1.3.0', '10.1.3.1']);
    expect([networks.size, networks.has('10.1.3.2'), networks.has('10.1.2.255')]).toEqual([4, false, true]);
    expect(['10.1.0.2-10.1.0.1', '10.1.0.1-9', '::1-::2', 'fe80::1%eth0/64'].map(parseNetwork)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['127.0.0.1', false],
    ['127.20.1.1', true],
    ['0.0.0.0', false],
    ['224.0.0.5', false],
    ['169.254.3.4', false],
    ['fe80::1', false],
    ['::1', false],
    ['2001:db8::1', true],
    ['10.0.0.1', true],
    ['host', false],
  ])('%s tells a host from others: %s', (address, tells) => {
    expect(isHostAddress(address)).toBe(tells);
  });
});

describe('addresses in octets', () => {
  test.each([
    [[10, 1, 2, 3], '10.1.2.3'],
    [[10, 1, 2], undefined],
    [[10, 1, 2, 300], undefined],
    [[0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 1], '2001:db8::1'],
    [[...Array<number>(16).fill(0)], '::'],
    [[0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], '2001:db8:0:1::'],
    [[0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], '2001:db8:0:1:1:1:1:1'],
  ])('%j', (octets, text) => {
    expect(ipText(octets)).toBe(text);
  });

  test('at the head of an index, with what follows', () => {
    expect(inetOf([1, 4, 10, 0, 0, 1, 24, 7])).toEqual({ address: '10.0.0.1', rest: [24, 7] });
    expect(inetOf([3, 8, 10, 0, 0, 1, 0, 0, 0, 5, 9])).toEqual({ address: '10.0.0.1', rest: [9] });
    expect(inetOf([16, 4, 1, 2, 3, 4])).toBeUndefined();
    expect(inetOf([])).toBeUndefined();
  });

  test('a MAC that is none says nothing', () => {
    expect(macText([2, 0, 94, 0, 83, 1])).toBe('02:00:5e:00:53:01');
    expect(macText([0, 0, 0, 0, 0, 0])).toBeUndefined();
    expect(macText([1, 2, 3])).toBeUndefined();
  });
});

test('the gateways are those of default routes that are up', () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000',
    'eth1\t00000000\t010200C0\t0003\t0\t0\t9\t00000000',
    'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF',
    'eth0\t0000000A\tFE0200C0\t0003\t0\t0\t0\t000000FF',
  ];
  expect(gatewaysOf(table.join('\n'))).toEqual(['192.0.2.1']);
  expect(gatewaysOf('')).toEqual([]);
});

test('a device too large to be sent loses its longest lists, and that is said', () => {
  const interfaces = Array.from({ length: 1000 }, (_, index) => ({
    index,
    name: `port ${index}`,
    alias: 'x'.repeat(90),
  }));
  const arp = [{ address: '10.0.0.1', mac: '02:00:00:00:00:01', port: 'p' }];
  const lists = { arp, learnt: [], nextHops: [], modules: [], sensors: [], interfaces };
  const device = { address: '10.0.0.9', ...lists, cut: ['routes'] } as unknown as DeviceFinding;
  const parsed = (bytes: number): unknown => JSON.parse(fitting(device, bytes).toString());
  expect(parsed(1_000_000)).toEqual(device);
  expect(parsed(1000)).toEqual({ ...device, arp: [], interfaces: [], cut: ['routes', 'ARP', 'interfaces'] });
});
