/** The agent's SNMP engine over a few targets, a cycle at a call: for tests of templates. Never imported by the service. */
import type { TargetPlan } from '@kaiku/catalog';
import { createMetrics } from '@kaiku/core';
import { Collector } from '../sample/collector.ts';
import { SnmpDevice, type SnmpCheckEntry } from '../sample/snmp/device/device.ts';
import { Gate } from '../sample/snmp/device/gate.ts';
import { Profile } from '../sample/snmp/device/profile.ts';
import { SnmpTransport } from '../sample/snmp/session/transport.ts';
import { KeyRing } from '../sample/snmp/usm/keys.ts';
import { sampleReader, type ReadAll } from './samples.ts';

export interface Polling {
  /** Polls all targets once, at the same time; what came since the last cycle. */
  cycle(slotMs: number): Promise<ReadAll>;
  close(): void;
}

export function openPolling(targets: readonly TargetPlan[], inFlight: number): Polling {
  const collector = new Collector('polling-agent');
  const read = sampleReader(collector);
  const transport = new SnmpTransport();
  const around = {
    collector,
    transport,
    keys: new KeyRing(),
    gate: new Gate(inFlight),
    metrics: createMetrics(),
    // One simulator stands for many devices: its budget is not what is tested.
    maxRequestsPerSecond: 1e6,
  };
  const devices = targets.flatMap((target) => {
    const checks = target.checks.flatMap((plan): SnmpCheckEntry[] =>
      plan.check === 'snmp-get' || plan.check === 'snmp-table'
        ? [{ key: JSON.stringify(plan), everyMs: plan.everyMs, plan }]
        : [],
    );
    return target.snmp === undefined
      ? []
      : [{ device: new SnmpDevice(target, target.snmp, new Profile(), around), checks }];
  });
  return {
    cycle: async (slotMs) => {
      await Promise.all(devices.map(({ device, checks }) => device.poll(slotMs, checks)));
      return read();
    },
    close: () => {
      for (const { device } of devices) device.close();
      transport.close();
    },
  };
}
