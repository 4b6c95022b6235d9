/** Where a device stands, whose it is and who measures it, from what is known already. Pure. */
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';
import { agentsReaching } from '../assign/agents-for.ts';
import type { Node } from './nodes.ts';

export interface Placing {
  readonly catalog: Pick<Catalog, 'sites' | 'agencies' | 'agents' | 'devices'>;
  /** The agent that discovered. */
  readonly agent: string;
  /** A site for each address that a network given by hand holds; undefined for others. */
  readonly siteOf?: ((address: string) => string | undefined) | undefined;
  readonly agency?: string | undefined;
}

export interface Placed {
  readonly site: string;
  readonly agency: string;
  /** Empty where the catalog's agent records choose. */
  readonly agents: readonly string[];
  /** What was guessed and should be looked at; empty when nothing was. */
  readonly guess: string;
}

export function placeOf(node: Node, placing: Placing): Placed {
  const { catalog, agent } = placing;
  const sure =
    placing.siteOf?.(node.address) ??
    siteSaid(node.finding.sysLocation, catalog.sites) ??
    siteNear(node, catalog.devices);
  const site = sure ?? catalog.sites[0]?.id ?? '';
  const there = catalog.devices.filter((device) => device.site === site);
  const agency = placing.agency ?? mostFrequent(there.map((device) => device.agency)) ?? catalog.agencies[0]?.id ?? '';
  const guesses = [
    ...(sure === undefined && catalog.sites.length > 1 ? [`site ${site} is a guess`] : []),
    ...(placing.agency === undefined && there.length === 0 && catalog.agencies.length > 1
      ? [`agency ${agency} is a guess`]
      : []),
  ];
  return { site, agency, agents: agentsAt(site, there, placing.catalog, agent), guess: guesses.join(', ') };
}

function agentsAt(
  site: string,
  there: readonly Device[],
  catalog: Pick<Catalog, 'agents'>,
  agent: string,
): readonly string[] {
  if (agentsReaching(catalog, site).length > 0) return [];
  const used = mostFrequent(there.filter(({ agents }) => agents.length > 0).map(({ agents }) => agents.join(' ')));
  return used === undefined ? [agent] : used.split(' ');
}

/** The site whose name, id or locality the device's own words contain; the longest such word decides. */
function siteSaid(location: string, sites: Placing['catalog']['sites']): string | undefined {
  const text = ` ${plain(location)} `;
  return sites
    .flatMap(({ id, name, locality }) => [name, id, locality].map((word) => ({ id, word: plain(word) })))
    .filter(({ word }) => word !== '' && text.includes(` ${word} `))
    .toSorted((a, b) => b.word.length - a.word.length)[0]?.id;
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** The site of most devices in the same /24. */
function siteNear(node: Node, devices: readonly Device[]): string | undefined {
  const network = (address: string): string => address.split('.').slice(0, 3).join('.');
  const near = devices.filter(({ address }) => /^[\d.]+$/.test(address) && network(address) === network(node.address));
  return mostFrequent(near.map(({ site }) => site));
}

/** Of equally frequent ones the first in order of the alphabet. */
function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0];
}
