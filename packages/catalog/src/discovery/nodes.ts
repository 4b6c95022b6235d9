/**
 * Findings as devices: what was met under several addresses, or by several agents, is one. Pure.
 *
 * Two findings are one device when they share a serial number, an engine id, an LLDP chassis id, a bridge address, or an
 * address of their own; but never when something that one device tells in one way only differs: its name, its serial
 * number, its engine id, or all MAC addresses of its ports. So neither a virtual address makes two routers one, nor the
 * address that each container host gives its inner network two servers, nor an image that was cloned two machines.
 */
import type { DeviceFinding, Findings } from '@kaiku/protocol';

/** A device as all its findings tell it. */
export interface Node {
  /** The finding at the address it is best reached at. */
  readonly finding: DeviceFinding;
  /** Where to reach it from now on. */
  readonly address: string;
  /** Every address it answered at, sorted. */
  readonly reached: readonly string[];
  /** Those and every address of its own that tells it from others. */
  readonly addresses: ReadonlySet<string>;
  /** It told nothing of itself: it answers ping at most. */
  readonly silent: boolean;
}

export interface Preference {
  /** Addresses devices are reached at already. */
  readonly known: ReadonlySet<string>;
  readonly seeds: ReadonlySet<string>;
}

/** The nodes, in the order of their addresses. */
export function nodesOf(findings: Pick<Findings, 'devices' | 'aliases'>, preference: Preference): readonly Node[] {
  const devices = findings.devices.toSorted((a, b) => compareAddresses(a.address, b.address));
  const told = new Set(devices.flatMap(({ neighbours }) => neighbours.flatMap(({ addresses }) => addresses)));
  return groups(devices)
    .map((group): Node => {
      const met = new Set(group.map(({ address }) => address));
      const aliases = findings.aliases.filter(({ of }) => met.has(of)).map(({ address }) => address);
      const reached = [...new Set([...met, ...aliases])].toSorted(compareAddresses);
      const address = bestAddress(reached, group, told, preference);
      const finding = group.find((each) => each.address === address) ?? group[0];
      if (finding === undefined) throw new RangeError('a group of no findings');
      const own = group.flatMap(({ addresses }) => addresses.map((each) => each.address)).filter(tellsApart);
      return { finding, address, reached, addresses: new Set([...reached, ...own]), silent: false };
    })
    .toSorted((a, b) => compareAddresses(a.address, b.address));
}

/** False for addresses that every host has. */
export function tellsApart(address: string): boolean {
  return !/^(?:127\.0\.0\.1|0\.0\.0\.0|::1?|fe80:.*|169\.254\..*)$/i.test(address);
}

/** Numbers by their size, IPv4 before IPv6. */
function compareAddresses(a: string, b: string): number {
  const [left, right] = [sortable(a), sortable(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

const sortable = (address: string): string =>
  address.includes(':')
    ? `6${address}`
    : `4${address
        .split('.')
        .map((part) => part.padStart(3, '0'))
        .join('.')}`;

function bestAddress(
  reached: readonly string[],
  group: readonly DeviceFinding[],
  told: ReadonlySet<string>,
  { known, seeds }: Preference,
): string {
  const loopbacks = new Set(
    group.flatMap(({ addresses }) => addresses.filter(({ port }) => /^lo/i.test(port)).map(({ address }) => address)),
  );
  for (const set of [known, seeds, told, loopbacks]) {
    const found = reached.find((address) => set.has(address));
    if (found !== undefined) return found;
  }
  return reached[0] ?? '';
}

/** Findings of one device together. */
function groups(devices: readonly DeviceFinding[]): readonly (readonly DeviceFinding[])[] {
  const out: DeviceFinding[][] = [];
  const byToken = new Map<string, DeviceFinding[]>();
  for (const device of devices) {
    const tokens = tokensOf(device);
    const fitting = [...new Set(tokens.flatMap((token) => byToken.get(token) ?? []))]
      .map((member) => out.find((group) => group.includes(member)))
      .filter((group) => group !== undefined);
    const [first, ...more] = [...new Set(fitting)].filter((group) => group.every((each) => mayBeOne(each, device)));
    const group = first ?? [];
    if (first === undefined) out.push(group);
    group.push(device);
    for (const other of more) {
      if (!other.every((each) => group.every((member) => mayBeOne(each, member)))) continue;
      group.push(...other);
      out.splice(out.indexOf(other), 1);
    }
    for (const token of tokens) byToken.set(token, [...(byToken.get(token) ?? []), device]);
  }
  return out;
}

function tokensOf(device: DeviceFinding): string[] {
  const { maker, serial, engine, chassis, bridge, address, addresses } = device;
  return [
    ...(serial === '' ? [] : [`serial ${maker} ${serial}`]),
    ...(engine === '' ? [] : [`engine ${engine}`]),
    ...(chassis === '' ? [] : [`chassis ${chassis}`]),
    ...(bridge === undefined ? [] : [`bridge ${bridge}`]),
    ...[address, ...addresses.map((each) => each.address)].filter(tellsApart).map((each) => `address ${each}`),
  ];
}

function mayBeOne(a: DeviceFinding, b: DeviceFinding): boolean {
  const differ = (one: string, other: string): boolean => one !== '' && other !== '' && one !== other;
  if (a.sysName !== b.sysName || differ(a.serial, b.serial) || differ(a.engine, b.engine)) return false;
  const [macs, others] = [macsOf(a), macsOf(b)];
  return macs.size === 0 || others.size === 0 || [...macs].some((mac) => others.has(mac));
}

function macsOf({ interfaces }: DeviceFinding): ReadonlySet<string> {
  return new Set(interfaces.flatMap(({ mac }) => mac ?? []));
}
