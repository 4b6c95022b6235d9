/**
 * One SNMP device and its cycle: a first GET (which shows that the device answers, and how fast: snmpRtt), the
 * rest of the single objects, then the tables. Fed by the scheduler, feeds the collector.
 *
 * One deadline a cycle, one cycle at a time, a budget of requests a second. A device whose first GET is not answered
 * gets one failed snmpRtt and is left alone until its next slot; until it has answered it holds none of the places that
 * walks share, so however many are silent, nobody waits for them; one that answers slowly, or no more, gives its place
 * back. What arrived before a later failure is kept, and what was cut short is said with its reason. Never throws.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { PROBE_STATUS } from '@kaiku/protocol';
import type { CheckPlan, TargetPlan } from '@kaiku/catalog';
import type { Metrics } from '@kaiku/core';
import type { Collector, SeriesRef } from '../../collector.ts';
import { toleranceMs } from '../../../schedule/slots.ts';
import type { Request } from '../codec/pdu.ts';
import { failure } from '../session/exchanges.ts';
import {
  openSession,
  statusOf,
  type Outcome,
  type SnmpFailureReason,
  type SnmpSession,
  type Take,
} from '../session/session.ts';
import type { SnmpTransport } from '../session/transport.ts';
import type { KeyRing } from '../usm/keys.ts';
import { walkTable, type Asker } from '../walk/walk.ts';
import { Address } from './address.ts';
import { DeviceClock, type DeviceTime } from './device-clock.ts';
import type { Gate } from './gate.ts';
import { Pace } from './pace.ts';
import type { Profile } from './profile.ts';
import { Complaints, deviceReason, tableReason, type Asked } from './reason.ts';
import { pollScalars } from './scalar-poll.ts';
import { ScalarState } from './scalar-state.ts';
import { TableState } from './table-state.ts';

/** Share of the shortest interval that a cycle may take, and its most. */
const CYCLE_SHARE = 0.9;
const CYCLE_MOST_MS = 60_000;
/** A GETBULK makes a device work: it gets at least this long. */
const BULK_TIMEOUT_MS = 1000;
/** The same of what is polled beside the slots: a slot that waits for it is not late yet. */
const EXTRA_SHARE = 0.4;
const EXTRA_MOST_MS = 10_000;
/** A first request and two more. */
const TRIES = 3;
/** Of a walk's request: one that is given up costs the rest of the table. */
const WALK_TRIES = 4;
/** Who takes longer for an answer makes little work: it needs no place among those that are walked. */
const SLOW_MS = 250;
const MAX_ROWS = 10_000;
const MAX_REQUESTS = 2000;

type SnmpCheck = Extract<CheckPlan, { check: 'snmp-get' | 'snmp-table' }>;
type SnmpSettings = NonNullable<TargetPlan['snmp']>;

export interface SnmpCheckEntry {
  readonly key: string;
  readonly everyMs: number;
  readonly plan: SnmpCheck;
}

/** What all devices share. */
export interface DeviceSurroundings {
  readonly collector: Collector;
  readonly transport: SnmpTransport;
  readonly keys: KeyRing;
  /** Places for walks. */
  readonly gate: Gate;
  readonly metrics: Metrics;
  readonly maxRequestsPerSecond: number;
}

/** Requests that may follow each other at once after a rest: a small device's whole cycle. */
const BURST = 10;

export class SnmpDevice implements Asker {
  readonly #entity: string;
  readonly #address: Address;
  #settings: SnmpSettings;
  readonly #around: DeviceSurroundings;
  readonly #profile: Profile;
  #pace: Pace;
  #requestsPerSecond: number | undefined;
  readonly #rtt: SeriesRef;
  readonly #clock = new DeviceClock();
  readonly #states = new Map<string, ScalarState | TableState>();
  readonly #complaints: Complaints;
  #session: SnmpSession | undefined;
  /** Address its session is with. */
  #resolved = '';
  #closed = false;
  /** Holds one of the places that walks share. */
  #inside = false;
  #turn: Promise<unknown> | undefined;
  /** Shortest interval it was polled at so far. */
  #shortestMs = Infinity;

