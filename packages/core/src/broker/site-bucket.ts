/**
 * One bucket over several sites: each operation goes to the first site that answers.
 *
 * Sites know nothing of each other, so after a switch a bucket has other contents and revisions. Claims run out in seconds
 * and are decided from what was read a moment before. The lease bucket is **pinned**: one opening of it is one site's bucket,
 * and once another site comes first it fails until it is opened anew, since a revision known from one site may by chance be that of
 * somebody else's lease at another. The catalog must be the same
 * everywhere: it is **mirrored**, each write also put to the other sites, and when a site comes back
 * the newest writing is copied to where it is missing (by those who may write it: the command line and the supervisor). Two writers that see different sites only can both win; the
 * later one is kept.
 */
import { BUCKETS } from '@kaiku/protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerError } from '../errors.ts';
import { openBucket, type Bucket, type OneBucket } from './bucket.ts';
import { asBrokerError } from './failure.ts';
import type { Subscription } from './messages.ts';
import type { Site } from './site.ts';

const MIRRORED: ReadonlySet<string> = new Set([BUCKETS.catalog]);
const PINNED: ReadonlySet<string> = new Set([BUCKETS.lease]);
const LOOK_EVERY_MS = 1000;
/** Keys that are written once and never again, numbered (`log.<id>.<number>`): compared among the newest, of the others only that they are there. */
const NUMBERED = /^(log\.[^.]+)\.(\d+)$/;
const NEWEST = 64;
const AT_ONCE = 16;
/** Not everybody at once. */
const MEND_WITHIN_MS = 2000;

interface SiteBucketOptions {
  readonly name: string;
  readonly history: number;
  readonly sites: readonly Site[];
  readonly mends: boolean;
  /** Those to try, best first. @throws BrokerError */
  readonly usable: () => readonly Site[];
}

/** @throws BrokerError when no site is there */
export async function openSiteBucket({ name, history, sites, mends, usable }: SiteBucketOptions): Promise<Bucket> {
  const opened = new Map<Site, Promise<OneBucket>>();
  const open = (site: Site): Promise<OneBucket> => {
    const known = opened.get(site);
    if (known !== undefined) return known;
    const opening = site.guarded(`bucket ${name}`, (_, js) =>
      openBucket(js, { name, history, onReconnect: (act) => site.onReconnect(act) }),
    );
    opened.set(site, opening);
    opening.catch(() => opened.delete(site));
    return opening;
  };
  let home: Site | undefined;
  const best = (): Site => {
    const [site] = usable();
    if (site === undefined) throw new Error(`bucket ${name}: no site`);
    if (PINNED.has(name)) home ??= site;
    if (home !== undefined && site !== home) {
      throw new BrokerError(`bucket ${name}: another site comes first now; it must be opened anew`, true);
    }
    return site;
  };
  const at = async <T>(site: Site, what: string, run: (bucket: OneBucket) => Promise<T>): Promise<T> => {
    try {
      const bucket = await open(site);
      return await site.guarded(`${name}: ${what}`, () => run(bucket));
    } catch (error) {
      throw asBrokerError(error, `${name}: ${what}`);
    }
  };
  const mirrored = sites.length > 1 && MIRRORED.has(name);
  const others = (than: Site): readonly Site[] => sites.filter((site) => site !== than && site.connected);
  const write = async <T>(what: string, run: (bucket: OneBucket) => Promise<T>, again: typeof run): Promise<T> => {
    const site = best();
    const result = await at(site, what, run);
    if (mirrored) await Promise.allSettled(others(site).map((other) => at(other, what, again)));
    return result;
  };
  if (mirrored && mends) {
    for (const site of sites) {
      site.onReconnect(() => void mend(sites, at));
    }
  }
  await open(best());
  return {
    get: (key) => at(best(), `get ${key}`, (bucket) => bucket.get(key)),
    keys: () => at(best(), 'keys', (bucket) => bucket.keys()),
    put: (key, value) =>
      write(
        `put ${key}`,
        (bucket) => bucket.put(key, value),
        (bucket) => bucket.put(key, value),
      ),
    swap: (key, value, revision) =>
      write(
        `swap ${key}`,
        (bucket) => bucket.swap(key, value, revision),
        (bucket) => bucket.put(key, value),
      ),
    remove: (key) =>
      write(
        `remove ${key}`,
        (bucket) => bucket.remove(key),
        (bucket) => bucket.remove(key),
      ),
    watch: async (key, onChange) => {
      let watched = best();
      let watch: Subscription = await at(watched, `watch ${key}`, (bucket) => bucket.watch(key, onChange));
      if (sites.length === 1 || PINNED.has(name)) return watch;
      let stopped = false;
      const follow = (next: Subscription): void => {
        watch.stop();
        watch = next;
        if (stopped) watch.stop();
      };
      const look = setInterval(() => {
        let site: Site;
        try {
          site = best();
        } catch {
          return;
        }
        if (site === watched) return;
        const before = watched;
        watched = site;
        const moving = at(site, `watch ${key}`, (bucket) => bucket.watch(key, onChange));
        moving.then(follow, () => (watched = before));
      }, LOOK_EVERY_MS);
      look.unref();
      return {
        stop: () => {
          stopped = true;
          clearInterval(look);
          watch.stop();
        },
      };
    },
  };
}

