/** Routes as traces find them, and when a target is worth a trace. Pure. */
import type { BurstMessage } from './messages.ts';

/** Addresses of the routers, nearest first, then the target's own; null where none answered. */
export interface Route {
  readonly hops: readonly (string | null)[];
  /** The last hop is the target. */
  readonly arrived: boolean;
}

export type TraceReason = 'first seen' | 'distance changed' | 'state changed' | 'time';

/** How it answers: all or nearly all, too little, not at all. */
type Health = 'good' | 'poor' | 'silent';

/** What is remembered of a target between bursts. */
export interface RouteState {
  /** Time to live left in its answers; -1 while it has never answered. */
  readonly hopLimit: number;
  readonly health: Health;
  readonly tracedMs: number;
}

/** A single lost packet is chance. */
const POOR = { lost: 2, share: 0.2 } as const;
const EVERY_MS = 6 * 3_600_000;
/** A target that changes with every burst is not traced with every burst. */
const LEAST_PAUSE_MS = 60_000;

/**
 * Why a trace is due after a burst, undefined when none is. What changed within the pause stays to be seen: the state
 * that is compared with is that of the last trace.
 */
export function traceReason(
  before: RouteState | undefined,
  burst: Pick<BurstMessage, 'arrived' | 'hopLimit' | 'fates'>,
  nowMs: number,
): TraceReason | undefined {
  if (before === undefined) return 'first seen';
  const sinceMs = nowMs - before.tracedMs;
  if (sinceMs >= 0 && sinceMs < LEAST_PAUSE_MS) return undefined;
  if (healthOf(burst) !== before.health) return 'state changed';
  if (burst.arrived && before.hopLimit >= 0 && burst.hopLimit !== before.hopLimit) return 'distance changed';
  return sinceMs < 0 || sinceMs >= EVERY_MS ? 'time' : undefined;
}

export function healthOf({ arrived, fates }: Pick<BurstMessage, 'arrived' | 'fates'>): Health {
  if (!arrived) return 'silent';
  const lost = fates.filter((fate) => fate === 'lost').length;
  return lost >= POOR.lost && lost >= POOR.share * fates.length ? 'poor' : 'good';
}

/** Of a trace that did not arrive: silent hops at its end are none, and a router that says so twice is one. */
export function routeOf(
  { from, arrived, fates }: Pick<BurstMessage, 'from' | 'arrived' | 'fates'>,
  target: string,
): Route {
  const answered = (index: number): boolean => fates[index] === 'ok' || fates[index] === 'tainted';
  const hops = from.map((router, index) => (answered(index) ? (router ?? target) : null));
  if (!arrived) while (hops.length > 0 && (hops.at(-1) === null || hops.at(-1) === hops.at(-2))) hops.pop();
  return { hops, arrived };
}

/** `10.0.0.1 * 10.0.2.1`; one that does not arrive ends with `…`. */
export function routeText({ hops, arrived }: Route): string {
  return [...hops.map((hop) => hop ?? '*'), ...(arrived ? [] : ['…'])].join(' ');
}

/**
 * A trace beside what was known: a router that did not answer this time may be the one it was.
 * @returns the route as it is now known, and whether that is another one
 */
export function compareRoutes(known: Route, found: Route): { readonly route: Route; readonly changed: boolean } {
  const alike =
    known.arrived === found.arrived &&
    known.hops.length === found.hops.length &&
    found.hops.every((hop, index) => hop === null || known.hops[index] === null || hop === known.hops[index]);
  if (!alike) return { route: found, changed: true };
  return {
    route: { ...found, hops: found.hops.map((hop, index) => hop ?? known.hops[index] ?? null) },
    changed: false,
  };
}
