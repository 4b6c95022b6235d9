/**
 * One alarm: a rule at an instance of a device. Runs the state machine through the observations in order of event
 * time and decides which of its transitions are told. Mutable state, no clock, no I/O.
 *
 * - A transition is told when its sample is young (live data pages). An old one, seen first by a new holder or after
 *   an outage, is held: told once with its true start if the state still lasts, dropped if it has passed.
 * - What the store already knows is never told again; equal input gives equal events (same alarm, ts, event).
 * - A raise is held, too, while everything the device is reached through is down: it is a symptom.
 */
import { judge, ruleValue } from './judge.ts';
import { CLEAR, isActive, RAISED, step, type AlarmInput, type Machine } from './machine.ts';
import type { WatchedRule } from '../read/watch-plan.ts';
import type { Observations } from '../read/slots.ts';

/** An event to be told; the book adds names and token. */
export interface Transition {
  readonly event: 'raised' | 'changed' | 'cleared';
  readonly tsMs: number;
  readonly value: number;
  /** Nobody can tell any more: no data. */
  readonly silent: boolean;
  /** Why the last probe failed (PROBE_STATUS); 0 when it did not. */
  readonly failure: number;
}

export interface FeedContext {
  /** Wall clock, ms. */
  readonly nowMs: number;
  /** Agents expected to report on the device, at least 1. */
  readonly expectedAgents: number;
  /** How far the agents' data is known to have arrived, ms: silence before it is real. */
  readonly watermarkMs: number;
  /** How long somebody has been listening for its agents without a break, ms. */
  readonly listenedMs: number;
  /** Is everything the device is reached through down, as of its observation at `tsMs`? */
  readonly suppressed: (tsMs: number) => boolean;
  /** Was this event told before, by anyone? */
  readonly isKnown: (event: Transition) => boolean;
}

/** Samples older than this at first sight do not page by themselves. */
export const LIVE_MS = 10 * 60_000;
/** A slot waits this long for the other agents' readings: sealing, travel and insertion. */
const SLOT_WAIT_MS = 4000;
/** Silence must pass the watermark; when even that stands still, this much more. */
const SILENT_AGENTS_MS = 30_000;
/** Turns a device gets, after its agent's start too, before its silence counts. */
const SILENT_TURNS = 2;

/** How long without a value is silence: never less than two intervals, whatever the rule says. */
export function silentAfterMs({ rule, everyMs }: Pick<WatchedRule, 'rule' | 'everyMs'>): number {
  return Math.max(rule.noDataMs, SILENT_TURNS * everyMs);
}

export class AlarmTracker {
  #machine: Machine;
  /** Event time up to which observations were taken. */
  #takenMs: number;
  #valueMs: number;
  #value = Number.NaN;
  #failure = 0;
  #told: { readonly active: boolean; readonly tsMs: number };
  #held: Transition | undefined;
  /** Seen well, or known to have been: rules with `afterGood` need it. */
  #wasGood: boolean;

  /** @param active the alarm's last told event where it is known to be active */
  constructor(active?: { readonly tsMs: number }) {
    this.#machine = active === undefined ? CLEAR : RAISED;
    this.#takenMs = active?.tsMs ?? -Infinity;
    this.#valueMs = active?.tsMs ?? -Infinity;
    this.#wasGood = active !== undefined;
    this.#told = { active: active !== undefined, tsMs: active?.tsMs ?? -Infinity };
  }

  get isActive(): boolean {
    return this.#told.active;
  }

  /** Takes what is new and settled. `waiting`: a slot wants another look soon. */
  feed(
    watched: WatchedRule,
    observations: Observations | undefined,
    context: FeedContext,
  ): { readonly events: readonly Transition[]; readonly waiting: boolean } {
    const events: Transition[] = [];
    const waiting = observations !== undefined && this.#take(watched, observations, context, events);
    this.#listen(watched, context, events);
    this.#reconsider(context, events);
    return { events, waiting };
  }

  #take({ rule, everyMs }: WatchedRule, all: Observations, context: FeedContext, events: Transition[]): boolean {
    for (let at = 0; at < all.length; at += 1) {
      const tsMs = all.ts[at] ?? 0;
      // The rest of a slot already taken, or late data.
      if (tsMs < this.#takenMs + everyMs / 2) continue;
      const input = judge(rule, all, at);
      const complete = (all.tried[at] ?? 0) >= context.expectedAgents || input === 'good';
      if (!complete && context.nowMs - tsMs < SLOT_WAIT_MS) return true;
      this.#takenMs = tsMs;
      if (input === undefined) continue;
      this.#valueMs = tsMs;
      this.#value = ruleValue(rule, all, at);
      this.#failure = (all.ok[at] ?? 0) > 0 ? 0 : (all.failure[at] ?? 0);
      this.#wasGood ||= input === 'good';
      const missed = rule.afterGood !== true || this.#wasGood;
      this.#apply(input === 'bad' && !missed ? 'between' : input, rule.count, tsMs, context, events);
    }
    return false;
  }

  #listen(watched: WatchedRule, context: FeedContext, events: Transition[]): void {
    const { rule, everyMs } = watched;
    if (rule.noDataMs === 0 || this.#valueMs === -Infinity || this.#machine.state === 'silent') return;
    const silentMs = this.#valueMs + silentAfterMs(watched);
    // After a start of the agent or of this process, each device gets its turn first.
    if (context.listenedMs < Math.min(SILENT_TURNS * everyMs, rule.noDataMs) + SILENT_AGENTS_MS) return;
    const sure = context.watermarkMs >= silentMs || context.nowMs >= silentMs + SILENT_AGENTS_MS;
    if (context.nowMs >= silentMs && sure) this.#apply('silence', rule.count, silentMs, context, events);
  }

  #apply(input: AlarmInput, count: number, tsMs: number, context: FeedContext, events: Transition[]): void {
    const { emit, ...machine } = step(this.#machine, input, count);
    this.#machine = machine;
    if (emit === 'none') return;
    const silent = input === 'silence';
    const value = silent ? Number.NaN : this.#value;
    const failure = silent ? 0 : this.#failure;
    if (emit === 'clear') {
      this.#held = undefined;
      if (this.#told.active) this.#tell({ event: 'cleared', tsMs, value, silent, failure }, context, events);
    } else if (this.#told.active) {
      if (emit === 'change' && tsMs > this.#told.tsMs) {
        this.#tell({ event: 'changed', tsMs, value, silent, failure }, context, events);
      }
    } else {
      const raised: Transition = { event: 'raised', tsMs: this.#held?.tsMs ?? tsMs, value, silent, failure };
      const young = context.nowMs - tsMs <= LIVE_MS;
      if (context.isKnown(raised) || (young && this.#held === undefined && !context.suppressed(tsMs))) {
        this.#tell(raised, context, events);
      } else this.#held = raised;
    }
  }

  /** A held raise, once it may be told: the state lasts, its data is young, and it is no symptom. */
  #reconsider(context: FeedContext, events: Transition[]): void {
    const held = this.#held;
    if (held === undefined || !isActive(this.#machine)) return;
    const current = held.silent || this.#machine.state === 'silent' || context.nowMs - this.#takenMs <= LIVE_MS;
    if (!current || context.suppressed(this.#takenMs)) return;
    this.#held = undefined;
    this.#tell(held, context, events);
  }

  #tell(event: Transition, context: FeedContext, events: Transition[]): void {
    this.#told = { active: event.event !== 'cleared', tsMs: event.tsMs };
    if (!context.isKnown(event)) events.push(event);
  }
}
