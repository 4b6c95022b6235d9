/**
 * What a discovery means for the catalog: a fragment of a catalog file with what was found, and in words what is new,
 * changed, moved or gone. Pure: findings, the catalog written by hand and the fragment of before in; the same again for
 * an unchanged network.
 *
 * What people wrote is theirs: a device of a catalog file is never written again, only remarked on. A device of the
 * former fragment keeps everything somebody may have set there; its address, parents and serial number follow the
 * network. Nothing is ever taken out: what is gone is named, and a person decides.
 */
import type { Findings } from '@kaiku/protocol';
import { chooseTemplate, type TemplateChoice } from '../library/choose-template.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';
import type { Link } from '../model/discovery.ts';
import type { SnmpAccess } from '../model/snmp-access.ts';
import { agentsFor } from '../assign/agents-for.ts';
import { dependenciesOf, withoutCircles } from './dependencies.ts';
import type { Fragment } from './fragment.ts';
import { idsOf, isNamed, knownDevice } from './ids.ts';
import { inOrder, linkKey } from './link-ends.ts';
import { nodesOf, type Node } from './nodes.ts';
import { placeOf, type Placing } from './place.ts';
import {
  inOrderOfKinds,
  linkRemarks,
  missingRemarks,
  versionChanges,
  type Remark,
  type RemarkKind,
} from './remarks.ts';
import { topologyOf } from './topology.ts';

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
  /** Whether an address lies where was looked: what is missing there is gone. */
  readonly looked: (address: string) => boolean;
}

export interface Proposal {
  readonly fragment: Fragment;
  /** In order of their kinds, then devices. */
  readonly remarks: readonly Remark[];
}

export function propose(input: ProposalInput): Proposal {
  const { findings, catalog, former } = input;
  const written = [...catalog.devices, ...former.devices];
  const nodes = nodesOf(findings, {
    known: new Set(written.map(({ address }) => address)),
    seeds: new Set(findings.seeds),
  });
  const taken = new Set([...catalog.applications, ...catalog.paths].map(({ id }) => id));
  const ids = idsOf(nodes, written, taken);
  const links = topologyOf(ids);
  const remarks: Remark[] = [];
  const byHand = new Set(catalog.devices.map(({ id }) => id));
  const devices = nodes
    .map((node) => deviceOf(node, ids.get(node) ?? '', input, remarks))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const roots = nodes.filter((node) => findings.seeds.some((seed) => node.addresses.has(seed)));
  const parents = dependenciesOf(
    nodes.map((node) => {
      const device = devices.find(({ id }) => id === ids.get(node));
      const forwards = node.finding.routes || node.finding.learnt.length > 0;
      return { id: device?.id ?? '', forwards, agents: device === undefined ? [] : agentsFor(catalog, device) };
    }),
    links,
    roots.map((node) => ids.get(node) ?? ''),
  );
  const wanted = devices.map(({ id, dependsOn }): [string, readonly string[]] => [id, parents.get(id) ?? dependsOn]);
  const fixed = new Map([...catalog.devices, ...former.devices].map(({ id, dependsOn }) => [id, dependsOn]));
  const free = withoutCircles(new Map(wanted.filter(([id]) => !byHand.has(id))), fixed);
  const found = devices
    .filter(({ id }) => !byHand.has(id))
    .map((device): Device => Object.assign(device, { dependsOn: [...(free.get(device.id) ?? [])] }));
  const foundIds = new Set(devices.map(({ id }) => id));
  const kept = former.devices.filter(({ id }) => !foundIds.has(id) && !byHand.has(id));
  remarks.push(
    ...missingRemarks(written, foundIds, findings.silent, input.looked),
    ...linkRemarks(links, catalog.links, former.links),
  );
  return {
    fragment: {
      devices: [...found, ...kept].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      links: mergedLinks(links, input, foundIds),
    },
    remarks: inOrderOfKinds(remarks),
  };
}

/** The device a node becomes: as it is known, with what the network says of it. */
function deviceOf(node: Node, id: string, input: ProposalInput, remarks: Remark[]): Device {
  const { findings, catalog, former } = input;
  const { serial, model, sysName, sysDescr, sysObjectID, answers, access } = node.finding;
  const remark = (kind: RemarkKind, text: string): void => void remarks.push({ kind, device: id, text });
  const choice = chooseTemplate({ sysObjectID, sysDescr, answers: new Set(answers) }, catalog);
  const known = knownDevice(node, [...catalog.devices, ...former.devices]);
  if (known === undefined || known.id !== id) {
    const place = placeOf(node, { ...input, agent: findings.agent });
    const settings = input.access[access];
    remark('new', `${node.address}, ${choice.template}: ${choice.reason}`);
    if (place.guess !== '') remark('guess', place.guess);
    return {
      id,
      nick: (sysName === '' ? node.address : sysName).slice(0, 120),
      address: node.address,
      template: choice.template,
      site: place.site,
      agency: place.agency,
      agents: [...place.agents],
      // Chosen among those that reach its site.
      ...(place.agents.length > 0 ? {} : { redundancy: 1 }),
      ...(settings === undefined ? {} : { snmp: settings }),
      checks: [],
      ...(input.everyMs === undefined ? {} : { everyMs: input.everyMs }),
      criticality: 'normal',
      serviceHours: '24x7',
      dependsOn: [],
      tags: tagsOf(serial, model),
    };
  }
  compare(known, node, choice, remark);
  for (const text of versionChanges(node, input.before)) remark('version', text);
  return {
    ...known,
    address: isNamed(known) ? known.address : node.address,
    tags: { ...known.tags, ...tagsOf(serial, model) },
  };
}

function compare(
  known: Device,
  node: Node,
  choice: TemplateChoice,
  remark: (kind: RemarkKind, text: string) => void,
): void {
  const { serial } = node.finding;
  const before = known.tags['serial'];
  if (before !== undefined && serial !== '' && before !== serial) {
    remark('replaced', `serial number ${before} is now ${serial}: another device stands in its place`);
  }
  if (known.address !== node.address && !isNamed(known))
    remark('moved', `answers at ${node.address}, no longer at ${known.address}`);
  if (known.template !== choice.template && choice.template !== 'snmp-device') {
    remark('template', `has ${known.template}; ${choice.template} fits: ${choice.reason}`);
  }
}

function tagsOf(serial: string, model: string): Record<string, string> {
  return {
    ...(serial === '' ? {} : { serial: serial.slice(0, 120) }),
    ...(model === '' ? {} : { model: model.slice(0, 120) }),
  };
}

/** Links found now, and those of before between devices of which one was not found: it may come back. */
function mergedLinks(links: readonly Link[], { catalog, former }: ProposalInput, found: ReadonlySet<string>): Link[] {
  const byHand = new Set(catalog.links.map(linkKey));
  const now = links.filter((link) => !byHand.has(linkKey(link)));
  const keys = new Set([...byHand, ...now.map(linkKey)]);
  const kept = former.links.filter(
    (link) => !keys.has(linkKey(link)) && (link.source === 'manual' || !found.has(link.a) || !found.has(link.b)),
  );
  return inOrder([...now, ...kept]);
}
