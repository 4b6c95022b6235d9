import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideLeases, nextToken, validUntilMs, type HeldLease, type LeaseInput, type SeenLease } from './decide.ts';
import { rankMembers } from './rendezvous.ts';

const LEASE_MS = 3000;
const SELF = 'a/1';

function decide(change: Partial<LeaseInput>) {
  return decideLeases({
    self: SELF,
    members: [SELF],
    partitions: 1,
    leaseMs: LEASE_MS,
    nowMs: 100_000,
    seen: new Map(),
    held: new Map(),
    leaving: false,
    ...change,
  });
}
const seen = (lease: Partial<SeenLease>): ReadonlyMap<number, SeenLease> =>
  new Map([[0, { holder: '', token: 7, revision: 12, seenAtMs: 100_000, ...lease }]]);
const held = (lease: Partial<HeldLease>): ReadonlyMap<number, HeldLease> =>
  new Map([[0, { partition: 0, token: 7, revision: 12, acquiredAtMs: 100_000, renewedAtMs: 100_000, ...lease }]]);
/** Another member that owns partition 0 (or does not). */
const other = (owns: boolean): string => {
  for (let at = 0; ; at += 1) if ((rankMembers(0, [SELF, `b${at}/1`])[0] !== SELF) === owns) return `b${at}/1`;
};

describe('decideLeases', () => {
  it.each([
    ['nothing was looked at yet: waits', {}, []],
    ['free and ours: takes it at once', { seen: seen({}) }, ['acquire']],
    ['free but another owns it: leaves it to the owner', { seen: seen({}), members: [SELF, other(true)] }, []],
    [
      'free and unclaimed for a lease time: stands in for the owner',
      { seen: seen({ seenAtMs: 97_000 }), members: [SELF, other(true)] },
      ['acquire'],
    ],
    ['held by another, renewed a moment ago: waits', { seen: seen({ holder: 'z/1', seenAtMs: 97_001 }) }, []],
    [
      'held by another, silent for a lease time: takes it',
      { seen: seen({ holder: 'z/1', seenAtMs: 97_000 }) },
      ['acquire'],
    ],
    [
      'the silent holder still counts as living: it is no candidate for its own lease',
      { seen: seen({ holder: other(true), seenAtMs: 97_000 }), members: [SELF, other(true)] },
      ['acquire'],
    ],
    ['held by our own former run: waits like for anybody', { seen: seen({ holder: 'a/0', seenAtMs: 98_000 }) }, []],
    ['our own acquisition whose answer was lost: takes it again', { seen: seen({ holder: SELF }) }, ['acquire']],
    ['held, renewed lately: nothing', { held: held({ renewedAtMs: 99_500 }) }, []],
    ['held, a third of the lease gone: renews', { held: held({ renewedAtMs: 99_000 }) }, ['renew']],
    ['held, the owner has joined just now: keeps it a while', { held: held({}), members: [SELF, other(true)] }, []],
    [
      'held for long, the owner lives: hands over',
      { held: held({ acquiredAtMs: 90_000 }), members: [SELF, other(true)] },
      ['release'],
    ],
    ['leaving: releases', { held: held({}), leaving: true, members: [] }, ['release']],
    ['leaving: takes nothing', { seen: seen({ seenAtMs: 0 }), leaving: true, members: [] }, []],
  ] as const)('%s', (_, change, expected) => {
    expect(decide(change).map(({ act }) => act)).toEqual(expected);
  });

  it('stops being valid before it can expire for others', () => {
    const [lease] = held({}).values();
    expect(lease && validUntilMs(lease, LEASE_MS)).toBe(100_000 + 2400);
  });

  it('gives tokens that rise even when the bucket is lost', () => {
    expect(nextToken(0, 1_700_000_000_000)).toBe(1_700_000_000);
    expect(nextToken(1_700_000_500, 1_700_000_000_000)).toBe(1_700_000_501);
  });
});

/** A world of analyzers with clocks of their own, a bucket behind a slow network, pauses and crashes. */
class World {
  nowMs = 0;
  readonly #random: () => number;
  readonly #bucket = new Map<number, { holder: string; token: number; revision: number }>();
  #revision = 0;
  readonly #queue: { atMs: number; order: number; run: () => void }[] = [];
  #order = 0;
  readonly nodes: Node[];
  readonly tokens = new Map<number, number[]>();
  readonly partitions: number;
  /** Wrong ideas about who lives, slow and lost messages. */
  hostile = true;

