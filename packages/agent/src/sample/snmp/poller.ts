/** All SNMP devices of a plan: turns it into lanes, keeps a device's state while its address and checks last. */
import type { TargetPlan } from '@kaiku/catalog';
import type { Log, Metrics, Part } from '@kaiku/core';
import { createScheduler } from '../../schedule/scheduler.ts';
import type { LanePlan } from '../../schedule/lane.ts';
import type { Collector } from '../collector.ts';
import type { Sampler } from '../sampler.ts';
import { SnmpDevice, type SnmpCheckEntry } from './device.ts';
import { SnmpTransport } from './transport.ts';

export interface SnmpPollerOptions {
  readonly collector: Collector;
  /** Devices polled at once. */
  readonly inFlight: number;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface Entry {
  readonly identity: string;
  readonly device: SnmpDevice;
}

export function createSnmpPoller({ collector, inFlight, metrics, log }: SnmpPollerOptions): Sampler {
  const transport = new SnmpTransport();
  const devices = new Map<string, Entry>();

  const run = async (lane: LanePlan<SnmpCheckEntry>, due: { slotMs: number; checks: readonly SnmpCheckEntry[] }) => {
    await devices.get(lane.target)?.device.poll(due.slotMs, due.checks);
  };
  const scheduler = createScheduler<SnmpCheckEntry>({ name: 'SNMP schedule', maxRunning: inFlight, run, log });

  const lanesOf = (target: TargetPlan): LanePlan<SnmpCheckEntry>[] => {
    const checks = target.checks.flatMap((plan) =>
      plan.check !== 'snmp-get' && plan.check !== 'snmp-table'
        ? []
        : [{ key: JSON.stringify(plan), everyMs: plan.everyMs, plan }],
    );
    return checks.length === 0 ? [] : [{ id: `snmp/${target.entity}`, target: target.entity, checks }];
  };

  const open = (target: TargetPlan, lane: LanePlan<SnmpCheckEntry>): void => {
    const { entity, address, snmp } = target;
    if (snmp === undefined) return;
    const identity = JSON.stringify([address, snmp]);
    const known = devices.get(entity);
    if (known?.identity === identity) known.device.keep(new Set(lane.checks.map(({ key }) => key)));
    else {
      known?.device.close();
      devices.set(entity, { identity, device: new SnmpDevice(target, snmp, collector, transport, metrics) });
    }
  };

  const sockets: Part = {
    name: 'SNMP sockets',
    start: () => Promise.resolve(),
    stop: () => {
      for (const { device } of devices.values()) device.close();
      devices.clear();
      transport.close();
      return Promise.resolve();
    },
  };

  return {
    parts: [sockets, scheduler],
    takeMissed: () => scheduler.takeMissed(),
    takeLatenessMs: () => scheduler.takeLatenessMs(),
    note: () => '',
    apply: ({ targets }) => {
      const lanes: LanePlan<SnmpCheckEntry>[] = [];
      const wanted = new Set<string>();
      for (const target of targets) {
        if (target.snmp === undefined) continue;
        for (const lane of lanesOf(target)) {
          lanes.push(lane);
          wanted.add(target.entity);
          open(target, lane);
        }
      }
      for (const [entity, { device }] of devices) {
        if (wanted.has(entity)) continue;
        device.close();
        devices.delete(entity);
        collector.forget(entity);
      }
      scheduler.setLanes(lanes);
    },
    report: () => {
      metrics.set('snmpStrays', transport.strays);
      metrics.set('snmpMalformed', transport.malformed);
    },
  };
}
