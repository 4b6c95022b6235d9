/**
 * Where this agent stands: its machine's own addresses, MACs and default routes. With them a discovery's findings can be
 * seen from here: who is reached through whom. Read from the system at each discovery; where it does not tell (another
 * system than Linux has no /proc/net/route), less is known and discovery's seeds take its place.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Here } from '@kaiku/protocol';
import { isHostAddress } from './networks.ts';
import { macText } from './octets.ts';

const MOST = 100;
const MOST_GATEWAYS = 20;
/** RTF_UP and RTF_GATEWAY of route(8). */
const UP_GATEWAY = 3;

export function whereHere(): Here {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const own = all.filter(({ internal, address }) => !internal && isHostAddress(address));
  const macs = own.flatMap(({ mac }) => macText(mac.split(':').map((octet) => Number.parseInt(octet, 16))) ?? []);
  return {
    addresses: own.map(({ address }) => address).slice(0, MOST),
    macs: [...new Set(macs)].slice(0, MOST),
    gateways: gatewaysOf(read('/proc/net/route')).slice(0, MOST_GATEWAYS),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Told in the header: where the system has no such file, gateways are unknown.
    return '';
  }
}

/** The next hops of default routes in /proc/net/route: hexadecimal, least significant octet first. Pure. */
export function gatewaysOf(table: string): string[] {
  const found = table.split('\n').flatMap((line) => {
    const [, destination, gateway = '', flags = ''] = line.trim().split(/\s+/);
    const leads = destination === '00000000' && (Number.parseInt(flags, 16) & UP_GATEWAY) === UP_GATEWAY;
    return leads && /^[0-9A-F]{8}$/i.test(gateway) ? [gateway] : [];
  });
  return [...new Set(found)].map((hex) => [...Buffer.from(hex, 'hex')].toReversed().join('.'));
}