  constructor(seed: number, nodes: number, partitions: number) {
    let state = seed >>> 0 || 1;
    this.#random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    this.partitions = partitions;
    this.nodes = Array.from(
      { length: nodes },
      (_, at) => new Node(this, `n${at}/1`, this.between(0.985, 1.015), this.between(0, 1e6)),
    );
  }

  between(low: number, high: number): number {
    return low + this.#random() * (high - low);
  }
  chance(probability: number): boolean {
    return this.#random() < probability;
  }
  /** Something goes wrong. */
  mishap(probability: number): boolean {
    return this.hostile && this.chance(probability);
  }
  at(afterMs: number, run: () => void): void {
    this.#order += 1;
    this.#queue.push({ atMs: this.nowMs + afterMs, order: this.#order, run });
  }
  /** Compare-and-swap with delays; the answer may be lost. */
  swap(
    partition: number,
    holder: string,
    token: number,
    revision: number,
    answer: (revision: number | undefined) => void,
  ): void {
    this.at(this.between(0.2, this.mishap(0.05) ? 1500 : 40), () => {
      const present = this.#bucket.get(partition)?.revision ?? 0;
      let written: number | undefined;
      if (present === revision) {
        if (holder !== '' && this.#bucket.get(partition)?.token !== token) {
          const list = this.tokens.get(partition) ?? [];
          list.push(token);
          this.tokens.set(partition, list);
        }
        this.#revision += 1;
        const stored = this.#revision;
        written = stored;
        this.#bucket.set(partition, { holder, token, revision: stored });
        for (const node of this.nodes) {
          if (!this.mishap(0.02))
            this.at(this.between(0.2, 60), () => node.observe(partition, { holder, token, revision: stored }));
        }
      }
      if (!this.mishap(0.03)) this.at(this.between(0.2, 40), () => answer(written));
    });
  }
  read(partition: number): { holder: string; token: number; revision: number } {
    return this.#bucket.get(partition) ?? { holder: '', token: 0, revision: 0 };
  }
  runUntil(endMs: number, check: () => void): void {
    for (;;) {
      this.#queue.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const next = this.#queue[0];
      if (next === undefined || next.atMs > endMs) return;
      this.#queue.shift();
      this.nowMs = next.atMs;
      next.run();
      check();
    }
  }
}

class Node {
  readonly #world: World;
  readonly id: string;
  readonly #rate: number;
  readonly #offsetMs: number;
  readonly #seen = new Map<number, SeenLease>();
  readonly held = new Map<number, HeldLease>();
  readonly #busy = new Set<number>();
  pausedUntilMs = 0;
  dead = false;
  diedAtMs = Infinity;

