/** Networks in which a discovery may speak: membership, and every address of them for a sweep. */
import { BlockList, isIP, isIPv4 } from 'node:net';

/** Larger networks are not swept: a /16 at 50 addresses a second takes 22 minutes, a /8 four days. */
const SWEEP_ADDRESSES = 1 << 20;
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
  /** Every IPv4 address of the networks, without their first and last where they have those. */
  addresses(): Generator<string>;
}

export interface Network {
  readonly address: string;
  readonly bits: number;
}

/** `10.1.0.0/16`, or an address for itself alone; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', bitsText, ...more] = text.split('/');
  const width = isIP(address) === 6 ? 128 : 32;
  const bits = bitsText === undefined ? width : Number(/^\d{1,3}$/.exec(bitsText)?.[0] ?? Number.NaN);
  return isIP(address) === 0 || more.length > 0 || !(bits >= 0 && bits <= width) ? undefined : { address, bits };
}

export function networksOf(networks: readonly Network[]): Networks {
  const list = new BlockList();
  for (const { address, bits } of networks) list.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6');
  return {
    has: (address) => isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6'),
    *addresses() {
      for (const { address, bits } of networks) {
        const size = 2 ** (32 - bits);
        if (!isIPv4(address) || size > SWEEP_ADDRESSES) continue;
        const first = Math.floor(numberOf(address) / size) * size;
        const edge = bits < 31 ? 1 : 0;
        for (let at = first + edge; at < first + size - edge; at += 1) yield addressOf(at);
      }
    },
  };
}

/** True for an address by which one host can be told from another. */
export function isHostAddress(address: string): boolean {
  return isIP(address) !== 0 && !EVERYWHERE.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

const numberOf = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0);

const addressOf = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
