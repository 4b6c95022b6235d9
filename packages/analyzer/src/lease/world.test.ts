/** The real desk in a simulated world: thousands of stories of what can happen to a bucket and its holders. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEASE_MS, World, type Site } from '../testing/lease-world.ts';

const RUNS = Number(process.env['KAIKU_LEASE_RUNS'] ?? 300);
const TROUBLE_MS = 25_000;
const QUIET_MS = 20_000;
const HAND_OVER_MS = 1000;

/** Watches over who acts: one at a time, each under tokens of its own, which rise. */
function watcher(world: World): () => void {
  const owner = new Map<string, string>();
  const highest = new Map<number, number>();
  return () => {
    for (let partition = 0; partition < world.partitions; partition += 1) {
      const acting = world.acting(partition);
      const told = (): string =>
        `${world.nowMs.toFixed(1)}: ${acting.map((each) => `${each.name} ${each.tokenOf(partition)}`).join()}\n${world.story.join('\n')}`;
      if (acting.length > 1) throw new Error(`two act for ${partition} at ${told()}`);
      for (const node of acting) {
        const token = node.tokenOf(partition) ?? 0;
        const key = `${partition}/${token}`;
        const known = owner.get(key);
        if (known !== undefined && known !== node.name) throw new Error(`${key} was ${known}'s at ${told()}`);
        owner.set(key, node.name);
        if (token < (highest.get(partition) ?? 0)) throw new Error(`a token fell for ${partition} at ${told()}`);
        highest.set(partition, token);
      }
    }
  };
}

interface Trouble {
  readonly wipes: boolean;
  readonly restores: boolean;
}

function disturb(world: World, { wipes, restores }: Trouble): void {
  const [site] = world.sites;
  if (site === undefined) return;
  const outage = (forMs: number, change: () => void): void => {
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
    if (node === undefined) return;
    if (kind < 0.35) {
      const forMs = world.between(50, 9000);
      world.tell(`${node.name} stopped for ${forMs.toFixed(0)}`);
      node.pause(forMs);
    } else if (kind < 0.5) {
      world.tell(`${node.name} killed`);
      node.kill();
      world.at(world.between(0, 5000), () => node.alive || node.start());
    } else if (kind < 0.6) {
      const forMs = world.between(10, 5000);
      world.tell(`broker away for ${forMs.toFixed(0)}`);
      outage(forMs, () => undefined);
    } else if (kind < 0.85 && wipes) {
      const forMs = world.between(1, world.random() < 0.5 ? 100 : 4000);
      world.tell(`broker wiped, away for ${forMs.toFixed(0)}`);
      outage(forMs, () => site.wipe());
    } else if (restores) restore(world, site, outage);
  };
  world.at(1000, next);
}

/** What the disk had not yet: back after a restart, which takes longer than a lease. */
function restore(world: World, site: Site, outage: (forMs: number, change: () => void) => void): void {
  const back = site.copy();
  world.at(world.between(100, 3000), () => {
    const forMs = world.between(LEASE_MS, 2 * LEASE_MS);
    world.tell(`broker's power cut for ${forMs.toFixed(0)}`);
    outage(forMs, back);
  });
}

async function live(seed: number, trouble: Trouble): Promise<void> {
  const world = new World({ seed, nodes: 2 + (seed % 2), partitions: 2 });
  const check = watcher(world);
  for (const node of world.nodes) world.at(world.between(0, 4000), () => node.start());
  disturb(world, trouble);
  await world.runUntil(TROUBLE_MS, check);
  world.hostile = false;
  await world.runUntil(TROUBLE_MS + QUIET_MS, check);
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
  ])('one acts at a time, under tokens that rise: %s', { timeout: RUNS * 500 }, async (_, trouble) => {
    await fc.assert(
      fc.asyncProperty(seeds, (seed) => live(seed, trouble)),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});
