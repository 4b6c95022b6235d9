/**
 * The gap planner: what a logger lacks, since when, and what is to be done about it now. Fed with the
 * ledger, with what the agents say (inventories) and with how far the transport has come; answers what to
 * ask for, what to record as lost, and whom to ask for an inventory. Pure: the clock is in `transport`.
 *
 * ```
 *  held by the agent, not waiting ─┐                    ┌─ held by anybody ─▶ ask for it (asking.ts)
 *  lost by the agent               ├─ not in the ledger ┤  when overdue
 *  unknown to the agent            │  = missing         ├─ lost ───────────▶ record the gap and its reason
 *  a hole below what is here ──────┘                    └─ unknown ────────▶ record it as forgotten
 * ```
 *
 * Overdue: the transport will not bring it by itself any more (transport.ts); at once, where it had arrived
 * before and the store has lost it. A number is forgotten when
 * every living instance of its agent has told all it knows, after the hole was noticed, and none knew it.
 */
import {
  addAll,
  countValues,
  EMPTY_RANGES,
  highest,
  intersect,
  subtract,
  type LossReason,
  type Range,
  type RangeSet,
} from '@kaiku/protocol';
import type { GapRow } from '@kaiku/store';
import { openGaps, type EpochView } from '../record/ledger.ts';
import { createAsking, type Asking, type Epochs } from './asking.ts';
import { toldOf, type InstanceKnown, type Inventories } from './inventory.ts';
import { horizonOf, isPassed, lowered, type Horizon, type Transport } from './transport.ts';

/** Agents whose batches are under way at a time; the others take turns. */
const AGENTS_AT_A_TIME = 32;
/** All windows together, in bytes by the mean size of what came lately: what the replay stream holds easily. */
const WINDOW_BYTES = 128 * 1024 * 1024;
const WINDOW = { least: 16, most: 8192 } as const;
const LOSSES_AT_A_TIME = 1000;
/** Between two inquiries after an inventory: doubled each time it did not help. */
const INQUIRY_MS = { first: 10_000, longest: 600_000 } as const;
/** An inventory was written a moment before it came: it says nothing of what was noticed in that moment. */
const INVENTORY_DELAY_MS = 5000;
/** Groups of numbers of one epoch noticed at different times; more are taken together. */
const COHORTS = 32;

export interface Plan {
  readonly requests: readonly { readonly agent: string; readonly wanted: Epochs }[];
  readonly losses: readonly GapRow[];
  /** Agents to ask for their inventory. */
  readonly inventories: readonly string[];
  /** Missing and not explained: holes below what is here, and what is overdue. */
  readonly open: number;
  /** Overdue and to be had from agents. */
  readonly waiting: number;
}

export interface GapPlanner {
  plan(epochs: readonly EpochView[], inventories: Inventories, transport: Transport): Plan;
  /** A batch of the replay lane was dealt with. True: more could be asked for. */
  arrived(agent: string, bytes: number, nowMs: number): void;
}

interface Cohort {
  readonly ranges: RangeSet;
  readonly horizon: Horizon;
}

interface EpochGaps {
  cohorts: readonly Cohort[];
  /** Their horizon has passed. With when they were noticed last. */
  overdue: RangeSet;
  noticedMs: number;
}

/** Follows what is missing of one epoch; answers what of it is overdue. `gone` had arrived before. */
function follow(gaps: EpochGaps, missing: RangeSet, gone: RangeSet, transport: Transport, settleMs: number): RangeSet {
  gaps.overdue = intersect(gaps.overdue, missing);
  let known = gaps.overdue;
  const cohorts: Cohort[] = [];
  for (const { ranges, horizon } of gaps.cohorts) {
    const left = intersect(ranges, missing);
    if (left.length === 0) continue;
    known = addAll(known, left);
    const next = lowered(horizon, transport);
    if (isPassed(next, transport, settleMs)) gaps.overdue = addAll(gaps.overdue, left);
    else cohorts.push({ ranges: left, horizon: next });
  }
  const noticed = subtract(missing, known);
  if (noticed.length > 0) gaps.noticedMs = transport.atMs;
  const settled = intersect(noticed, gone);
  if (settled.length > 0) gaps.overdue = addAll(gaps.overdue, settled);
  const fresh = subtract(noticed, gone);
  if (fresh.length > 0) {
    const horizon = horizonOf(transport);
    const last = cohorts.at(-1);
    if (last !== undefined && cohorts.length >= COHORTS) {
      cohorts.splice(-1, 1, { ranges: addAll(last.ranges, fresh), horizon });
    } else cohorts.push({ ranges: fresh, horizon });
  }
  gaps.cohorts = cohorts;
  return gaps.overdue;
}

