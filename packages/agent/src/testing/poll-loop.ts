/**
 * The agent's SNMP engine and buffer as a process that polls a list of devices as fast as it can: for benches. Never
 * imported by the service. Lines of JSON come out: the first round's samples, then what was done when it is told to stop
 * (SIGTERM).
 *
 * ```
 * node poll-loop.ts --targets FILE --in-flight N --dir FOLDER
 * ```
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { targetPlanSchema } from '@kaiku/catalog';
import { createLog, createMetrics } from '@kaiku/core';
import { openBuffer } from '../buffer/agent-buffer.ts';
import { createSealer } from '../buffer/sealer.ts';
import { Collector } from '../sample/collector.ts';
import { SnmpDevice, type SnmpCheckEntry } from '../sample/snmp/device/device.ts';
import { Gate } from '../sample/snmp/device/gate.ts';
import { Profile } from '../sample/snmp/device/profile.ts';
import { SnmpTransport } from '../sample/snmp/session/transport.ts';
import { KeyRing } from '../sample/snmp/usm/keys.ts';
import { sampleReader } from './samples.ts';

const AGENT = 'bench-agent';
const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: 'targets.json' },
    'in-flight': { type: 'string', default: '16' },
    dir: { type: 'string', default: 'buffer' },
  },
});
const inFlight = Number(values['in-flight']);
const collector = new Collector(AGENT);
const metrics = createMetrics();
const log = createLog({ role: 'agent', name: AGENT, level: 'error' });
const transport = new SnmpTransport();
const around = {
  collector,
  transport,
  keys: new KeyRing(),
  gate: new Gate(inFlight),
  metrics,
  // One device stands for many: its budget is not what is measured.
  maxRequestsPerSecond: 1e6,
};
const targets = targetPlanSchema.array().parse(JSON.parse(readFileSync(values.targets, 'utf8')));
const devices = targets.flatMap((target) => {
  const { snmp } = target;
  const checks = target.checks.flatMap((plan): SnmpCheckEntry[] =>
    plan.check === 'snmp-get' || plan.check === 'snmp-table'
      ? [{ key: JSON.stringify(plan), everyMs: plan.everyMs, plan }]
      : [],
  );
  return snmp === undefined ? [] : [{ device: new SnmpDevice(target, snmp, new Profile(), around), checks }];
});

let cycles = 0;
let next = 0;
let stopped = false;
async function poll(until: () => boolean): Promise<void> {
  while (!until()) {
    const entry = devices[next % devices.length];
    next += 1;
    await entry?.device.poll(Date.now(), entry.checks);
    cycles += 1;
  }
}

const tell = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
await Promise.all(Array.from({ length: inFlight }, () => poll(() => next >= devices.length)));
const { samples } = sampleReader(collector)();
tell({ first: samples.map(({ series, value }) => [series, String(value)]), requests: transport.sent });

const buffer = openBuffer({ dir: values.dir, agent: AGENT, maxDays: 1, maxDiskPercent: 50 });
const sealer = createSealer({
  collector,
  buffer,
  sealEveryMs: 2000,
  takeMissed: () => 0,
  clockOffsetMs: () => null,
  metrics,
  log,
});
await sealer.start();
cycles = 0;
const before = transport.sent;
process.once('SIGTERM', () => {
  stopped = true;
});
await Promise.all(Array.from({ length: inFlight }, () => poll(() => stopped)));
tell({ cycles, requests: transport.sent - before });
await sealer.stop();
transport.close();