type At = <T>(site: Site, what: string, run: (bucket: OneBucket) => Promise<T>) => Promise<T>;

/** Copies the newest writing of each key to the sites that lack it. Best effort: the next return mends the rest. */
async function mend(sites: readonly Site[], at: At): Promise<void> {
  await sleep(Math.random() * MEND_WITHIN_MS, undefined, { ref: false });
  const there = sites.filter((site) => site.connected);
  try {
    const keys = await Promise.all(there.map((site) => at(site, 'keys', (each) => each.keys())));
    const wanted = keysToMend(keys);
    for (let from = 0; from < wanted.length; from += AT_ONCE) {
      await Promise.all(wanted.slice(from, from + AT_ONCE).map((key) => mendKey(key, there, at)));
    }
  } catch {
    // A site went away meanwhile.
  }
}

async function mendKey(key: string, there: readonly Site[], at: At): Promise<void> {
  const writings = await Promise.all(
    there.map(async (site) => ({
      site,
      writtenMs: (await at(site, 'look', (each) => each.writtenMs(key))) ?? -1,
      entry: await at(site, 'get', (each) => each.get(key)),
    })),
  );
  const newest = writings.reduce((a, b) => (b.writtenMs > a.writtenMs ? b : a));
  if (newest.entry === undefined) return;
  const { value } = newest.entry;
  for (const { site, entry } of writings) {
    if (entry === undefined || Buffer.compare(entry.value, value) !== 0) {
      await at(site, 'mend', (each) => each.put(key, value));
    }
  }
}

/** Of thousands of keys that never change, only those that some site lacks, and the newest. */
function keysToMend(keysOfSites: readonly (readonly string[])[]): readonly string[] {
  const places = new Map<string, number>();
  for (const key of keysOfSites.flat()) places.set(key, (places.get(key) ?? 0) + 1);
  const last = new Map<string, number>();
  const numbered = (key: string): readonly [group: string, number: number] | undefined => {
    const [, group, number] = NUMBERED.exec(key) ?? [];
    return group === undefined ? undefined : [group, Number(number)];
  };
  for (const key of places.keys()) {
    const [group, number] = numbered(key) ?? [];
    if (group !== undefined) last.set(group, Math.max(last.get(group) ?? 0, number ?? 0));
  }
  return [...places].flatMap(([key, count]) => {
    const [group, number = 0] = numbered(key) ?? [];
    const settled = group !== undefined && count === keysOfSites.length && number <= (last.get(group) ?? 0) - NEWEST;
    return settled ? [] : [key];
  });
}
