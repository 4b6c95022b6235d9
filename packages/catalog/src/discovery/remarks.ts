/** What a discovery has to say to a person: what is new, changed, moved or gone. Pure. */
import type { Findings } from '@kaiku/protocol';
import type { Device } from '../model/device.ts';
import type { Link } from '../model/discovery.ts';
import { inOrder, linkKey } from './link-ends.ts';
import type { Node } from './nodes.ts';

const REMARKS = [
  'new',
  'replaced',
  'moved',
  'version',
  'renamed',
  'template',
  'gone',
  'silent',
  'guess',
  'proxied',
  'linked',
  'relinked',
  'unlinked',
] as const;
export type RemarkKind = (typeof REMARKS)[number];

export interface Remark {
  readonly kind: RemarkKind;
  /** Device the remark is about. */
  readonly device: string;
  readonly text: string;
}

export function inOrderOfKinds(remarks: readonly Remark[]): readonly Remark[] {
  const key = ({ device, text }: Remark): string => `${device}\n${text}`;
  return remarks.toSorted((a, b) => REMARKS.indexOf(a.kind) - REMARKS.indexOf(b.kind) || (key(a) < key(b) ? -1 : 1));
}

/** What the device at these addresses ran before, where it is something else now. */
export function versionChanges(
  { finding, addresses }: Node,
  before: Pick<Findings, 'devices'> | undefined,
): readonly string[] {
  const was = before?.devices.find(({ address }) => addresses.has(address));
  if (was === undefined || was.serial !== finding.serial) return [];
  return (['hardware', 'firmware', 'software'] as const)
    .filter((part) => was[part] !== '' && finding[part] !== '' && was[part] !== finding[part])
    .map((part) => `${part} ${was[part]} is now ${finding[part]}`);
}

/** Ports that the device calls otherwise than before, told by their MAC addresses: their series go on under the new name. */
export function renamedPorts(
  { finding, addresses }: Node,
  before: Pick<Findings, 'devices'> | undefined,
): readonly string[] {
  const was = before?.devices.find(({ address }) => addresses.has(address));
  if (was === undefined || was.serial !== finding.serial) return [];
  const [old, now] = [portsByMac(was.interfaces), portsByMac(finding.interfaces)];
  const names = new Set(finding.interfaces.map(({ name }) => name));
  return [...now].flatMap(([mac, name]) => {
    const former = old.get(mac);
    if (former === undefined || former === name || names.has(former)) return [];
    return [`port ${former} is now called ${name}: what is measured goes on under the new name`];
  });
}

/** Names of ports whose MAC no other port has. */
function portsByMac(interfaces: Findings['devices'][number]['interfaces']): ReadonlyMap<string, string> {
  const byMac = Map.groupBy(interfaces, ({ mac }) => mac ?? '');
  return new Map(
    [...byMac].flatMap(([mac, [first, ...more]]): [string, string][] =>
      mac === '' || first === undefined || more.length > 0 ? [] : [[mac, first.name]],
    ),
  );
}

/** Devices of the catalog that were asked and did not answer; of what was not asked nothing is said. */
export function missingRemarks(
  written: readonly Device[],
  found: ReadonlySet<string>,
  silent: Findings['silent'],
): readonly Remark[] {
  const asked = new Map(silent.map((each) => [each.address, each]));
  return written.flatMap(({ id, address, snmp }): Remark[] => {
    const answer = asked.get(address);
    if (found.has(id) || snmp === undefined || answer === undefined) return [];
    if (answer.refused !== undefined)
      return [{ kind: 'silent', device: id, text: `${address} refuses every SNMP access that was tried` }];
    if (answer.ping === true) return [{ kind: 'silent', device: id, text: `${address} answers ping, but not SNMP` }];
    return [{ kind: 'gone', device: id, text: `nobody answers at ${address}` }];
  });
}

/** What has changed since the fragment of before; at the first discovery all links are new and go without saying. */
export function linkRemarks(
  links: readonly Link[],
  byHand: readonly Link[],
  former: readonly Link[],
): readonly Remark[] {
  if (former.length === 0) return [];
  const before = inOrder([...byHand, ...former]);
  const known = new Set(before.map(linkKey));
  const now = new Set(links.map(linkKey));
  const pair = ({ a, b }: Link): string => `${a} ${b}`;
  const lost = before.filter((link) => !now.has(linkKey(link)) && link.source !== 'manual');
  const fresh = inOrder(links).filter((link) => !known.has(linkKey(link)));
  const relinked = new Set(fresh.map(pair).filter((each) => lost.some((link) => pair(link) === each)));
  return [
    ...fresh.map((link): Remark => {
      const moved = lost.find((other) => pair(other) === pair(link));
      return moved === undefined
        ? { kind: 'linked', device: link.a, text: linkText(link) }
        : { kind: 'relinked', device: link.a, text: `${linkText(link)}, formerly ${linkText(moved)}` };
    }),
    ...lost
      .filter((link) => !relinked.has(pair(link)))
      .map((link): Remark => ({ kind: 'unlinked', device: link.a, text: linkText(link) })),
  ];
}

function linkText({ a, aPort, b, bPort, source }: Link): string {
  const end = (id: string, port: string): string => (port === '' ? id : `${id} ${port}`);
  return `${end(a, aPort)} – ${end(b, bPort)} (${source})`;
}
