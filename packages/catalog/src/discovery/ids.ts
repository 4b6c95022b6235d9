/** Ids for the devices found: those they have already, else from their names. Pure. */
import type { DeviceFinding } from '@kaiku/protocol';
import type { Device } from '../model/device.ts';
import type { Node } from './nodes.ts';

/** Longest id that a catalog takes, less room for what tells equal names apart. */
const ID_CHARS = 48;

export type KnownDevice = Pick<Device, 'id' | 'address' | 'tags'>;

/** True for a device that is reached by a host name. */
export function isNamed({ address }: Pick<KnownDevice, 'address'>): boolean {
  return !/^[\d.]+$|:/.test(address);
}

/**
 * Nodes' devices in the catalog, each once: the one with its serial number, wherever it stands now; else the one at the
 * address it is reached at, then at another of its addresses; else the one that told the same engine id and name when
 * it was last discovered; else the one that has its name for an address.
 * @param before what was found the last time
 */
export function recognise<T extends KnownDevice>(
  nodes: readonly Node[],
  known: readonly T[],
  before: readonly DeviceFinding[] = [],
): ReadonlyMap<Node, T> {
  const found = new Map<Node, T>();
  const claimed = new Set<T>();
  const match = (fits: (node: Node, device: T) => boolean): void => {
    for (const node of nodes) {
      const device = found.has(node) ? undefined : known.find((each) => !claimed.has(each) && fits(node, each));
      if (device === undefined) continue;
      found.set(node, device);
      claimed.add(device);
    }
  };
  // A number that several have (two systems in one chassis, a maker's default) tells nothing.
  const nodesOf = Map.groupBy(nodes, ({ finding }) => finding.serial);
  const devicesOf = Map.groupBy(known, ({ tags }) => tags['serial'] ?? '');
  match(({ finding: { serial } }, { tags }) => {
    const alone = nodesOf.get(serial)?.length === 1 && devicesOf.get(serial)?.length === 1;
    return serial !== '' && tags['serial'] === serial && alone;
  });
  match((node, { address }) => address === node.address);
  match((node, { address }) => node.addresses.has(address));
  const enginesOf = Map.groupBy(nodes, ({ finding }) => finding.engine);
  const formerly = new Map(before.map((each) => [each.address, each]));
  match(({ finding: { engine, sysName } }, { address }) => {
    const was = formerly.get(address);
    return engine !== '' && was?.engine === engine && was.sysName === sysName && enginesOf.get(engine)?.length === 1;
  });
  match(
    ({ finding: { sysName } }, each) => sysName !== '' && isNamed(each) && hostOf(each.address) === hostOf(sysName),
  );
  return found;
}

/**
 * Ids by node, each once: of two nodes that would have one, the one that comes first keeps it.
 * @param recognised nodes that have an id already
 * @param taken further ids that cannot be given
 */
export function idsOf(
  nodes: readonly Node[],
  recognised: ReadonlyMap<Node, KnownDevice>,
  taken: ReadonlySet<string>,
): ReadonlyMap<Node, string> {
  const ids = new Map([...recognised].map(([node, { id }]) => [node, id]));
  const used = new Set([...taken, ...ids.values()]);
  for (const node of nodes) {
    if (ids.has(node)) continue;
    const id = freeId(idFrom(node.finding.sysName) || idFrom(node.address), idFrom(node.address), used);
    used.add(id);
    ids.set(node, id);
  }
  return ids;
}

function freeId(plain: string, address: string, used: ReadonlySet<string>): string {
  for (let at = 0; ; at += 1) {
    const id = at === 0 ? plain : `${plain}-${address}${at === 1 ? '' : `-${at}`}`;
    if (!used.has(id)) return id;
  }
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