  constructor(world: World, id: string, rate: number, offsetMs: number) {
    this.#world = world;
    this.id = id;
    this.#rate = rate;
    this.#offsetMs = offsetMs;
  }
  get clockMs(): number {
    return this.#offsetMs + this.#world.nowMs * this.#rate;
  }
  get stopped(): boolean {
    return this.dead || this.#world.nowMs < this.pausedUntilMs;
  }
  /** Would it act for the partition at this moment? */
  acts(partition: number): boolean {
    const lease = this.held.get(partition);
    return !this.dead && lease !== undefined && this.clockMs < validUntilMs(lease, LEASE_MS);
  }
  observe(partition: number, lease: { holder: string; token: number; revision: number }): void {
    if (this.dead) return;
    if (this.stopped) {
      this.#world.at(this.pausedUntilMs - this.#world.nowMs, () => this.observe(partition, lease));
      return;
    }
    if (lease.revision <= (this.#seen.get(partition)?.revision ?? -1)) return;
    this.#seen.set(partition, { ...lease, seenAtMs: this.clockMs });
  }
  tick(): void {
    const again = this.stopped ? Math.max(this.pausedUntilMs - this.#world.nowMs, 1) : this.#world.between(150, 300);
    if (this.dead) return;
    this.#world.at(again, () => this.tick());
    if (this.stopped) return;
    if (this.#world.chance(0.1) || this.#seen.size === 0) {
      for (let partition = 0; partition < this.#world.partitions; partition += 1) {
        this.observe(partition, this.#world.read(partition));
      }
    }
    const members = this.#world.nodes.filter((node) => node === this || this.#believesIn(node)).map((node) => node.id);
    const actions = decideLeases({
      self: this.id,
      members,
      partitions: this.#world.partitions,
      leaseMs: LEASE_MS,
      nowMs: this.clockMs,
      seen: this.#seen,
      held: this.held,
      leaving: false,
    });
    for (const action of actions) if (!this.#busy.has(action.partition)) this.#act(action);
  }
  /** Whom each believes to live may differ: heartbeats are no part of safety. */
  #believesIn(node: Node): boolean {
    if (this.#world.hostile) return this.#world.chance(0.9);
    return this.#world.nowMs - node.diedAtMs < LEASE_MS;
  }
  #act(action: ReturnType<typeof decideLeases>[number]): void {
    const { partition, act, revision } = action;
    const sentAtMs = this.clockMs;
    const token = act === 'acquire' ? nextToken(action.lastToken, 0) : action.token;
    if (act === 'release') this.held.delete(partition);
    this.#busy.add(partition);
    this.#world.at(2000, () => this.#busy.delete(partition));
    this.#world.swap(partition, act === 'release' ? '' : this.id, token, revision, (written) => {
      if (this.dead) return;
      this.#busy.delete(partition);
      if (written === undefined) {
        const present = this.#world.read(partition);
        const mine = this.held.get(partition);
        if (mine !== undefined && present.holder === this.id && present.token === mine.token) {
          this.held.set(partition, { ...mine, revision: present.revision });
        } else this.held.delete(partition);
        this.observe(partition, present);
        return;
      }
      if (act === 'release') return;
      const acquiredAtMs = act === 'acquire' ? sentAtMs : (this.held.get(partition)?.acquiredAtMs ?? sentAtMs);
      this.held.set(partition, { partition, token, revision: written, acquiredAtMs, renewedAtMs: sentAtMs });
      this.observe(partition, { holder: this.id, token, revision: written });
    });
  }
}

describe('leases in a hostile world', () => {
  it('never has two acting on one partition, and its tokens rise', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.integer({ min: 2, max: 4 }), (seed, nodes) => {
        const world = new World(seed, nodes, 3);
        for (const node of world.nodes) world.at(world.between(0, 5000), () => node.tick());
        const disturb = (): void => {
          world.at(world.between(500, 8000), disturb);
          const node = world.nodes[Math.floor(world.between(0, nodes))];
          if (node !== undefined) node.pausedUntilMs = world.nowMs + world.between(100, 9000);
        };
        world.at(3000, disturb);
        world.runUntil(60_000, () => {
          for (let partition = 0; partition < 3; partition += 1) {
            // A paused one acts as soon as it runs again, by what it then knows: it is looked at as if it ran now.
            const acting = world.nodes.filter((node) => node.acts(partition));
            expect(acting.length, `at ${world.nowMs}: ${acting.map((node) => node.id).join()}`).toBeLessThanOrEqual(1);
          }
        });
        for (const list of world.tokens.values()) {
          for (let at = 1; at < list.length; at += 1) expect(list[at]).toBeGreaterThan(list[at - 1] ?? 0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives a dead holder’s partitions to the living within 5 s', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (seed) => {
        const world = new World(seed, 3, 3);
        world.hostile = false;
        for (const node of world.nodes) world.at(1, () => node.tick());
        const actingNodes = (): number[] =>
          [0, 1, 2].map((partition) => world.nodes.filter((node) => node.acts(partition)).length);
        world.runUntil(20_000, () => undefined);
        const dead = world.nodes[0];
        if (dead === undefined) return;
        dead.dead = true;
        dead.diedAtMs = world.nowMs;
        const covered = new Set<number>();
        world.runUntil(27_000, () => {
          if (world.nowMs < 25_000) return;
          actingNodes().forEach((count, partition) => count === 1 && covered.add(partition));
        });
        expect(covered.size).toBe(3);
      }),
      { numRuns: 20 },
    );
  });
});
