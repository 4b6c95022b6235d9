/**
 * Traces the route to a target when it is first seen, when its distance or state changes, and every six hours. The route is kept
 * as fact `route`; another one than before is an event. Few traces run at once: the routers near the agent see them all.
 * What is known outlives a restart (memory.ts), so that one neither traces everything anew nor hides a change.
 */
import type { Log, Part } from '@kaiku/core';
import { z } from 'zod';
import type { Collector } from '../collector.ts';
import type { Watch } from './icmp-target.ts';
import { createMemory, type Memory } from './memory.ts';
import type { Prober } from './prober.ts';
import {
  HEALTHS,
  healthOf,
  learnRoute,
  routeOf,
  routeText,
  traceReason,
  type Route,
  type RouteNews,
  type TraceReason,
} from './route.ts';

const TRACES_AT_ONCE = 4;
/** Enough for any network; a trace ends where it arrives. */
const MOST_HOPS = 30;
const SPACING_MS = 20;
const TIMEOUT_MS = 1000;
const NAMES = { changed: 'routeChanged', ends: 'routeEnds', restored: 'routeRestored' } as const;
const MESSAGE_CHARS = 1000;
const NOTICE = 5;
const WARNING = 4;

const routeSchema = z.object({ hops: z.array(z.string().nullable()).readonly(), arrived: z.boolean() });
/** What is known of a target. */
const seenSchema = z.object({
  address: z.string(),
  state: z.object({ hopLimit: z.number(), health: z.enum(HEALTHS), tracedMs: z.number() }),
  route: z.object({ now: routeSchema, whole: routeSchema.optional() }).optional(),
});
type Seen = z.output<typeof seenSchema>;

interface Wanted {
  readonly entity: string;
  readonly address: string;
  readonly reason: TraceReason;
}

export interface RouteWatchOptions {
  readonly collector: Collector;
  readonly prober: Prober;
  readonly log: Log;
  /** Where routes are kept; undefined: nowhere. */
  readonly file?: string | undefined;
  /** Replaced in tests. */
  readonly now?: () => number;
}

export class RouteWatch {
  readonly #collector: Collector;
  readonly #prober: Prober;
  readonly #now: () => number;
  readonly #seen = new Map<string, Seen>();
  readonly #memory: Memory<Seen>;
  /** By entity: one that waits is not put in line again. */
  readonly #waiting = new Map<string, Wanted>();
  #running = 0;

  constructor({ collector, prober, log, file, now = Date.now }: RouteWatchOptions) {
    this.#collector = collector;
    this.#prober = prober;
    this.#now = now;
    this.#memory = createMemory({ name: 'routes', file, schema: seenSchema, entries: () => this.#seen, log });
  }

  /** Reads at its start what was known, and keeps it. */
  get memory(): Part {
    return this.#memory;
  }

  watch(entity: string): Watch {
    return ({ address, ...burst }) => {
      const seen = this.#recall(entity, address);
      const nowMs = this.#now();
      const reason = traceReason(seen?.state, burst, nowMs);
      if (reason === undefined || this.#waiting.has(entity)) return;
      const hopLimit = burst.arrived ? burst.hopLimit : (seen?.state.hopLimit ?? -1);
      const state = { hopLimit, health: healthOf(burst), tracedMs: nowMs };
      this.#seen.set(entity, { address, state, route: seen?.route });
      this.#waiting.set(entity, { entity, address, reason });
      this.#next();
    };
  }

  /** Only these are watched from now on. */
  keep(entities: ReadonlySet<string>): void {
    this.#memory.keep(entities);
    for (const entity of this.#seen.keys()) {
      if (entities.has(entity)) continue;
      this.#seen.delete(entity);
      this.#waiting.delete(entity);
    }
  }

  /** Under another address it is another target. */
  #recall(entity: string, address: string): Seen | undefined {
    let seen = this.#seen.get(entity);
    if (seen === undefined) {
      seen = this.#memory.recall(entity);
      if (seen?.address === address) this.#seen.set(entity, seen);
    }
    return seen?.address === address ? seen : undefined;
  }

  #next(): void {
    for (const [entity, wanted] of this.#waiting) {
      if (this.#running >= TRACES_AT_ONCE) return;
      this.#waiting.delete(entity);
      this.#running += 1;
      void this.#trace(wanted).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  async #trace({ entity, address, reason }: Wanted): Promise<void> {
    const order = { address, packets: MOST_HOPS, spacingMs: SPACING_MS, timeoutMs: TIMEOUT_MS, trace: true };
    const trace = await this.#prober.burst(order);
    const seen = this.#seen.get(entity);
    // No longer measured, or under another address.
    if (seen?.address !== address) return;
    if (trace === undefined) {
      // The prober ended meanwhile: the next burst asks again.
      this.#seen.set(entity, { ...seen, state: { ...seen.state, tracedMs: 0 } });
      return;
    }
    if (trace.fates.every((fate) => fate === 'unknown')) return;
    const { known, news } = learnRoute(seen.route, routeOf(trace, address));
    this.#seen.set(entity, { ...seen, route: known });
    const tsMs = this.#now();
    this.#collector.fact(entity, 'route', '', tsMs, routeText(known.now));
    if (news === undefined) return;
    this.#collector.event({
      tsMs,
      entity,
      source: address,
      kind: 'route',
      name: NAMES[news],
      severity: news === 'ends' ? WARNING : NOTICE,
      message: sentence(news, address, seen.route?.whole, known.now).slice(0, MESSAGE_CHARS),
      fields: {
        route: routeText(known.now),
        before: seen.route?.whole === undefined ? '' : routeText(seen.route.whole),
        reason,
      },
      raw: new Uint8Array(0),
    });
  }
}

function sentence(news: RouteNews, address: string, before: Route | undefined, now: Route): string {
  if (news === 'restored') return `the way to ${address} is whole again, as it was: ${routeText(now)}`;
  if (news === 'changed') return `another way to ${address}: ${routeText(now)}, before ${routeText(before ?? now)}`;
  const last = now.hops.findLast((hop) => hop !== null);
  return last === undefined
    ? `no router on the way to ${address} answers`
    : `${last} is the last that answers on the way to ${address}`;
}
