/**
 * All SNMP devices of a plan: turns it into lanes, keeps a device's state while its address and access last.
 *
 * Every device due is asked its first question at once; `inFlight` bounds those that have answered and are walked. So
 * silent devices take no places.
 */
import type { TargetPlan } from '@kaiku/catalog';
import type { Log, Metrics, Part } from '@kaiku/core';
import { createScheduler } from '../../schedule/scheduler.ts';
import type { LanePlan } from '../../schedule/lane.ts';
import type { Collector } from '../collector.ts';
import type { Sampler } from '../sampler.ts';
import { SnmpDevice, type DeviceSurroundings, type SnmpCheckEntry } from './device/device.ts';
import { Gate } from './device/gate.ts';
import { createProfileStore } from './profiles.ts';
import { SnmpTransport } from './session/transport.ts';
import { Soon } from './soon.ts';
import { KeyRing } from './usm/keys.ts';

export interface SnmpPollerOptions {
  readonly collector: Collector;
  /** Devices walked at once. */
  readonly inFlight: number;
  /** To one device. */
  readonly maxRequestsPerSecond: number;
  /** What is learnt of devices; undefined: not kept. */
  readonly profileFile?: string;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** For those who hear from devices: traps act on polling. */
export interface SnmpPoller extends Sampler {
  /**
   * Reads the states and facts of a device's tables now, beside its slots, at most once in ten seconds: what is asked
   * for more often is done at the end of them. False when the device is not polled here.
   */
  pollSoon(entity: string): boolean;
  /** Counters read so far are not compared with what comes: the device started anew. */
  dropBaselines(entity: string): boolean;
}

interface Entry {
  readonly identity: string;
  readonly device: SnmpDevice;
  checks: readonly SnmpCheckEntry[];
  /** It has answered, and was asked for what is otherwise read once an hour. */
  met: boolean;
}

/** Lanes under way at once: a first question costs little, and the walks behind it have their own bound. */
const MOST_LANES = 100_000;
const DROPS_EVERY = 12;

export function createSnmpPoller(options: SnmpPollerOptions): SnmpPoller {
  const { collector, inFlight, maxRequestsPerSecond, profileFile, metrics, log } = options;
  const transport = new SnmpTransport();
  const profiles = createProfileStore(profileFile, log);
  const devices = new Map<string, Entry>();
  const around: DeviceSurroundings = {
    collector,
    transport,
    keys: new KeyRing(),
    gate: new Gate(inFlight),
    metrics,
    maxRequestsPerSecond,
  };
  let reports = 0;
  /** Equal checks are one object, however many devices have them. */
  let entries = new Map<string, SnmpCheckEntry>();

  const run = async (lane: LanePlan<SnmpCheckEntry>, due: { slotMs: number; checks: readonly SnmpCheckEntry[] }) => {
    const entry = devices.get(lane.target);
    if (entry === undefined || !(await entry.device.poll(due.slotMs, due.checks)) || entry.met) return;
    // Serial numbers and versions are polled seldom; nobody wants to wait for their first slot.
    entry.met = true;
    const seldom = entry.checks.filter((check) => check.plan.metrics.length === 0 && !due.checks.includes(check));
    if (seldom.length > 0) await entry.device.pollStates(seldom);
  };
  const scheduler = createScheduler<SnmpCheckEntry>({ name: 'SNMP schedule', maxRunning: MOST_LANES, run, log });
  const soon = new Soon(
    async (entity) => {
      const entry = devices.get(entity);
      if (entry === undefined) return;
      metrics.add('snmpPolledSoon');
      await entry.device.pollStates(entry.checks);
    },
    (entity, error) => log.error({ entity, err: error }, 'a poll failed unexpectedly'),
  );

  const open = (target: TargetPlan, lane: LanePlan<SnmpCheckEntry>): void => {
    const { entity, address, snmp, requestsPerSecond } = target;
    if (snmp === undefined) return;
    // Another password is the same device: its counters go on.
    const identity = JSON.stringify([address, snmp.port, snmp.version, snmp.context]);
    const known = devices.get(entity);
    if (known?.identity === identity) {
      known.device.use(snmp, requestsPerSecond);
      known.device.keep(new Set(lane.checks.map(({ key }) => key)));
      known.checks = lane.checks;
      return;
    }
    known?.device.close();
    const profile = profiles.of(entity, `${address}#${snmp.port}#${snmp.version}`);
    devices.set(entity, {
      identity,
      device: new SnmpDevice(target, snmp, profile, around),
      checks: lane.checks,
      met: false,
    });
  };

  const sockets: Part = {
    name: 'SNMP sockets',
    start: () => Promise.resolve(),
    stop: () => {
      soon.stop();
      for (const { device } of devices.values()) device.close();
      devices.clear();
      transport.close();
      return Promise.resolve();
    },
  };

  return {
    parts: [profiles, sockets, scheduler],
    takeMissed: () => scheduler.takeMissed(),
    takeLatenessMs: () => scheduler.takeLatenessMs(),
    note: () => '',
    apply: ({ targets }) => {
      const before = entries;
      entries = new Map();
      const entryOf = (plan: SnmpCheckEntry['plan']): SnmpCheckEntry => {
        const key = JSON.stringify(plan);
        const entry = entries.get(key) ?? before.get(key) ?? { key, everyMs: plan.everyMs, plan };
        entries.set(key, entry);
        return entry;
      };
      const lanes: LanePlan<SnmpCheckEntry>[] = [];
      const wanted = new Set<string>();
      for (const target of targets) {
        if (target.snmp === undefined) continue;
        for (const lane of lanesOf(target, entryOf)) {
          lanes.push(lane);
          wanted.add(target.entity);
          open(target, lane);
        }
      }
      for (const [entity, { device }] of devices) {
        if (wanted.has(entity)) continue;
        device.close();
        devices.delete(entity);
        profiles.forget(entity);
        collector.forget(entity);
      }
      scheduler.setLanes(lanes);
    },
    report: () => {
      metrics.set('snmpRequests', transport.sent);
      metrics.set('snmpStrays', transport.strays);
      metrics.set('snmpLate', transport.late);
      metrics.set('snmpMalformed', transport.malformed);
      metrics.set('snmpForged', transport.forged);
      // The system's table of sockets may be long.
      if (reports % DROPS_EVERY === 0) metrics.set('snmpDropped', transport.dropped());
      reports += 1;
    },
    pollSoon: (entity) => devices.has(entity) && soon.ask(entity),
    dropBaselines: (entity) => {
      const entry = devices.get(entity);
      entry?.device.dropBaselines();
      return entry !== undefined;
    },
  };
}

function lanesOf(
  target: TargetPlan,
  entryOf: (plan: SnmpCheckEntry['plan']) => SnmpCheckEntry,
): LanePlan<SnmpCheckEntry>[] {
  const checks = target.checks.flatMap((plan) =>
    plan.check === 'snmp-get' || plan.check === 'snmp-table' ? [entryOf(plan)] : [],
  );
  return checks.length === 0 ? [] : [{ id: `snmp/${target.entity}`, target: target.entity, checks }];
}