/** Numbers of an epoch that no living instance knows, though all have told everything. */
function forgottenOf(epoch: number, holes: RangeSet, instances: readonly InstanceKnown[], noticedMs: number): RangeSet {
  if (instances.length === 0 || holes.length === 0) return EMPTY_RANGES;
  let known = 0;
  for (const instance of instances) {
    if (!instance.complete || instance.receivedMs < noticedMs + INVENTORY_DELAY_MS) return EMPTY_RANGES;
    // It does not know yet what it has not begun: epochs rise.
    if (epoch > instance.epoch) return EMPTY_RANGES;
    known = Math.max(known, instance.epochs.get(epoch)?.to ?? 0);
  }
  return intersect(holes, [[known + 1, Math.max(known + 1, highest(holes))]]);
}

export function createGapPlanner(settleMs: number): GapPlanner {
  const epochs = new Map<string, EpochGaps>();
  const askings = new Map<string, Asking>();
  const inquiries = new Map<string, { nextMs: number; pauseMs: number }>();
  /** Agents in the order in which they are served. */
  let queue: string[] = [];
  let meanBytes = 64 * 1024;

  const gapsOf = (agent: string, epoch: number): EpochGaps => {
    const key = `${agent} ${epoch}`;
    let gaps = epochs.get(key);
    if (gaps === undefined) epochs.set(key, (gaps = { cohorts: [], overdue: EMPTY_RANGES, noticedMs: 0 }));
    return gaps;
  };
  const askingOf = (agent: string): Asking => {
    let asking = askings.get(agent);
    if (asking === undefined) askings.set(agent, (asking = createAsking()));
    return asking;
  };

  const inquire = (curious: ReadonlySet<string>, nowMs: number): readonly string[] => {
    for (const agent of inquiries.keys()) if (!curious.has(agent)) inquiries.delete(agent);
    return [...curious].filter((agent) => {
      const before = inquiries.get(agent);
      if (before !== undefined && nowMs < before.nextMs) return false;
      const pauseMs = before === undefined ? INQUIRY_MS.first : Math.min(INQUIRY_MS.longest, before.pauseMs * 2);
      inquiries.set(agent, { nextMs: nowMs + pauseMs, pauseMs });
      return true;
    });
  };

  const chooseRequests = (wantedBy: ReadonlyMap<string, Epochs>, transport: Transport): Plan['requests'] => {
    const waiting = [...wantedBy.keys()];
    const known = new Set(queue);
    queue = [...queue.filter((agent) => wantedBy.has(agent)), ...waiting.filter((agent) => !known.has(agent))];
    const busy = queue.filter((agent) => askingOf(agent).isBusy(wantedBy.get(agent) ?? new Map()));
    const served = new Set([...busy, ...queue].slice(0, Math.max(busy.length, AGENTS_AT_A_TIME)));
    const fair = Math.floor(WINDOW_BYTES / meanBytes / Math.max(1, served.size));
    const window = Math.min(WINDOW.most, Math.max(WINDOW.least, fair));
    const requests: { agent: string; wanted: Epochs }[] = [];
    for (const agent of served) {
      const wanted = askingOf(agent).next(
        wantedBy.get(agent) ?? new Map<number, RangeSet>(),
        window,
        transport.replay.lag,
        transport.atMs,
      );
      if (wanted.size > 0) requests.push({ agent, wanted });
    }
    // Who was served goes behind those who wait.
    const asked = new Set(requests.map(({ agent }) => agent));
    queue = [...queue.filter((agent) => !asked.has(agent)), ...asked];
    return requests;
  };

  return {
    arrived: (agent, bytes, nowMs) => {
      meanBytes = meanBytes * 0.95 + bytes * 0.05;
      askingOf(agent).arrived(nowMs);
    },
    plan: (views, inventories, transport) => {
      const nowMs = transport.atMs;
      const losses: GapRow[] = [];
      const wantedBy = new Map<string, Map<number, RangeSet>>();
      const curious = new Set<string>();
      let open = 0;
      let waiting = 0;

      const byAgent = new Map<string, Map<number, EpochView | undefined>>();
      for (const view of views) {
        const list = byAgent.get(view.agent) ?? new Map<number, EpochView | undefined>();
        byAgent.set(view.agent, list.set(view.epoch, view));
      }
      for (const agent of inventories.agents()) {
        const list = byAgent.get(agent) ?? new Map<number, EpochView | undefined>();
        byAgent.set(agent, list);
        for (const { epochs: told } of inventories.of(agent, nowMs)) {
          for (const epoch of told.keys()) if (!list.has(epoch)) list.set(epoch, undefined);
        }
      }

      for (const [agent, list] of byAgent) {
        const instances = inventories.of(agent, nowMs);
        for (const [epoch, view] of list) {
          const told = toldOf(instances, epoch);
          const have = view?.ranges ?? EMPTY_RANGES;
          const refused = view?.refused ?? EMPTY_RANGES;
          const holes = view === undefined ? EMPTY_RANGES : openGaps(view);
          const held =
            told === undefined ? EMPTY_RANGES : subtract(subtract(subtract(told.held, told.waiting), have), refused);
          const unexplained = (ranges: RangeSet): RangeSet =>
            subtract(subtract(ranges, have), view?.lost ?? EMPTY_RANGES);
          const lost = (told?.lost ?? []).map(({ reason, ranges }) => ({ reason, ranges: unexplained(ranges) }));
          const forgettable = told === undefined ? holes : subtract(holes, told.waiting);
          let missing = addAll(forgettable, held);
          for (const { ranges } of lost) missing = addAll(missing, ranges);
          const key = `${agent} ${epoch}`;
          if (missing.length === 0) {
            epochs.delete(key);
            continue;
          }
          const gaps = gapsOf(agent, epoch);
          const overdue = follow(gaps, missing, view?.gone ?? EMPTY_RANGES, transport, settleMs);
          open += countValues(addAll(forgettable, overdue));
          if (overdue.length === 0) continue;

          const wanted = intersect(held, overdue);
          if (wanted.length > 0) {
            waiting += countValues(wanted);
            const all = wantedBy.get(agent) ?? new Map<number, RangeSet>();
            wantedBy.set(agent, all.set(epoch, wanted));
          }
          const record = (ranges: RangeSet, reason: LossReason): void => {
            for (const [from, to] of ranges.slice(0, LOSSES_AT_A_TIME)) {
              if (losses.length < LOSSES_AT_A_TIME) losses.push({ agent, epoch, from, to, reason, atMs: nowMs });
            }
          };
          let explained: readonly Range[] = held;
          for (const { reason, ranges } of lost) {
            record(subtract(intersect(ranges, overdue), refused), reason);
            explained = addAll(explained, ranges);
          }
          const unknown = intersect(subtract(forgettable, explained), overdue);
          if (unknown.length === 0) continue;
          const forgotten = forgottenOf(epoch, unknown, instances, gaps.noticedMs);
          record(forgotten, 'forgotten');
          if (subtract(unknown, forgotten).length > 0) curious.add(agent);
        }
      }
      return {
        requests: chooseRequests(wantedBy, transport),
        losses,
        inventories: inquire(curious, nowMs),
        open,
        waiting,
      };
    },
  };
}
