import { catalogSchema, type Catalog } from '@kaiku/catalog';
import { createLog, createMetrics } from '@kaiku/core';
import type { AlarmEvent } from '@kaiku/protocol';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../lease/keeper.ts';
import { SeriesIndex } from '../read/series-index.ts';
import { compileWatch, type WatchPlan } from '../read/watch-plan.ts';
import { memoryStore, type MemoryStore } from '../testing/memory-store.ts';
import { smallCatalog } from '../testing/small-catalog.ts';
import { LeaseLostError } from '../errors.ts';
import { DownDevices } from './down.ts';
import { Evaluation } from './evaluation.ts';

const BASE_MS = 1_700_000_000_000;

/** One analyzer without a process: the clock and the leases are the test's. */
class Bench {
  nowMs = BASE_MS;
  readonly told: AlarmEvent[] = [];
  lease: { token: number; valid: boolean } | undefined;
  plan: WatchPlan = compileWatch(smallCatalog, 1, 1);
  readonly evaluation: Evaluation;
  readonly #fresh = { agents: new Set<string>(), fromMs: Infinity };

  constructor(store: MemoryStore, token: number) {
    this.lease = { token, valid: true };
    const clock = { steadyMs: () => this.nowMs, wallMs: () => this.nowMs };
    const leases = (): Lease[] => {
      const { lease } = this;
      if (lease === undefined || !lease.valid) return [];
      return [{ partition: 0, token: lease.token, lastAliveMs: 0, valid: () => lease.valid }];
    };
    this.evaluation = new Evaluation({
      keeper: { leases },
      hints: {
        take: () => {
          const taken = { agents: new Set(this.#fresh.agents), fromMs: this.#fresh.fromMs };
          this.#fresh.agents.clear();
          this.#fresh.fromMs = Infinity;
          return taken;
        },
        livingAgents: () => 1,
        watermarkMs: () => this.nowMs,
        listenedMs: () => Infinity,
      },
      pool: store,
      index: new SeriesIndex(store, clock),
      plan: () => this.plan,
      down: new DownDevices(),
      notifier: {
        tell: (lease, events) => {
          if (events.length > 0 && !lease.valid()) throw new LeaseLostError(lease.partition);
          this.told.push(...events);
        },
      },
      clock,
      metrics: createMetrics(),
      log: createLog({ role: 'analyzer', name: 'test', level: 'silent' }),
    });
  }

  /** A turn of the loop at `second`, with a hint that data since `hinted` is there. */
  async turn(second: number, hinted?: number): Promise<void> {
    this.nowMs = BASE_MS + second * 1000;
    if (hinted !== undefined) {
      this.#fresh.agents.add('agent-1');
      this.#fresh.fromMs = Math.min(this.#fresh.fromMs, BASE_MS + hinted * 1000);
    }
    await this.evaluation.run();
  }

  get events(): string {
    return this.told
      .map(({ event, entity, rule, tsMs }) => `${event} ${entity}/${rule}@${(tsMs - BASE_MS) / 1000}`)
      .join(', ');
  }
}

function ping(store: MemoryStore, entity: string, second: number, value: number | undefined): void {
  store.sample('agent-1', { entity, metric: 'rtt', instance: '' }, BASE_MS + second * 1000, value);
}

describe('Evaluation', () => {
  it('tells an alarm in the turn that a hint starts, and its end', async () => {
    const store = memoryStore();
    const bench = new Bench(store, 5);
    ping(store, 'router', 0, 10);
    await bench.turn(1);
    ping(store, 'router', 60, undefined);
    await bench.turn(62, 60);
    expect(bench.events).toBe('raised router/down@60');
    expect(bench.told[0]).toMatchObject({
      severity: 'critical',
      message: 'router does not answer',
      token: 5,
      value: null,
    });
    ping(store, 'router', 120, 150);
    await bench.turn(122, 120);
    expect(bench.events).toBe('raised router/down@60, cleared router/down@120, raised router/slow@120');
    expect(bench.told[2]?.message).toBe('router: 150 ms');
  });

  it('an agent that falls silent is an alarm of its own', async () => {
    const store = memoryStore();
    const bench = new Bench(store, 5);
    const own = { entity: 'agent-1', metric: 'agentRss', instance: '' };
    store.sample('agent-1', own, BASE_MS, 1e8);
    await bench.turn(1);
    await bench.turn(119);
    expect(bench.events).toBe('');
    await bench.turn(125);
    expect(bench.events).toBe('raised agent-1/agent-silent@120');
    expect(bench.told[0]?.message).toBe('agent-1 is silent: what it alone measures is not observed');
    store.sample('agent-1', own, BASE_MS + 180_000, 1e8);
    await bench.turn(182, 180);
    expect(bench.events).toBe('raised agent-1/agent-silent@120, cleared agent-1/agent-silent@180');
  });

  it('finds by itself what no hint told of', async () => {
    const store = memoryStore();
    const bench = new Bench(store, 5);
    ping(store, 'router', 0, 10);
    await bench.turn(1);
    ping(store, 'router', 60, undefined);
    await bench.turn(68);
    expect(bench.events).toBe('raised router/down@60');
  });

  it('a new holder tells nothing twice and loses no clear', async () => {
    const store = memoryStore();
    const first = new Bench(store, 5);
    ping(store, 'router', 0, undefined);
    await first.turn(1);
    expect(first.events).toBe('raised router/down@0');
    store.events.push(...first.told);
    ping(store, 'router', 60, undefined);
    ping(store, 'router', 120, 10);
    const second = new Bench(store, 6);
    await second.turn(125);
    expect(second.events).toBe('cleared router/down@120');
    expect(second.told[0]?.token).toBe(6);
    // Whoever comes before the store has that row finds the very same event again.
    const third = new Bench(store, 7);
    await third.turn(130);
    expect(third.events).toBe('cleared router/down@120');
    store.events.push(...second.told);
    const fourth = new Bench(store, 8);
    await fourth.turn(135);
    expect(fourth.events).toBe('');
  });

  it('says nothing under a lease that ran out meanwhile, and says it when the lease is valid again', async () => {
    const store = memoryStore();
    const bench = new Bench(store, 5);
    ping(store, 'router', 0, 10);
    await bench.turn(1);
    ping(store, 'router', 60, undefined);
    bench.lease = { token: 5, valid: false };
    await bench.turn(62, 60);
    expect(bench.events).toBe('');
    bench.lease = { token: 5, valid: true };
    await bench.turn(70);
    expect(bench.events).toBe('raised router/down@60');
  });

  it('goes on after stores were away, with what came meanwhile', async () => {
    const store = memoryStore();
    const bench = new Bench(store, 5);
    ping(store, 'router', 0, 10);
    await bench.turn(1);
    ping(store, 'router', 60, undefined);
    ping(store, 'router', 120, 10);
    store.failure = new Error('no store answers');
    await expect(bench.turn(62, 60)).rejects.toThrow('no store answers');
    store.failure = undefined;
    await bench.turn(200);
    expect(bench.events).toBe('raised router/down@60, cleared router/down@120');
  });

  it('keeps the symptom back while the cause is active', async () => {
    const store = memoryStore();
    const bench = new Bench(store, 5);
    ping(store, 'router', 0, undefined);
    ping(store, 'printer', 1, undefined);
    await bench.turn(2, 0);
    expect(bench.events).toBe('raised router/down@0');
    ping(store, 'router', 60, 10);
    ping(store, 'printer', 61, undefined);
    await bench.turn(62, 60);
    // The printer is down by itself: its own look after the router came back says so.
    expect(bench.events).toBe('raised router/down@0, cleared router/down@60, raised printer/down@1');
  });

  it('clears what no rule stands behind any more', async () => {
    const store = memoryStore();
    const bench = new Bench(store, 5);
    ping(store, 'router', 0, undefined);
    await bench.turn(1);
    bench.plan = compileWatch({ ...smallCatalog, devices: [] }, 2, 1);
    await bench.turn(10);
    expect(bench.events).toBe('raised router/down@0, cleared router/down@10');
  });

  it('a path’s alarm names the point to blame', async () => {
    const store = memoryStore();
    const bench = new Bench(store, 5);
    const [{ site, agency, agents }] = smallCatalog.devices as [(typeof smallCatalog.devices)[number]];
    const points = smallCatalog.devices.slice(0, 2).map(({ id }) => id);
    const path = { id: 'way', nick: 'way', site, agency, agents, points };
    bench.plan = compileWatch(catalogSchema.parse({ ...smallCatalog, paths: [path] }), 1, 1);
    store.fact({ entity: 'way', name: 'pathBlame', instance: '', value: 'router (loss)' });
    for (let second = 0; second <= 120; second += 60) {
      store.sample('agent-1', { entity: 'way', metric: 'pathBlame', instance: '' }, BASE_MS + second * 1000, 2);
      await bench.turn(second + 1);
    }
    expect(bench.told.filter(({ rule }) => rule === 'path-blame').map(({ message }) => message)).toEqual([
      'way: point 2 of the path is to blame: router (loss)',
    ]);
  });

  describe('application checks', () => {
    const tcp = (id: string, everyMs = 60_000): object => ({ check: 'tcp', id, port: 1, everyMs });
    const serviceOf = (...checks: readonly object[]): Catalog => {
      const [router] = smallCatalog.devices;
      const service = { id: 'mail', name: 'Mail', kind: 'service', measurements: checks, availability: ['appTime'] };
      const rule = { id: 'down', metric: 'appTime', severity: 'critical', when: 'failed', noDataMs: 300_000 };
      const alarms = [{ ...rule, message: '{nick}: {instance} fails: {reason}' }];
      const devices = [{ ...router, id: 'mail', nick: 'mail', template: 'mail', checks: [] }];
      return catalogSchema.parse({ ...smallCatalog, templates: [{ ...service, alarms }], devices });
    };
    const probe = (store: MemoryStore, check: string, second: number, value: number | undefined): void =>
      store.sample('agent-1', { entity: 'mail', metric: 'appTime', instance: check }, BASE_MS + second * 1000, value);

    it('one that left the catalog is not missed, and its alarm ends', async () => {
      const store = memoryStore();
      const bench = new Bench(store, 5);
      bench.plan = compileWatch(serviceOf(tcp('smtp'), tcp('imap')), 1, 1);
      for (const check of ['smtp', 'imap']) probe(store, check, 0, check === 'imap' ? undefined : 5);
      await bench.turn(1);
      expect(bench.events).toBe('raised mail/down@0');
      bench.plan = compileWatch(serviceOf(tcp('smtp')), 2, 1);
      for (let second = 60; second <= 900; second += 60) {
        probe(store, 'smtp', second, 5);
        await bench.turn(second + 2, second);
      }
      expect(bench.events).toBe('raised mail/down@0, cleared mail/down@62');
    });

    it('one of a longer interval than the rule’s patience is not silent in between', async () => {
      const store = memoryStore();
      const bench = new Bench(store, 5);
      bench.plan = compileWatch(serviceOf(tcp('smtp'), tcp('rare', 900_000)), 1, 1);
      probe(store, 'smtp', 0, 5);
      probe(store, 'rare', 0, 5);
      await bench.turn(1);
      for (let second = 60; second <= 1700; second += 60) {
        probe(store, 'smtp', second, 5);
        if (second === 900) probe(store, 'rare', second, 5);
        await bench.turn(second + 2, second);
      }
      expect(bench.events).toBe('');
    });

    it('says why it fails, as the agent said it of that slot', async () => {
      const store = memoryStore();
      const bench = new Bench(store, 5);
      bench.plan = compileWatch(serviceOf(tcp('smtp'), tcp('imap')), 1, 1);
      const reason = (check: string, value: string): void =>
        store.fact({ entity: 'mail', name: 'checkReason', instance: check, value });
      probe(store, 'smtp', 0, undefined);
      reason('smtp', 'connection refused by 192.0.2.1 port 25');
      probe(store, 'imap', 0, undefined);
      await bench.turn(1);
      // Without a fact the status of the sample says it, shorter.
      expect(bench.told.map(({ instance, message }) => `${instance}: ${message}`).toSorted()).toEqual([
        'imap: mail: imap fails: no answer in time',
        'smtp: mail: smtp fails: connection refused by 192.0.2.1 port 25',
      ]);
    });

    it('an alarm does not wait for its reason', async () => {
      const store = memoryStore();
      const bench = new Bench(store, 5);
      bench.plan = compileWatch(serviceOf(tcp('smtp')), 1, 1);
      probe(store, 'smtp', 0, undefined);
      store.factFailure = new Error('no such table');
      await bench.turn(1);
      expect(bench.told[0]?.message).toBe('mail: smtp fails: no answer in time');
    });
  });
});
