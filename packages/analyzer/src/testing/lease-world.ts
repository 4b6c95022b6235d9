/**
 * A simulated world for leases: analyzers (the real `LeaseDesk`) with clocks of their own that are stopped, killed and
 * started anew, and a broker's bucket that answers late or not at all, is wiped, or comes back older than it was.
 * One seed, one story: all chance and all time are the world's.
 */
import { BrokerError, ConflictError, createLog, type Bucket, type BucketEntry } from '@kaiku/core';
import { LeaseDesk } from '../lease/desk.ts';

export const LEASE_MS = 3000;
const WALL_MS = 1_800_000_000_000;
const log = createLog({ role: 'analyzer', name: 'world', level: 'silent' });

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly partitions: number;
  readonly sites?: number;
}

export class World {
  nowMs = 0;
  readonly partitions: number;
  readonly nodes: Node[];
  readonly sites: Site[];
  /** Messages are slow, or lost. */
  hostile = true;
  readonly story: string[] = [];
  readonly #heap: Event[] = [];
  #order = 0;
  #state: number;

  constructor({ seed, nodes, partitions, sites = 1 }: WorldOptions) {
    this.#state = seed >>> 0;
    this.partitions = partitions;
    this.sites = Array.from({ length: sites }, (_, at) => new Site(this, `site-${at}`));
    this.nodes = Array.from({ length: nodes }, (_, at) => new Node(this, `n${at}`));
  }

  /** mulberry32: 0 up to 1. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  between(low: number, high: number): number {
    return low + this.random() * (high - low);
  }
  mishap(probability: number): boolean {
    return this.random() < probability && this.hostile;
  }
  tell(what: string): void {
    this.story.push(`${Math.round(this.nowMs)} ${what}`);
  }

  at(afterMs: number, run: () => void): void {
    const event = { atMs: this.nowMs + Math.max(0, afterMs), order: this.#order, run };
    this.#order += 1;
    let low = 0;
    for (let high = this.#heap.length; low < high;) {
      const middle = (low + high) >> 1;
      const there = this.#heap[middle];
      // Latest first: the next event is at the end.
      if (there !== undefined && there.atMs > event.atMs) low = middle + 1;
      else high = middle;
    }
    this.#heap.splice(low, 0, event);
  }

  /** @param check after each event */
  async runUntil(endMs: number, check: () => void): Promise<void> {
    for (;;) {
      const next = this.#heap.at(-1);
      if (next === undefined || next.atMs > endMs) return;
      this.#heap.pop();
      this.nowMs = next.atMs;
      next.run();
      // All that follows from it at once.
      await new Promise((done) => setImmediate(done));
      check();
    }
  }

  /** Who acts for a partition now; a stopped one acts as soon as it runs again, by what it then knows. */
  acting(partition: number): readonly Node[] {
    return this.nodes.filter((node) => node.tokenOf(partition) !== undefined);
  }
}

