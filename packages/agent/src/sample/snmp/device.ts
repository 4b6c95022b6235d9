/**
 * One SNMP device and its cycle: a first GET (which shows that the device answers, and how fast: snmpRtt), the
 * rest of the single objects, then the tables. Fed by the scheduler, feeds the collector.
 *
 * One deadline a cycle. A device whose first GET is not answered gets one failed snmpRtt and is left alone until
 * its next slot; what arrived before a later failure is kept. Never throws.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { PROBE_STATUS } from '@kaiku/protocol';
import type { CheckPlan, TargetPlan } from '@kaiku/catalog';
import type { Metrics } from '@kaiku/core';
import type { Collector, SeriesRef } from '../collector.ts';
import { DeviceClock, type DeviceTime } from './device-clock.ts';
import { Patience, TRIES, TRY_BACKOFF } from './patience.ts';
import { ScalarState } from './scalar-state.ts';
import { openSession, type SnmpAnswer, type SnmpFailureReason, type SnmpSession, type Varbind } from './session.ts';
import { TableState } from './table-state.ts';
import type { SnmpTransport } from './transport.ts';
import { FIRST_APPETITE, uptimeTicks, walkColumns, type WalkAppetite } from './walk.ts';

const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
/** Objects in one GET, sysUpTime aside. */
const GET_OBJECTS = 15;
/** Share of the shortest interval that a cycle may take, and its most. */
const CYCLE_SHARE = 0.9;
const CYCLE_MOST_MS = 30_000;
/** A GETBULK makes a device work: it gets at least this long. */
const BULK_TIMEOUT_MS = 2000;
/** The device answered, and said no. */
const REFUSALS: ReadonlySet<SnmpFailureReason> = new Set(['tooBig', 'unsupported', 'denied', 'error']);
const MAX_ROWS = 10_000;
const MAX_REQUESTS = 2000;
const RESOLVE_EVERY_MS = 300_000;

export type SnmpCheck = Extract<CheckPlan, { check: 'snmp-get' | 'snmp-table' }>;
type SnmpSettings = NonNullable<TargetPlan['snmp']>;

export interface SnmpCheckEntry {
  readonly key: string;
  readonly everyMs: number;
  readonly plan: SnmpCheck;
}

type CheckState = ScalarState | TableState;

export class SnmpDevice {
  readonly #entity: string;
  readonly #address: string;
  readonly #settings: SnmpSettings;
  readonly #collector: Collector;
  readonly #transport: SnmpTransport;
  readonly #metrics: Metrics;
  readonly #rtt: SeriesRef;
  readonly #clock = new DeviceClock();
  readonly #patience = new Patience();
  readonly #appetite: WalkAppetite = { ...FIRST_APPETITE };
  readonly #states = new Map<string, CheckState>();
  #getObjects = GET_OBJECTS;
  #session: SnmpSession | undefined;
  #resolved = '';
  #resolvedAtMs = -Infinity;

  constructor(
    target: TargetPlan,
    settings: SnmpSettings,
    collector: Collector,
    transport: SnmpTransport,
    metrics: Metrics,
  ) {
    this.#entity = target.entity;
    this.#address = target.address;
    this.#settings = settings;
    this.#collector = collector;
    this.#transport = transport;
    this.#metrics = metrics;
    this.#rtt = collector.series({ entity: target.entity, metric: 'snmpRtt', instance: '' }, 'gauge');
  }

