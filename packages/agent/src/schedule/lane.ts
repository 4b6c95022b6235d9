/**
 * A lane: the checks of one kind (SNMP, ICMP) at one target. Its checks never run at the same time; those
 * whose slots coincide run together. Pure: time is passed in, the state is the lane itself.
 */
import { slotAtOrAfter, slotOffsetMs, toleranceMs } from './slots.ts';

/** What runs on a lane. `key` tells whether a check is the same after the plan has changed. */
export interface LaneCheck {
  readonly key: string;
  readonly everyMs: number;
}

export interface LanePlan<C extends LaneCheck = LaneCheck> {
  /** Unique, e.g. `snmp/hel-core-1`. */
  readonly id: string;
  /** What the slots' offset is drawn from. */
  readonly target: string;
  readonly checks: readonly C[];
}

export interface Lane<C extends LaneCheck = LaneCheck> {
  plan: LanePlan<C>;
  /** Next slot of each check, ms since 1970. */
  next: number[];
  busy: boolean;
  /** A slot that came while the one before was still at work. */
  held: Due<C> | undefined;
}

export interface Due<C extends LaneCheck = LaneCheck> {
  readonly slotMs: number;
  readonly checks: readonly C[];
}

export function openLane<C extends LaneCheck>(plan: LanePlan<C>, nowMs: number): Lane<C> {
  return { plan, busy: false, held: undefined, next: plan.checks.map((check) => firstSlot(plan, check, nowMs)) };
}

function firstSlot(plan: LanePlan, check: LaneCheck, nowMs: number): number {
  return slotAtOrAfter(nowMs, check.everyMs, slotOffsetMs(plan.target, check.everyMs));
}

/**
 * Changes a lane's checks. All checks of one interval share its slots, so one that stays, and one that comes instead of
 * another or beside it, has the next slot of its interval: neither one that is due and not taken yet is lost, nor
 * one that was just taken is repeated.
 */
export function replanLane<C extends LaneCheck>(lane: Lane<C>, plan: LanePlan<C>, nowMs: number): void {
  const nextOf = new Map(lane.plan.checks.map(({ everyMs }, index) => [everyMs, lane.next[index]]));
  lane.next = plan.checks.map((check) => nextOf.get(check.everyMs) ?? firstSlot(plan, check, nowMs));
  lane.plan = plan;
  const held = new Set(lane.held?.checks.map(({ key }) => key));
  if (lane.held !== undefined) {
    lane.held = { slotMs: lane.held.slotMs, checks: plan.checks.filter(({ key }) => held.has(key)) };
  }
}

/** After the wall clock was set back: slots again from `nowMs` on. */
export function realignLane(lane: Lane, nowMs: number): void {
  lane.next = lane.plan.checks.map((check) => firstSlot(lane.plan, check, nowMs));
  lane.held = undefined;
}

/** The lane's next slot, ms since 1970; Infinity when it has no checks. */
export function nextDueMs(lane: Lane): number {
  let due = Infinity;
  for (const next of lane.next) if (next < due) due = next;
  return due;
}

/**
 * Takes the slots that are due and moves their checks on.
 * @returns what to run (undefined: nothing, or too late) and how many slots were missed
 */
export function takeDue<C extends LaneCheck>(
  lane: Lane<C>,
  nowMs: number,
): { readonly due: Due<C> | undefined; readonly missed: number } {
  let missed = 0;
  // Only the newest slot of each check is worth sampling; older ones have passed unseen.
  lane.plan.checks.forEach(({ everyMs }, index) => {
    const next = lane.next[index] ?? Infinity;
    const passed = Math.floor((nowMs - next) / everyMs);
    if (passed > 0) {
      missed += passed;
      lane.next[index] = next + passed * everyMs;
    }
  });
  const slotMs = nextDueMs(lane);
  if (slotMs > nowMs) return { due: undefined, missed };
  const checks: C[] = [];
  lane.plan.checks.forEach((check, index) => {
    if (lane.next[index] !== slotMs) return;
    lane.next[index] = slotMs + check.everyMs;
    if (isTooLate(check, slotMs, nowMs)) missed += 1;
    else checks.push(check);
  });
  return { due: checks.length === 0 ? undefined : { slotMs, checks }, missed };
}

/**
 * Keeps what is due until the run before has ended.
 * @returns slots missed: what was kept already
 */
export function hold<C extends LaneCheck>(lane: Lane<C>, due: Due<C>): number {
  const missed = lane.held?.checks.length ?? 0;
  lane.held = due;
  return missed;
}

/** Takes what was kept, without what has become too late meanwhile. As `takeDue`. */
export function takeHeld<C extends LaneCheck>(
  lane: Lane<C>,
  nowMs: number,
): { readonly due: Due<C> | undefined; readonly missed: number } {
  const { held } = lane;
  lane.held = undefined;
  return held === undefined ? { due: undefined, missed: 0 } : inTime(held, nowMs);
}

/** What of a slot that had to wait is still worth sampling. As `takeDue`. */
export function inTime<C extends LaneCheck>(
  due: Due<C>,
  nowMs: number,
): { readonly due: Due<C> | undefined; readonly missed: number } {
  const checks = due.checks.filter((check) => !isTooLate(check, due.slotMs, nowMs));
  const missed = due.checks.length - checks.length;
  if (missed === 0) return { due, missed };
  return { due: checks.length === 0 ? undefined : { slotMs: due.slotMs, checks }, missed };
}

function isTooLate({ everyMs }: LaneCheck, slotMs: number, nowMs: number): boolean {
  return nowMs - slotMs > toleranceMs(everyMs);
}