  constructor(target: TargetPlan, settings: SnmpSettings, profile: Profile, around: DeviceSurroundings) {
    this.#entity = target.entity;
    this.#address = new Address(target.address);
    this.#settings = settings;
    this.#around = around;
    this.#profile = profile;
    this.#requestsPerSecond = target.requestsPerSecond;
    this.#pace = this.#newPace();
    this.#complaints = new Complaints(target.entity, profile, around.collector);
    this.#rtt = around.collector.series({ entity: target.entity, metric: 'snmpRtt', instance: '' }, 'gauge');
  }

  get plain(): boolean {
    return this.#settings.version === '1';
  }

  /** Forgets the state of checks that are no longer planned. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#states.keys()) if (!keys.has(key)) this.#states.delete(key);
  }

  /** Other credentials: from its next cycle on. Another budget: from the next request. */
  use(settings: SnmpSettings, requestsPerSecond?: number): void {
    if (requestsPerSecond !== this.#requestsPerSecond) {
      this.#requestsPerSecond = requestsPerSecond;
      this.#pace = this.#newPace();
    }
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return;
    void this.#alone(() => {
      this.#settings = settings;
      this.#hangUp();
      return Promise.resolve();
    });
  }

  /** For good: what was under way ends without a word. */
  close(): void {
    this.#closed = true;
    this.#hangUp();
  }

  /** One cycle. Samples bear the time of their slot. Answers whether the device is there. */
  poll(slotMs: number, checks: readonly SnmpCheckEntry[]): Promise<boolean> {
    const shortest = Math.min(...checks.map(({ everyMs }) => everyMs));
    this.#shortestMs = Math.min(this.#shortestMs, shortest);
    return this.#alone(() => {
      // Counted from the slot: a cycle that begins late leaves the next one its time.
      const lateMs = Math.min(Math.max(Date.now() - slotMs, 0), toleranceMs(shortest));
      return this.#cycle(slotMs, checks, Math.min(shortest * CYCLE_SHARE - lateMs, CYCLE_MOST_MS));
    });
  }

  /**
   * States and facts of the tables now, beside the slots. No counters: a step of a second or two over counters that a
   * device refreshes every few seconds would be a false zero, with a false spike behind it.
   */
  pollStates(checks: readonly SnmpCheckEntry[]): Promise<void> {
    return this.#alone(async () => {
      const deadlineMs = performance.now() + Math.min(this.#shortestMs * EXTRA_SHARE, EXTRA_MOST_MS);
      if (await this.#open(deadlineMs)) await this.#pollTables(checks, Date.now(), deadlineMs, false);
    });
  }

  /** The device said that it started anew. */
  dropBaselines(): void {
    this.#clock.restart();
  }

  /** One request, when the budget allows. */
  async ask(request: Request, take: Take, timeoutMs: number, deadlineMs: number): Promise<Outcome> {
    const nowMs = performance.now();
    const waitMs = this.#pace.waitMs(nowMs);
    if (waitMs > 0 && nowMs + waitMs >= deadlineMs) return failure('budget');
    this.#pace.book(nowMs);
    if (waitMs > 0) await delay(waitMs);
    const session = this.#session;
    if (session === undefined) return failure('missed');
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) return failure(waitMs > 0 ? 'budget' : 'timeout');
    const outcome = await session.ask(request, take, Math.min(timeoutMs, leftMs), deadlineMs);
    if (outcome.ok) this.#profile.observe(outcome.rttMs);
    else if (outcome.reason === 'timeout') this.#around.metrics.add('snmpTimeouts');
    // The budget, not the device, left it too little time.
    if (!outcome.ok && outcome.reason === 'timeout' && waitMs > 0 && leftMs < timeoutMs) return failure('budget');
    if (outcome.ok ? outcome.rttMs > SLOW_MS : outcome.reason === 'timeout') this.#leave();
    return outcome;
  }

  /** Slots and polls beside them wait for each other. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    const mine = before === undefined ? work() : before.then(work, work);
    this.#turn = mine;
    try {
      return await mine;
    } finally {
      if (this.#turn === mine) this.#turn = undefined;
    }
  }

  async #cycle(slotMs: number, checks: readonly SnmpCheckEntry[], lengthMs: number): Promise<boolean> {
    const deadlineMs = performance.now() + lengthMs;
    const { collector } = this.#around;
    if (!(await this.#open(deadlineMs))) {
      this.#fail(slotMs, 'unreachable', `its name ${this.#address.name} is not resolved`);
      return false;
    }
    const items = checks.flatMap((entry) => {
      const state = this.#state(entry);
      return state instanceof ScalarState ? state.items : [];
    });
    const there = await pollScalars(this, items, {
      profile: this.#profile,
      deadlineMs,
      tries: TRIES,
      slotMs,
      collector,
      readClock: (ticks) => this.#time(ticks),
    });
    if (!there.ok) {
      // Who refuses us is where we look for it.
      if (there.reason !== 'denied') this.#address.doubt(performance.now());
      this.#fail(slotMs, there.reason, there.detail);
      return false;
    }
    collector.gauge(this.#rtt, slotMs, there.rttMs, PROBE_STATUS.ok);
    this.#complaints.tell('', slotMs, '');
    if (checks.some(({ plan }) => plan.check === 'snmp-table'))
      await this.#pollTables(checks, slotMs, deadlineMs, true);
    return true;
  }

  async #pollTables(
    checks: readonly SnmpCheckEntry[],
    slotMs: number,
    deadlineMs: number,
    counters: boolean,
  ): Promise<void> {
    const waiting = this.#around.gate.enter();
    if (waiting !== undefined) await waiting;
    this.#inside = true;
    try {
      for (const entry of checks) {
        const state = this.#state(entry);
        if (state instanceof TableState) await this.#pollTable(state, slotMs, deadlineMs, counters);
      }
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    if (this.#inside) this.#around.gate.leave();
    this.#inside = false;
  }

  async #pollTable(state: TableState, slotMs: number, deadlineMs: number, counters: boolean): Promise<void> {
    const { collector, metrics } = this.#around;
    const limits = {
      maxRows: MAX_ROWS,
      maxRequests: MAX_REQUESTS,
      deadlineMs,
      timeoutMs: Math.max(this.#profile.timeoutMs, BULK_TIMEOUT_MS),
      tries: WALK_TRIES,
      readClock: (ticks: number) => this.#time(ticks),
    };
    const walk = await walkTable(this, state.columns, state.rows, limits, this.#profile);
    if (this.#closed) {
      walk.grid.release();
      return;
    }
    if (walk.failure !== undefined) metrics.add('snmpPartialWalks');
    if (walk.failure === 'budget') metrics.add('snmpOverBudget');
    state.record(walk, slotMs, collector, counters);
    const { failure: cut } = walk;
    this.#complaints.tell(state.table, slotMs, cut === undefined ? '' : tableReason(cut, this.#asked()));
  }

  #state({ key, plan }: SnmpCheckEntry): ScalarState | TableState {
    let state = this.#states.get(key);
    if (state === undefined) {
      const { collector } = this.#around;
      state =
        plan.check === 'snmp-get'
          ? new ScalarState(this.#entity, plan, collector)
          : new TableState(this.#entity, plan, collector, !this.plain);
      this.#states.set(key, state);
    }
    return state;
  }

  /** Opens the session, anew where the device has moved. False when its name was never resolved. */
  async #open(deadlineMs: number): Promise<boolean> {
    const nowMs = performance.now();
    await this.#address.refresh(nowMs, (deadlineMs - nowMs) / 2);
    const address = this.#address.current;
    if (address === undefined || this.#closed) return false;
    if (this.#session !== undefined && address === this.#resolved) return true;
    this.#hangUp();
    const { transport, keys } = this.#around;
    this.#session = openSession({ address, access: this.#settings }, transport, keys);
    this.#resolved = address;
    return true;
  }

  #newPace(): Pace {
    return new Pace(this.#requestsPerSecond ?? this.#around.maxRequestsPerSecond, BURST);
  }

  #hangUp(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  #fail(slotMs: number, reason: SnmpFailureReason, detail?: string): void {
    if (this.#closed) return;
    this.#complaints.tell('', slotMs, deviceReason(reason, detail, this.#asked()));
    this.#around.collector.gauge(this.#rtt, slotMs, Number.NaN, PROBE_STATUS[statusOf(reason)]);
  }

  #asked(): Asked {
    const { port, version } = this.#settings;
    const address = this.#address.current ?? this.#address.name;
    return { address, port, version, requestsPerSecond: this.#requestsPerSecond ?? this.#around.maxRequestsPerSecond };
  }

  #time(ticks: number): DeviceTime {
    return this.#clock.read(ticks, performance.now(), this.#session?.engineBoots);
  }
}
