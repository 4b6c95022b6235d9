/**
 * What is there without speaking SNMP: addresses that answer ping, and the machine the agent runs on. Pure.
 *
 * An address that somebody else answers for is no device. It is known by its MAC, which several addresses share (proxy
 * ARP), or by a block that answers as hardly a real network does: a firewall before it.
 */
import type { DeviceFinding, Findings } from '@kaiku/protocol';
import type { Node } from './nodes.ts';

/** Addresses with one MAC, from which on it is somebody who answers for them. */
const ONE_MAC = 4;
/** Of the 62 hosts of a /26. */
const FULL_BLOCK = 58;
const BLOCK = 64;

type Silent = Findings['silent'][number];

interface Pinging {
  readonly real: readonly Silent[];
  /** For people: who is left out, and why. */
  readonly proxied: readonly { readonly where: string; readonly text: string }[];
}

/** Addresses that answer ping and no SNMP, without those that another answers for. */
export function pinging(silent: Findings['silent']): Pinging {
  const all = silent.filter(({ ping, refused }) => ping === true && refused === undefined);
  const byMac = Map.groupBy(all, ({ mac }) => mac ?? '');
  const byBlock = Map.groupBy(all, ({ address }) => blockOf(address));
  const shared = [...byMac].filter(([mac, group]) => mac !== '' && group.length >= ONE_MAC);
  const full = [...byBlock].filter(([block, group]) => block !== '' && group.length >= FULL_BLOCK);
  const out = new Set([...shared, ...full].flatMap(([, group]) => group));
  return {
    real: all.filter((each) => !out.has(each)),
    proxied: [
      ...shared.map(([mac, group]) => ({
        where: mac,
        text: `${group.length} addresses that answer ping have this MAC: one device answers for them (proxy ARP)`,
      })),
      ...full.map(([block, group]) => ({
        where: block,
        text: `${group.length} of 62 addresses answer ping: a firewall may answer for them`,
      })),
    ],
  };
}

/** The /26 of an IPv4 address; empty for others. */
function blockOf(address: string): string {
  const parts = address.split('.').map(Number);
  const last = parts.pop();
  return parts.length === 3 && last !== undefined ? `${parts.join('.')}.${last - (last % BLOCK)}/26` : '';
}

export function silentNode({ address, mac }: Pick<Silent, 'address' | 'mac'>): Node {
  return nodeOf([address], mac === undefined ? [] : [mac], []);
}

/** The agent's machine, where it was not found as a device; undefined where nothing is known of it. */
export function hereNode(here: Findings['here']): Node | undefined {
  return here === undefined ? undefined : nodeOf(here.addresses, here.macs, here.gateways);
}

function nodeOf(addresses: readonly string[], macs: readonly string[], gateways: readonly string[]): Node {
  const [address = ''] = addresses;
  const texts = { sysName: '', sysDescr: '', sysObjectID: '', sysLocation: '', engine: '', chassis: '' };
  const made = { maker: '', model: '', serial: '', hardware: '', firmware: '', software: '' };
  const lists = { answers: [], addresses: [], modules: [], sensors: [], neighbours: [], learnt: [], arp: [], cut: [] };
  const finding: DeviceFinding = {
    address,
    access: 0,
    ...texts,
    ...made,
    ...lists,
    interfaces: macs.map((mac, at) => Object.assign({ ...NO_INTERFACE }, { index: at + 1, mac })),
    routes: false,
    bridges: false,
    nextHops: gateways.map((gateway) => ({ address: gateway, port: '' })),
  };
  return { finding, address, reached: addresses, addresses: new Set(addresses), silent: true };
}

const NO_INTERFACE = {
  name: '',
  descr: '',
  alias: '',
  type: 0,
  bitsPerSecond: 0,
  adminUp: true,
  operUp: true,
} as const;
