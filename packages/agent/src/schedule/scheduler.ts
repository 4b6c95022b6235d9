/**
 * Runs lanes at their slots. Fed by the plan (`setLanes`), feeds the samplers through `run`.
 *
 * Invariants: one run of a lane at a time, the next slot waits for its end; at most `maxRunning` runs at once, the rest wait
 * their turn; a slot that comes too late is counted as missed, never made up for. One timer for all: it wakes at the next
 * due slot and at least each second, so a clock set back is noticed.
 */
import type { Log, Part } from '@kaiku/core';
import { MinHeap } from './heap.ts';
import { hold, inTime, nextDueMs, openLane, realignLane, replanLane, takeDue, takeHeld } from './lane.ts';
import type { Due, Lane, LaneCheck, LanePlan } from './lane.ts';

const WAKE_AT_LEAST_MS = 1000;
/** A wall clock this much behind where it was last seen has been set back. */
const SET_BACK_MS = 500;

export interface SchedulerOptions<C extends LaneCheck> {
  readonly name: string;
  readonly maxRunning: number;
  readonly run: (lane: LanePlan<C>, due: Due<C>) => Promise<void>;
  readonly log: Pick<Log, 'warn' | 'error'>;
  /** Replaced in tests. */
  readonly now?: () => number;
}

export interface Scheduler<C extends LaneCheck> extends Part {
  /** Replaces the lanes; unchanged checks keep their slots, running ones run on. */
  setLanes(plans: readonly LanePlan<C>[]): void;
  /** Slots missed since the last call. */
  takeMissed(): number;
  /** Largest delay between a slot and its start since the last call, ms. */
  takeLatenessMs(): number;
  readonly running: number;
}

export function createScheduler<C extends LaneCheck>(options: SchedulerOptions<C>): Scheduler<C> {
  const { maxRunning, run, log, now = Date.now } = options;
  const lanes = new Map<string, Lane<C>>();
  const heap = new MinHeap<Lane<C>>();
  const waiting: { lane: Lane<C>; due: Due<C> }[] = [];
  const active = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let started = false;
  let missed = 0;
  let latenessMs = 0;
  let seenMs = 0;

  const launch = (lane: Lane<C>, due: Due<C>): void => {
    latenessMs = Math.max(latenessMs, now() - due.slotMs);
    const work = run(lane.plan, due)
      .catch((error: unknown) => log.error({ lane: lane.plan.id, err: error }, 'a poll failed unexpectedly'))
      .finally(() => {
        active.delete(work);
        goOn(lane);
        launchWaiting();
      });
    active.add(work);
  };

  const enqueue = (lane: Lane<C>, due: Due<C>): void => {
    lane.busy = true;
    waiting.push({ lane, due });
  };

  /** A lane whose run has ended, or was not worth it any more. */
  const goOn = (lane: Lane<C>): void => {
    lane.busy = false;
    // One that was removed meanwhile has nothing more to do.
    if (!started || lanes.get(lane.plan.id) !== lane) return;
    const held = takeHeld(lane, now());
    missed += held.missed;
    if (held.due !== undefined) enqueue(lane, held.due);
  };

  const launchWaiting = (): void => {
    while (active.size < maxRunning) {
      const next = waiting.shift();
      if (next === undefined) return;
      const { lane } = next;
      const worth = inTime(next.due, now());
      const there = lanes.get(lane.plan.id) === lane;
      if (there) missed += worth.missed;
      if (there && worth.due !== undefined) launch(lane, worth.due);
      else goOn(lane);
    }
  };

  const rebuild = (): void => {
    heap.clear();
    for (const lane of lanes.values()) if (lane.next.length > 0) heap.push(nextDueMs(lane), lane);
  };

  const turn = (): void => {
    const nowMs = now();
    if (nowMs < seenMs - SET_BACK_MS) {
      log.warn({ byMs: seenMs - nowMs }, 'the clock was set back; slots begin anew');
      for (const lane of lanes.values()) realignLane(lane, nowMs);
      rebuild();
    }
    seenMs = nowMs;
    while (heap.least <= nowMs) {
      const lane = heap.pop();
      if (lane === undefined) break;
      const taken = takeDue(lane, nowMs);
      missed += taken.missed;
      if (taken.due !== undefined && lane.busy) missed += hold(lane, taken.due);
      else if (taken.due !== undefined) enqueue(lane, taken.due);
      heap.push(nextDueMs(lane), lane);
    }
    launchWaiting();
    arm();
  };

  const arm = (): void => {
    clearTimeout(timer);
    if (!started) return;
    timer = setTimeout(turn, Math.min(Math.max(heap.least - now(), 0), WAKE_AT_LEAST_MS));
  };

  return {
    name: options.name,
    get running() {
      return active.size;
    },
    setLanes: (plans) => {
      const nowMs = now();
      const wanted = new Set(plans.map((plan) => plan.id));
      for (const id of lanes.keys()) if (!wanted.has(id)) lanes.delete(id);
      for (const plan of plans) {
        const lane = lanes.get(plan.id);
        if (lane === undefined) lanes.set(plan.id, openLane(plan, nowMs));
        else replanLane(lane, plan, nowMs);
      }
      rebuild();
      arm();
    },
    takeMissed: () => {
      const count = missed;
      missed = 0;
      return count;
    },
    takeLatenessMs: () => {
      const value = latenessMs;
      latenessMs = 0;
      return value;
    },
    start: () => {
      started = true;
      seenMs = now();
      for (const lane of lanes.values()) if (nextDueMs(lane) < seenMs) realignLane(lane, seenMs);
      rebuild();
      arm();
      return Promise.resolve();
    },
    stop: async () => {
      started = false;
      clearTimeout(timer);
      waiting.length = 0;
      await Promise.race([Promise.all(active), new Promise((done) => setTimeout(done, STOP_MS).unref())]);
    },
  };
}

/** Polls under way may end by themselves for this long; then what they have is sealed without them. */
const STOP_MS = 500;
