/**
 * Which agents measure a device: those it names, or as many as it wants (`redundancy`) of those that reach its site.
 * The one answer for everybody: plans, analyzers, the portal and the command line ask here. Pure.
 *
 * Chosen by weighted rendezvous hashing: everybody computes the same from the same catalog, an agent that leaves gives
 * only its own devices away, one that joins takes only what it wins. Agents of the device's own site come first: their
 * way to it is the shortest, and they see it when the site's uplink is cut.
 */
import type { AgentRecord } from '../model/agent-record.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';

type Choice = Pick<Device, 'id' | 'site' | 'agents' | 'redundancy'>;

/** Names of the agents that measure `device`, in order of preference where they are chosen. */
export function agentsFor(catalog: Pick<Catalog, 'agents'>, device: Choice): readonly string[] {
  if (device.agents.length > 0) return device.agents;
  const able = agentsReaching(catalog, device.site);
  return rank(able, device).slice(0, device.redundancy ?? 1);
}

/** Names of all agents that have something to measure, sorted. */
export function agentNames(catalog: Assigned & Pick<Catalog, 'paths'>): readonly string[] {
  return [...new Set([...sharesOf(catalog).keys(), ...catalog.paths.flatMap(({ agents }) => agents)])].sort();
}

/** What an agent measures, in the catalog's order. */
export function devicesOf(catalog: Assigned, agent: string): readonly Device[] {
  return sharesOf(catalog).get(agent) ?? [];
}

type Assigned = Pick<Catalog, 'agents' | 'devices'>;

const shares = new WeakMap<Assigned, ReadonlyMap<string, readonly Device[]>>();

/** Worked out once for a catalog: hundreds of agents ask after each change. */
function sharesOf(catalog: Assigned): ReadonlyMap<string, readonly Device[]> {
  const known = shares.get(catalog);
  if (known !== undefined) return known;
  const byAgent = new Map<string, Device[]>();
  for (const device of catalog.devices) {
    for (const agent of agentsFor(catalog, device)) {
      const share = byAgent.get(agent);
      if (share === undefined) byAgent.set(agent, [device]);
      else share.push(device);
    }
  }
  shares.set(catalog, byAgent);
  return byAgent;
}

const bySite = new WeakMap<readonly AgentRecord[], Map<string, readonly AgentRecord[]>>();

/** The records of agents that reach a site; remembered, for thousands of devices ask. */
export function agentsReaching({ agents }: Pick<Catalog, 'agents'>, site: string): readonly AgentRecord[] {
  let sites = bySite.get(agents);
  if (sites === undefined) bySite.set(agents, (sites = new Map()));
  let reaching = sites.get(site);
  if (reaching === undefined) {
    reaching = agents.filter((agent) => agent.site === site || agent.reaches.includes(site));
    sites.set(site, reaching);
  }
  return reaching;
}

function rank(agents: readonly AgentRecord[], { id, site }: Choice): readonly string[] {
  return agents
    .map((agent) => ({ id: agent.id, away: agent.site === site ? 0 : 1, score: scoreOf(agent, id) }))
    .sort((a, b) => a.away - b.away || b.score - a.score || (a.id < b.id ? -1 : 1))
    .map((each) => each.id);
}

/** -capacity / ln(u), u uniform in (0, 1): the largest wins with a chance in proportion to its capacity. */
function scoreOf({ id, capacity }: AgentRecord, device: string): number {
  const uniform = (hash32(`${id}\u001f${device}`) + 0.5) / 2 ** 32;
  return -capacity / Math.log(uniform);
}

/** 32-bit FNV-1a with a final avalanche (Murmur3's), so that names differing in one digit spread. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
