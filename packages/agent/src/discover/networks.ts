/** Networks in which a discovery may speak: membership, and every address of them for a sweep. */
import { BlockList, isIP, isIPv4 } from 'node:net';

/** More is not swept: a /16 at 50 addresses a second takes 22 minutes, a /14 an hour and a half. */
const SWEEP_ADDRESSES = 1 << 18;
/** Addresses that mean the same on every host. */
const EVERYWHERE = new BlockList();
EVERYWHERE.addAddress('127.0.0.1');
EVERYWHERE.addAddress('0.0.0.0');
EVERYWHERE.addSubnet('169.254.0.0', 16);
EVERYWHERE.addSubnet('224.0.0.0', 3);
EVERYWHERE.addAddress('::', 'ipv6');
EVERYWHERE.addAddress('::1', 'ipv6');
EVERYWHERE.addSubnet('fe80::', 10, 'ipv6');
EVERYWHERE.addSubnet('ff00::', 8, 'ipv6');

export interface Networks {
  has(address: string): boolean;
  /** Every IPv4 address of the networks, without their first and last where they have those; of ranges all. */
  addresses(): Generator<string>;
  /** How many those are. */
  readonly size: number;
}

/** First and last address as numbers; a network of IPv6 is not counted through. */
export type Network =
  | { readonly address: string; readonly bits: number }
  | { readonly first: string; readonly last: string };

/** `10.1.0.0/16`, `10.1.0.10-10.1.0.20`, or an address for itself alone; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const [first = '', last, ...others] = text.split('-');
  if (last !== undefined) {
    const ordered = isIPv4(first) && isIPv4(last) && others.length === 0 && numberOf(first) <= numberOf(last);
    return ordered ? { first, last } : undefined;
  }
  const [address = '', bitsText, ...more] = text.split('/');
  const width = isIP(address) === 6 ? 128 : 32;
  const bits = bitsText === undefined ? width : Number(/^\d{1,3}$/.exec(bitsText)?.[0] ?? Number.NaN);
  const right = isIP(address) !== 0 && !address.includes('%') && more.length === 0 && bits >= 0 && bits <= width;
  return right ? { address, bits } : undefined;
}

export function networksOf(networks: readonly Network[]): Networks {
  const list = new BlockList();
  for (const each of networks) {
    if ('first' in each) list.addRange(each.first, each.last, 'ipv4');
    else list.addSubnet(each.address, each.bits, isIPv4(each.address) ? 'ipv4' : 'ipv6');
  }
  const swept = networks
    .map(hostsOf)
    .filter((hosts) => hosts !== undefined)
    .filter(([first, last]) => last - first < SWEEP_ADDRESSES);
  return {
    size: swept.reduce((sum, [first, last]) => sum + last - first + 1, 0),
    has: (address) => isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6'),
    *addresses() {
      for (const [first, last] of swept) for (let at = first; at <= last; at += 1) yield addressOf(at);
    },
  };
}

/** First and last host of a network of IPv4, as numbers; undefined for one of IPv6. */
function hostsOf(network: Network): readonly [first: number, last: number] | undefined {
  if ('first' in network) return [numberOf(network.first), numberOf(network.last)];
  const { address, bits } = network;
  if (!isIPv4(address)) return undefined;
  const size = 2 ** (32 - bits);
  const first = Math.floor(numberOf(address) / size) * size;
  const edge = bits < 31 ? 1 : 0;
  return [first + edge, first + size - 1 - edge];
}

/** True for an address by which one host can be told from another. */
export function isHostAddress(address: string): boolean {
  return isIP(address) !== 0 && !EVERYWHERE.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

const numberOf = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0);

const addressOf = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