  /** Forgets the state of checks that are no longer planned. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#states.keys()) if (!keys.has(key)) this.#states.delete(key);
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  /** One cycle. Samples bear the time of their slot. */
  async poll(slotMs: number, checks: readonly SnmpCheckEntry[]): Promise<void> {
    const shortest = Math.min(...checks.map(({ everyMs }) => everyMs));
    const deadlineMs = performance.now() + Math.min(shortest * CYCLE_SHARE, CYCLE_MOST_MS);
    const session = await this.#open();
    if (session === undefined) {
      this.#fail(slotMs, 'unreachable');
      return;
    }
    const scalars = checks.flatMap(({ key, plan }) => {
      const state = this.#state(key, plan);
      return state instanceof ScalarState ? state.items : [];
    });
    if (!(await this.#pollScalars(session, scalars, slotMs, deadlineMs))) return;
    for (const { key, plan } of checks) {
      const state = this.#state(key, plan);
      if (state instanceof TableState) await this.#pollTable(session, state, slotMs, deadlineMs);
    }
  }

  #state(key: string, plan: SnmpCheck): CheckState {
    let state = this.#states.get(key);
    if (state === undefined) {
      state =
        plan.check === 'snmp-get'
          ? new ScalarState(this.#entity, plan, this.#collector)
          : new TableState(this.#entity, plan);
      this.#states.set(key, state);
    }
    return state;
  }

  /** Resolves the address (again, once in a while) and opens the session. */
  async #open(): Promise<SnmpSession | undefined> {
    const nowMs = performance.now();
    if (this.#session !== undefined && (isIP(this.#address) !== 0 || nowMs - this.#resolvedAtMs < RESOLVE_EVERY_MS)) {
      return this.#session;
    }
    try {
      const { address } = isIP(this.#address) === 0 ? await lookup(this.#address) : { address: this.#address };
      this.#resolvedAtMs = nowMs;
      if (this.#session !== undefined && address === this.#resolved) return this.#session;
      this.#session?.close();
      const { port, community = '' } = this.#settings;
      this.#session = openSession({ address, port, community }, this.#transport);
      this.#resolved = address;
    } catch {
      // An answer that has grown old is better than none.
    }
    return this.#session;
  }

  #fail(slotMs: number, reason: SnmpFailureReason): void {
    if (reason === 'timeout') this.#metrics.add('snmpTimeouts');
    this.#collector.gauge(this.#rtt, slotMs, Number.NaN, PROBE_STATUS[reason === 'tooBig' ? 'error' : reason]);
  }

  /** All single objects. Answers whether the device is there. */
  async #pollScalars(
    session: SnmpSession,
    items: ScalarState['items'],
    slotMs: number,
    deadlineMs: number,
  ): Promise<boolean> {
    let first = true;
    let from = 0;
    do {
      const chunk = items.slice(from, from + this.#getObjects);
      let answer = await this.#get(session, chunk, deadlineMs);
      if (!answer.ok && REFUSALS.has(answer.reason) && chunk.length > 0) {
        // Too big, or one object spoils the request: fewer at once, and a request of its own to see the device.
        if (answer.reason === 'tooBig' && this.#getObjects > 1) this.#getObjects = Math.ceil(this.#getObjects / 2);
        if (first) {
          const alive = await this.#get(session, [], deadlineMs);
          if (!this.#firstAnswer(alive, slotMs)) return false;
          first = false;
        }
        if (chunk.length > 1) {
          await this.#pollOneByOne(session, chunk, slotMs, deadlineMs);
          from += chunk.length;
          continue;
        }
        answer = { ok: true, rttMs: 0, value: [] };
      }
      if (first && !this.#firstAnswer(answer, slotMs)) return false;
      if (!answer.ok) return true;
      first = false;
      this.#record(answer.value, chunk, slotMs);
      from += chunk.length;
    } while (from < items.length);
    return true;
  }

  async #pollOneByOne(
    session: SnmpSession,
    items: ScalarState['items'],
    slotMs: number,
    deadlineMs: number,
  ): Promise<void> {
    for (const item of items) {
      const answer = await this.#get(session, [item], deadlineMs);
      if (answer.ok) this.#record(answer.value, [item], slotMs);
      else if (answer.reason === 'timeout') return;
    }
  }

  #firstAnswer(answer: SnmpAnswer<unknown>, slotMs: number): boolean {
    if (!answer.ok) {
      this.#fail(slotMs, answer.reason);
      return false;
    }
    this.#collector.gauge(this.#rtt, slotMs, answer.rttMs, PROBE_STATUS.ok);
    return true;
  }

  #record(varbinds: readonly Varbind[], items: ScalarState['items'], slotMs: number): void {
    const head = varbinds[0];
    const time = this.#time(uptimeTicks(head));
    let at = 1;
    for (const item of items) {
      const varbind = item.oid === SYS_UP_TIME ? head : varbinds[at++];
      if (varbind?.oid === item.oid) item.record(varbind, time, slotMs, this.#collector);
    }
  }

  #time(ticks: number): DeviceTime {
    return this.#clock.read(ticks, performance.now());
  }

  /** sysUpTime and the objects in one GET, tried again while it times out. */
  async #get(
    session: SnmpSession,
    items: ScalarState['items'],
    deadlineMs: number,
  ): Promise<SnmpAnswer<readonly Varbind[]>> {
    const oids = [SYS_UP_TIME, ...items.map(({ oid }) => oid).filter((oid) => oid !== SYS_UP_TIME)];
    let timeoutMs = this.#patience.timeoutMs;
    let answer: SnmpAnswer<readonly Varbind[]> = { ok: false, reason: 'timeout' };
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) break;
      answer = await session.get(oids, Math.min(timeoutMs, leftMs));
      if (answer.ok) this.#patience.observe(answer.rttMs);
      if (answer.ok || (answer.reason !== 'timeout' && answer.reason !== 'malformed')) break;
      timeoutMs *= TRY_BACKOFF;
    }
    return answer;
  }

  async #pollTable(session: SnmpSession, state: TableState, slotMs: number, deadlineMs: number): Promise<void> {
    const limits = {
      maxRows: MAX_ROWS,
      maxRequests: MAX_REQUESTS,
      deadlineMs,
      timeoutMs: Math.max(this.#patience.timeoutMs, BULK_TIMEOUT_MS),
      tries: TRIES,
      readClock: (ticks: number) => this.#time(ticks),
    };
    const walk = await walkColumns(session, state.columns, limits, this.#appetite);
    if (walk.failure === 'timeout') this.#metrics.add('snmpTimeouts');
    if (!walk.complete) this.#metrics.add('snmpPartialWalks');
    state.record(walk, slotMs, this.#collector);
  }
}
