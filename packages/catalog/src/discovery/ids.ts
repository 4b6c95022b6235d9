/** Ids for the devices found: those they have already, else from their names. Pure. */
import type { Device } from '../model/device.ts';
import type { Node } from './nodes.ts';

/** Longest id that a catalog takes, less room for what tells equal names apart. */
const ID_CHARS = 48;

export type KnownDevice = Pick<Device, 'id' | 'address' | 'tags'>;

/** True for a device that is reached by a host name. */
export function isNamed({ address }: Pick<KnownDevice, 'address'>): boolean {
  return !/^[\d.]+$|:/.test(address);
}

/** A node's device in the catalog: the one at an address of its, with its serial number, or with its name for address. */
export function knownDevice<T extends KnownDevice>(node: Node, known: readonly T[]): T | undefined {
  const { serial, sysName } = node.finding;
  const name = sysName.toLowerCase();
  return (
    known.find(({ address }) => address === node.address) ??
    known.find(({ address }) => node.addresses.has(address)) ??
    (serial === '' ? undefined : known.find(({ tags }) => tags['serial'] === serial)) ??
    (name === '' ? undefined : known.find((each) => isNamed(each) && hostOf(each.address) === hostOf(name)))
  );
}

/**
 * Ids by node, each once: of two nodes that would have one, the one that comes first keeps it.
 * @param taken further ids that cannot be given
 */
export function idsOf(
  nodes: readonly Node[],
  known: readonly KnownDevice[],
  taken: ReadonlySet<string>,
): ReadonlyMap<Node, string> {
  const ids = new Map<Node, string>();
  const used = new Set([...taken, ...known.map(({ id }) => id)]);
  const claimed = new Set<string>();
  for (const node of nodes) {
    const id = knownDevice(node, known)?.id;
    if (id === undefined || claimed.has(id)) continue;
    claimed.add(id);
    ids.set(node, id);
  }
  for (const node of nodes) {
    if (ids.has(node)) continue;
    const plain = idFrom(node.finding.sysName) || idFrom(node.address);
    const id = used.has(plain) ? `${plain}-${idFrom(node.address)}` : plain;
    used.add(id);
    ids.set(node, id);
  }
  return ids;
}

const hostOf = (name: string): string => name.toLowerCase().split('.')[0] ?? '';

/** A name as an id: the host's part of a domain name, small letters, digits and dashes. */
function idFrom(name: string): string {
  const host = /^[\d.:a-f]+$/i.test(name) ? name : (name.split('.')[0] ?? '');
  return host
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, ID_CHARS);
}
