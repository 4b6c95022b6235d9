/**
 * Traces the route to a target when it is first seen, when its distance or state changes, and every six hours. The route is kept
 * as fact `route`; another one than before is an event. Few traces run at once: the routers near the agent see them all.
 */
import type { Collector } from '../collector.ts';
import type { Watch } from './icmp-target.ts';
import type { Prober } from './prober.ts';
import {
  compareRoutes,
  healthOf,
  routeOf,
  routeText,
  traceReason,
  type Route,
  type RouteState,
  type TraceReason,
} from './route.ts';

const TRACES_AT_ONCE = 4;
/** Enough for any network; a trace ends where it arrives. */
const MOST_HOPS = 30;
const SPACING_MS = 20;
const TIMEOUT_MS = 1000;
const NOTICE = 5;
const WARNING = 4;

interface Wanted {
  readonly entity: string;
  readonly address: string;
  readonly reason: TraceReason;
}

export class RouteWatch {
  readonly #collector: Collector;
  readonly #prober: Prober;
  readonly #now: () => number;
  readonly #states = new Map<string, RouteState>();
  readonly #routes = new Map<string, Route>();
  /** By entity: one that waits is not put in line again. */
  readonly #waiting = new Map<string, Wanted>();
  #running = 0;

  constructor(collector: Collector, prober: Prober, now: () => number = Date.now) {
    this.#collector = collector;
    this.#prober = prober;
    this.#now = now;
  }

  watch(entity: string): Watch {
    return (burst) => {
      const reason = traceReason(this.#states.get(entity), burst, this.#now());
      if (reason === undefined || this.#waiting.has(entity)) return;
      const hopLimit = burst.arrived ? burst.hopLimit : (this.#states.get(entity)?.hopLimit ?? -1);
      this.#states.set(entity, { hopLimit, health: healthOf(burst), tracedMs: this.#now() });
      this.#waiting.set(entity, { entity, address: burst.address, reason });
      this.#next();
    };
  }

  forget(entity: string): void {
    this.#states.delete(entity);
    this.#routes.delete(entity);
    this.#waiting.delete(entity);
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
    // No longer measured, or not measured at all.
    if (!this.#states.has(entity) || trace === undefined || trace.fates.every((fate) => fate === 'unknown')) return;
    const found = routeOf(trace, address);
    const known = this.#routes.get(entity);
    const { route, changed } = known === undefined ? { route: found, changed: false } : compareRoutes(known, found);
    this.#routes.set(entity, route);
    const tsMs = this.#now();
    this.#collector.fact(entity, 'route', '', tsMs, routeText(route));
    if (known === undefined || !changed) return;
    this.#collector.event({
      tsMs,
      entity,
      source: address,
      kind: 'route',
      name: route.arrived ? 'routeChanged' : 'routeEnds',
      severity: route.arrived ? NOTICE : WARNING,
      message: sentence(address, known, route),
      fields: { route: routeText(route), before: routeText(known), reason },
      raw: new Uint8Array(0),
    });
  }
}

function sentence(address: string, before: Route, route: Route): string {
  const now = routeText(route);
  if (route.arrived)
    return `${route.hops.length} hops to ${address} instead of ${before.hops.length}: ${now}`.slice(0, 1000);
  const last = route.hops.findLast((hop) => hop !== null);
  return last === undefined ? `no hop on the way to ${address} answers` : `the way to ${address} ends behind ${last}`;
}
