/**
 * What a discovery means for the catalog: a fragment of a catalog file with what was found, and in words what is new,
 * changed, moved or gone. Pure: findings, the catalog written by hand and the fragment of before in; the same again for
 * an unchanged network.
 *
 * What people wrote is theirs: a device of a catalog file is never written again, only remarked on. A device of the
 * former fragment keeps everything somebody may have set there; its address, parents and serial number follow the
 * network. Nothing is ever taken out: what is gone is named, and a person decides. A discovery that ended before its
 * end adds; it changes no parent and takes no link back, for what it did not see may be there.
 */
import type { Findings } from '@kaiku/protocol';
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';
import type { Link } from '../model/discovery.ts';
import type { SnmpAccess } from '../model/snmp-access.ts';
import { agentsFor } from '../assign/agents-for.ts';
import { dependenciesOf, withoutCircles } from './dependencies.ts';
import type { Fragment } from './fragment.ts';
import { idsOf, recognise } from './ids.ts';
import { mergedLinks } from './merged-links.ts';
import { deviceOf } from './node-device.ts';
import { nodesOf, type Node } from './nodes.ts';
import type { Placing } from './place.ts';
import { inOrderOfKinds, linkRemarks, missingRemarks, type Remark } from './remarks.ts';
import { hereNode, pinging, silentNode } from './silent-nodes.ts';
import { topologyOf } from './topology.ts';

/** Stands for the agent's machine among ids; no id of a device looks so. */
const HERE = ' here';

export interface ProposalInput extends Pick<Placing, 'siteOf' | 'agency'> {
  readonly findings: Findings;
  /** What stands in the other catalog files. */
  readonly catalog: Catalog;
  /** What the fragment held before; empty at first. */
  readonly former: Fragment;
  /** The accesses of the request, in its order. */
  readonly access: readonly SnmpAccess[];
  /** The findings of the discovery before, to tell what runs another version now. */
  readonly before?: Pick<Findings, 'devices'> | undefined;
  /** Interval of all checks of new devices, ms; their templates' own without it. */
  readonly everyMs?: number | undefined;
  /** Propose what answers ping only, too. */
  readonly withSilent?: boolean | undefined;
}

export interface Proposal {
  readonly fragment: Fragment;
  /** In order of their kinds, then devices. */
  readonly remarks: readonly Remark[];
  /** Addresses that answer ping and are in no catalog. */
  readonly pingOnly: readonly string[];
}

export function propose(input: ProposalInput): Proposal {
  const { findings, catalog, former } = input;
  const written = [...catalog.devices, ...former.devices];
  const told = nodesOf(findings, {
    known: new Set(written.map(({ address }) => address)),
    seeds: new Set(findings.seeds),
  });
  const ping = pinging(findings.silent);
  const here = new Set(findings.here?.addresses);
  const others = ping.real.filter(({ address }) => !here.has(address));
  const { nodes, pingOnly } = withSilent(told, others, written, input.withSilent === true);
  const recognised = recognise(nodes, written, input.before?.devices);
  const taken = [...written, ...catalog.applications, ...catalog.paths].map(({ id }) => id);
  const ids = idsOf(nodes, recognised, new Set(taken));
  const remarks: Remark[] = ping.proxied.map(({ where, text }) => ({ kind: 'proxied', device: where, text }));
  const byHand = new Set(catalog.devices.map(({ id }) => id));
  const devices = nodes
    .map((node) => deviceOf(node, ids.get(node) ?? '', recognised.get(node), input, remarks))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const foundIds = new Set(devices.map(({ id }) => id));
  const complete = findings.problem === '';
  const seen = linksOf(nodes, ids, findings);
  const cutShort = new Set(nodes.filter(({ finding }) => finding.cut.length > 0).map((node) => ids.get(node) ?? ''));
  const links = mergedLinks({
    now: seen.links,
    former: former.links,
    byHand: catalog.links,
    found: foundIds,
    half: (id) => !complete || cutShort.has(id),
  });
  const parents = dependenciesOf(
    points(nodes, ids, devices, input, seen.here),
    [...catalog.links, ...links, ...seen.hereLinks],
    seen.roots,
  );
  const known = new Set(written.map(({ id }) => id));
  const wanted = devices
    .filter(({ id }) => !byHand.has(id))
    .map(({ id, dependsOn }): [string, readonly string[]] => [
      id,
      complete || !known.has(id) ? (parents.get(id) ?? dependsOn) : dependsOn,
    ]);
  const fixed = new Map(written.map(({ id, dependsOn }) => [id, dependsOn]));
  const free = withoutCircles(new Map(wanted), fixed);
  const found = devices
    .filter(({ id }) => !byHand.has(id))
    .map((device): Device => Object.assign(device, { dependsOn: [...(free.get(device.id) ?? [])] }));
  const kept = former.devices.filter(({ id }) => !foundIds.has(id) && !byHand.has(id));
  remarks.push(
    ...missingRemarks(written, foundIds, findings.silent),
    ...linkRemarks(seen.links, catalog.links, former.links).filter(({ kind }) => complete || kind !== 'unlinked'),
  );
  return {
    fragment: { devices: [...found, ...kept].toSorted((a, b) => (a.id < b.id ? -1 : 1)), links: [...links] },
    remarks: inOrderOfKinds(remarks),
    pingOnly,
  };
}

