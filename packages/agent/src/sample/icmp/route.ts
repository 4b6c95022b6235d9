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
export const HEALTHS = ['good', 'poor', 'silent'] as const;
type Health = (typeof HEALTHS)[number];

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

/** What is known of the way to a target. */
export interface KnownRoute {
  /** As it was found last. */
  readonly now: Route;
  /** The last one that arrived: what another one is compared with, however long the target was away in between. */
  readonly whole?: Route | undefined;
}

/** `changed`: it arrives another way. `ends`: it no longer arrives. `restored`: it arrives again, the way it did. */
export type RouteNews = 'changed' | 'ends' | 'restored';

/** A trace beside what was known. */
export function learnRoute(
  known: KnownRoute | undefined,
  found: Route,
): { readonly known: KnownRoute; readonly news: RouteNews | undefined } {
  const whole = known?.whole;
  if (!found.arrived) {
    return { known: { now: found, whole }, news: known?.now.arrived === true ? 'ends' : undefined };
  }
  const same = whole === undefined ? undefined : merged(whole, found);
  const now = same ?? found;
  const news = same === undefined ? 'changed' : known?.now.arrived === false ? 'restored' : undefined;
  return { known: { now, whole: now }, news: whole === undefined ? undefined : news };
}

/**
 * Two routes as one; undefined when they are two. A router that did not answer this time may be the one it was, and a target that did
 * not answer the first packet that came to it seems one hop further away than it is.
 */
function merged(known: Route, found: Route): Route | undefined {
  const [a, b] = [routersOf(known), routersOf(found)];
  const hops = Array.from({ length: Math.max(a.length, b.length) }, (_, at) => b[at] ?? a[at] ?? null);
  // A router at the end that is silent cannot be told from an answer of the target's that was lost.
  const alike = hops.every((hop, at) => {
    const [before, now] = [a[at], b[at]];
    if (before === undefined || now === undefined) return hop === null;
    return before === null || now === null || before === now;
  });
  if (!alike || known.hops.at(-1) !== found.hops.at(-1)) return undefined;
  const routers = hops.slice(0, Math.min(a.length, b.length));
  return { hops: [...routers, found.hops.at(-1) ?? null], arrived: true };
}

const routersOf = ({ hops }: Route): readonly (string | null)[] => hops.slice(0, -1);
