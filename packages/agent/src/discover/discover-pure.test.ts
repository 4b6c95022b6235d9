import { describe, expect, it, test } from 'vitest';
import { inetOf, ipText, macText } from './octets.ts';
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
