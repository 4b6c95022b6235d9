/**
 * The simulator as a process: the demo's offices answering SNMP on loopback and speaking by themselves, with the control interface.
 * Started by `kaiku simulator` and, supervised, by `kaiku demo`.
 */
import { createLog, runUntilSignal } from '@kaiku/core';
import { createControl } from './sim/control.ts';
import { buildDemoOffices } from './sim/offices/demo-offices.ts';
import { createAnnouncer } from './sim/voice/announcer.ts';
import { createResponder } from './sim/snmp/responder.ts';
import { defaultAnchorMs, SIMULATOR_DEFAULTS, type SimulatorOptions } from './config.ts';

export async function main(options: SimulatorOptions = {}): Promise<void> {
  const { snmpPort, controlListen, logLevel } = { ...SIMULATOR_DEFAULTS, ...options };
  const anchorMs = options.anchorMs ?? defaultAnchorMs(Date.now());
  const log = createLog({ role: 'simulator', name: 'simulator', level: logLevel });
  const offices = buildDemoOffices(anchorMs);
  const devices = offices.flatMap((office) => office.devices);
  const responder = createResponder({ devices, port: snmpPort });
  const announcer = createAnnouncer({ devices, receivers: options.receivers ?? new Map() });
  const control = createControl({ devices, listen: controlListen });
  log.info({ devices: devices.length, snmpPort, control: controlListen, anchorMs }, 'simulated offices');
  await runUntilSignal([responder, announcer, control], log);
}
