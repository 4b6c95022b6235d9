/** References to and of agents: their sites exist, and every device has somebody to measure it. */
import { agentsReaching } from '../assign/agents-for.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';

type Path = readonly PropertyKey[];
type Fail = (path: Path, message: string, hint: string) => never;

export function checkAgents({ agents, sites }: Catalog, fail: Fail): void {
  const known = new Set(sites.map(({ id }) => id));
  const check = (site: string, path: Path): void => {
    if (!known.has(site)) fail(path, `there is no site "${site}"`, `known: ${[...known].join(', ')}`);
  };
  agents.forEach(({ site, reaches }, index) => {
    check(site, ['agents', index, 'site']);
    reaches.forEach((each, at) => check(each, ['agents', index, 'reaches', at]));
  });
}

export function checkAssignment(catalog: Catalog, device: Device, path: Path, fail: Fail): void {
  const { id, agents, redundancy, site } = device;
  if (agents.length > 0 && redundancy !== undefined) {
    fail(
      [...path, 'redundancy'],
      'the agents are named, so none are chosen',
      'give "agents" or "redundancy", not both',
    );
  }
  if (agents.length > 0) return;
  if (redundancy === undefined) {
    fail([...path, 'agents'], `nobody measures "${id}"`, 'name agents, or say with "redundancy" how many to choose');
  }
  const able = agentsReaching(catalog, site).map((each) => each.id);
  if (redundancy !== undefined && able.length < redundancy) {
    const who = able.length === 0 ? 'no agent reaches' : `only ${able.join(', ')} reaches`;
    fail(
      [...path, 'redundancy'],
      `${redundancy} agents are wanted, and ${who} site "${site}"`,
      'add to "agents:" of the catalog one with this "site", or with it in "reaches"',
    );
  }
}