/** A broker site: one bucket. */
export class Site {
  readonly #world: World;
  readonly name: string;
  #entries = new Map<string, BucketEntry>();
  #revision = 0;
  away = false;
  readonly watchers = new Map<(entry: BucketEntry) => void, Node>();

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
  }

  get(key: string): BucketEntry | undefined {
    return this.#entries.get(key);
  }
  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }
  write(key: string, value: Uint8Array, revision?: number): number {
    if (revision !== undefined && (this.#entries.get(key)?.revision ?? 0) !== revision) throw new ConflictError(key);
    this.#revision += 1;
    const entry = { key, value, revision: this.#revision };
    this.#entries.set(key, entry);
    for (const [tell, node] of this.watchers) this.#deliver(node, tell, entry);
    return entry.revision;
  }
  #deliver(node: Node, tell: (entry: BucketEntry) => void, entry: BucketEntry): void {
    if (this.#world.mishap(0.05) || !node.reaches(this)) return;
    this.#world.at(this.#world.between(0.2, this.#world.mishap(0.1) ? 2000 : 40), () => {
      node.run(() => this.watchers.has(tell) && tell(entry));
    });
  }

  /** What it would be restored to. */
  copy(): () => void {
    const entries = new Map(this.#entries);
    const revision = this.#revision;
    return () => {
      this.#entries = new Map(entries);
      this.#revision = revision;
      this.#tellAll();
    };
  }
  /** Its revisions begin anew; often just below the old ones, so that the same come again soon. */
  wipe(): void {
    this.#entries.clear();
    this.#revision =
      this.#world.random() < 0.3 ? 0 : Math.max(0, this.#revision - Math.floor(this.#world.between(0, 40)));
  }
  /** Watches are opened anew. */
  #tellAll(): void {
    for (const [tell, node] of this.watchers)
      for (const entry of this.#entries.values()) this.#deliver(node, tell, entry);
  }
}

/** An analyzer's process. */
export class Node {
  readonly #world: World;
  readonly name: string;
  #rate = 1;
  #offsetMs = 0;
  readonly wallOffsetMs: number;
  #desk: LeaseDesk | undefined;
  #incarnation = 0;
  #stopped: (() => void)[] | undefined;
  /** Sites that cannot be reached from here. */
  readonly cut = new Set<Site>();

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    this.wallOffsetMs = world.between(-1000, 1000);
  }

  get alive(): boolean {
    return this.#desk !== undefined;
  }
  reaches(site: Site): boolean {
    return !site.away && !this.cut.has(site);
  }
  tokenOf(partition: number): number | undefined {
    const token = this.#desk?.held.get(partition)?.token;
    return token !== undefined && this.#desk?.valid(partition, token) === true ? token : undefined;
  }

  start(): void {
    this.#incarnation += 1;
    this.#rate = this.#world.between(0.985, 1.015);
    this.#offsetMs = this.#world.between(0, 1e6);
    const world = this.#world;
    const desk: LeaseDesk = new LeaseDesk({
      name: this.name,
      incarnation: String(this.#incarnation),
      partitions: world.partitions,
      leaseMs: LEASE_MS,
      clock: {
        steadyMs: () => this.#offsetMs + world.nowMs * this.#rate,
        wallMs: () => Math.floor(WALL_MS + this.wallOffsetMs + world.nowMs),
      },
      openBucket: () => this.#openBucket(desk),
      timer: (ms, act) => {
        let off = false;
        world.at(ms / this.#rate, () => this.run(() => off || act(), desk));
        return () => (off = true);
      },
      newLife: () => String(world.random()),
      onFree: () => undefined,
      onChange: () => undefined,
      log,
    });
    this.#desk = desk;
    this.#stopped = undefined;
    this.#turn(desk);
  }

  #turn(desk: LeaseDesk): void {
    this.run(() => {
      const again = (): void =>
        this.#world.at(this.#world.between(150, 300), () => {
          if (this.#desk === desk) this.#turn(desk);
        });
      desk.turn().then(again, again);
    }, desk);
  }

  /** Code of this process: now, or when it goes on, or never. */
  run(act: () => void, of = this.#desk): void {
    if (of !== this.#desk) return;
    if (this.#stopped === undefined) act();
    else this.#stopped.push(() => this.run(act, of));
  }

  kill(): void {
    this.#desk = undefined;
    this.#stopped = undefined;
  }
  leave(): void {
    if (this.#desk !== undefined) this.#desk.leaving = true;
  }
  pause(forMs: number): void {
    if (this.#stopped !== undefined || this.#desk === undefined) return;
    const waiting: (() => void)[] = [];
    this.#stopped = waiting;
    this.#world.at(forMs, () => {
      if (this.#stopped !== waiting) return;
      this.#stopped = undefined;
      for (const act of waiting) act();
    });
  }

  /** Pinned to the first site it can reach, as the broker's lease bucket is. */
  #openBucket(desk: LeaseDesk): Promise<Bucket> {
    const world = this.#world;
    const first = (): Site | undefined => world.sites.find((site) => this.reaches(site));
    const home = first();
    if (home === undefined) return Promise.reject(new BrokerError('away', true));
    const call = async <T>(act: () => T): Promise<T> =>
      new Promise<T>((done, fail) => {
        if (first() !== home) {
          fail(new BrokerError('another site comes first', true));
          return;
        }
        const answer = (tell: () => void): void => {
          if (!world.mishap(0.03)) world.at(world.between(0.2, 40), () => this.reaches(home) && this.run(tell, desk));
        };
        world.at(world.between(0.2, world.mishap(0.05) ? 4000 : 40), () => {
          if (!this.reaches(home) || world.mishap(0.02)) return;
          try {
            const result = act();
            answer(() => done(result));
          } catch (error) {
            answer(() => fail(error));
          }
        });
      });
    return Promise.resolve({
      get: (key) => call(() => home.get(key)),
      keys: () => call(() => home.keys()),
      put: (key, value) => call(() => home.write(key, value)),
      swap: (key, value, revision) => call(() => home.write(key, value, revision)),
      remove: () => Promise.reject(new Error('leases are never removed')),
      watch: (_, onChange) =>
        call(() => {
          home.watchers.set(onChange, this);
          return { stop: () => void home.watchers.delete(onChange) };
        }),
    });
  }
}
