/** The real desk in a simulated world: thousands of stories of what can happen to a bucket and its holders. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEASE_MS, World, type Site } from '../testing/lease-world.ts';

const RUNS = Number(process.env['KAIKU_LEASE_RUNS'] ?? 150);
const TROUBLE_MS = 25_000;
const QUIET_MS = 20_000;
const HAND_OVER_MS = 1000;

/** Watches over who acts: one at a time, each under tokens of its own, which rise. */
function watcher(world: World, split: () => boolean): () => void {
  const owner = new Map<string, string>();
  const highest = new Map<number, number>();
  return () => {
    for (let partition = 0; partition < world.partitions; partition += 1) {
      const acting = world.acting(partition);
      const told = (): string =>
        `${world.nowMs.toFixed(1)}: ${acting.map((each) => `${each.name} ${each.tokenOf(partition)}`).join()}\n${world.story.join('\n')}`;
      if (acting.length > 1 && !split()) throw new Error(`two act for ${partition} at ${told()}`);
      for (const node of acting) {
        const token = node.tokenOf(partition) ?? 0;
        const key = `${partition}/${token}`;
        const known = owner.get(key);
        if (known !== undefined && known !== node.name) throw new Error(`${key} was ${known}'s at ${told()}`);
        owner.set(key, node.name);
        if (split()) continue;
        if (token < (highest.get(partition) ?? 0)) throw new Error(`a token fell for ${partition} at ${told()}`);
        highest.set(partition, token);
      }
    }
  };
}

interface Trouble {
  /** Brokers that know nothing of each other; everybody sees the same of them. */
  readonly sites?: number;
  /** Not everybody: then two may act, each at a site, but never under one token. */
  readonly split?: boolean;
  readonly wipes: boolean;
  readonly restores: boolean;
}

function disturb(world: World, { wipes, restores, split = false }: Trouble): void {
  const outage = (site: Site, forMs: number, change: () => void): void => {
    if (site.away) return;
    site.away = true;
    world.at(forMs, () => {
      change();
      site.away = false;
    });
  };
  const next = (): void => {
    if (!world.hostile) return;
    world.at(world.between(200, 4000), next);
    const node = world.nodes[Math.floor(world.random() * world.nodes.length)];
    const kind = world.random();
    const site = world.sites[Math.floor(world.random() * world.sites.length)];
    if (node === undefined || site === undefined) return;
    if (split && world.random() < 0.5) {
      const forMs = world.between(500, 12_000);
      world.tell(`${node.name} does not reach ${site.name} for ${forMs.toFixed(0)}`);
      node.cut.add(site);
      world.at(forMs, () => node.cut.delete(site));
    } else if (kind < 0.35) {
      const forMs = world.between(50, 9000);
      world.tell(`${node.name} stopped for ${forMs.toFixed(0)}`);
      node.pause(forMs);
    } else if (kind < 0.5) {
      world.tell(`${node.name} killed`);
      node.kill();
      world.at(world.between(0, 5000), () => node.alive || node.start());
    } else if (kind < 0.6) {
      const forMs = world.between(10, 5000);
      world.tell(`${site.name} away for ${forMs.toFixed(0)}`);
      outage(site, forMs, () => undefined);
    } else if (kind < 0.85 && wipes) {
      const forMs = world.between(1, world.random() < 0.5 ? 100 : 4000);
      world.tell(`${site.name} wiped, away for ${forMs.toFixed(0)}`);
      outage(site, forMs, () => site.wipe());
    } else if (restores) restore(world, site, (forMs, change) => outage(site, forMs, change));
  };
  world.at(1000, next);
}

/** What the disk had not yet: back after a restart, which takes longer than a lease. */
function restore(world: World, site: Site, outage: (forMs: number, change: () => void) => void): void {
  const back = site.copy();
  world.at(world.between(100, 3000), () => {
    const forMs = world.between(LEASE_MS, 2 * LEASE_MS);
    world.tell(`power of ${site.name} cut for ${forMs.toFixed(0)}`);
    outage(forMs, back);
  });
}

async function live(seed: number, trouble: Trouble): Promise<void> {
  const world = new World({ seed, nodes: 2 + (seed % 2), partitions: 2, sites: trouble.sites ?? 1 });
  let split = trouble.split === true;
  const check = watcher(world, () => split);
  for (const node of world.nodes) world.at(world.between(0, 4000), () => node.start());
  disturb(world, trouble);
  await world.runUntil(TROUBLE_MS, check);
  world.hostile = false;
  await world.runUntil(TROUBLE_MS + QUIET_MS, check);
  split = false;
  const acted = new Set<number>();
  await world.runUntil(TROUBLE_MS + QUIET_MS + HAND_OVER_MS, () => {
    check();
    for (let partition = 0; partition < world.partitions; partition += 1) {
      if (world.acting(partition).length > 0) acted.add(partition);
    }
  });
  expect(acted.size, `somebody acts for each in the end\n${world.story.join('\n')}`).toBe(world.partitions);
}

describe('leases in a hostile world', () => {
  const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });
  it.each([
    ['stopped, killed and slow', { wipes: false, restores: false }],
    ['and the bucket is wiped', { wipes: true, restores: false }],
    ['and it comes back older than it was', { wipes: true, restores: true }],
    ['and there are two sites', { sites: 2, wipes: true, restores: false }],
    ['once they see the same sites again', { sites: 2, split: true, wipes: false, restores: false }],
  ])('one acts at a time, under tokens that rise: %s', { timeout: RUNS * 500 }, async (_, trouble) => {
    await fc.assert(
      fc.asyncProperty(seeds, (seed) => live(seed, trouble)),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});