/** The nodes with those that answer ping only: those of the catalog, of which links may be known, and others if wanted. */
function withSilent(
  told: readonly Node[],
  pinged: Findings['silent'],
  written: readonly Device[],
  wanted: boolean,
): { readonly nodes: readonly Node[]; readonly pingOnly: readonly string[] } {
  const theirs = new Set(told.flatMap(({ addresses }) => [...addresses]));
  const known = Map.groupBy(written, ({ address }) => address);
  const others = pinged.filter(({ address }) => !theirs.has(address));
  const plain = others.filter(({ address }) => known.get(address)?.every(({ snmp }) => snmp === undefined) === true);
  const fresh = others.filter(({ address }) => !known.has(address));
  return {
    nodes: [...told, ...[...plain, ...(wanted ? fresh : [])].map(silentNode)],
    pingOnly: fresh.map(({ address }) => address),
  };
}

interface Seen {
  readonly links: readonly Link[];
  /** Id of the agent's machine. */
  readonly here: string;
  readonly hereLinks: readonly Link[];
  /** Where the agent stands, as far as is known; else where discovery began. */
  readonly roots: readonly string[];
}

function linksOf(nodes: readonly Node[], ids: ReadonlyMap<Node, string>, { here, seeds }: Findings): Seen {
  const own = nodes.find(({ reached }) => reached.some((address) => here?.addresses.includes(address) === true));
  const standIn = own === undefined ? hereNode(here) : undefined;
  const hereId = own === undefined ? HERE : (ids.get(own) ?? HERE);
  const all = topologyOf(standIn === undefined ? ids : new Map([...ids, [standIn, HERE]]));
  const hereLinks = all.filter(({ a, b }) => a === hereId || b === hereId);
  const began = nodes.filter(({ addresses }) => seeds.some((seed) => addresses.has(seed)));
  return {
    links: all.filter(({ a, b }) => a !== HERE && b !== HERE),
    here: hereId,
    hereLinks,
    roots: hereLinks.length > 0 ? [hereId] : began.map((node) => ids.get(node) ?? ''),
  };
}

function points(
  nodes: readonly Node[],
  ids: ReadonlyMap<Node, string>,
  devices: readonly Device[],
  { catalog, former }: ProposalInput,
  here: string,
): Parameters<typeof dependenciesOf>[0] {
  const byId = new Map(devices.map((device) => [device.id, device]));
  const led = new Set(former.devices.flatMap(({ dependsOn }) => dependsOn));
  return nodes.map((node) => {
    const id = ids.get(node) ?? '';
    const device = byId.get(id);
    const { routes, bridges, learnt, cut } = node.finding;
    const leads = routes || bridges || learnt.length > 0 || (cut.length > 0 && led.has(id));
    // When the agent's own machine is down nobody asks the others: it is no way to them.
    const forwards = id !== here && leads;
    return { id, forwards, agents: device === undefined ? [] : agentsFor(catalog, device) };
  });
}
