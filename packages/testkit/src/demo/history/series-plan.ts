/**
 * Which series an agent would write for the simulated devices of its plan, each with the function of time
 * that gives its value: the plan says what is asked, the device's Mib answers, as over the wire.
 */
import { seriesId, type SeriesDescription } from '@kaiku/protocol';
import type { AgentPlan, CheckPlan, MetricPlan } from '@kaiku/catalog';
import type { SimDevice } from '../../sim/model/device.ts';
import type { MibEntry } from '../../sim/model/mib.ts';
import { lineNoise, seedOf } from '../../sim/rhythm/noise.ts';

/** What becomes of a series while its device does not answer. */
type WhenDown = 'fails' | 'absent' | 'unaffected';

interface GaugeSeries {
  readonly id: bigint;
  readonly read: (atMs: number) => number;
  readonly scale: number;
  readonly whenDown: WhenDown;
}

export interface CounterSeries {
  readonly id: bigint;
  readonly read: (atMs: number) => number;
  readonly bits: 32 | 64;
  /** Units per second that are plausible at most; 0 unknown. */
  readonly maxPerSecond: number;
}

interface FactSource {
  readonly name: string;
  readonly instance: string;
  readonly value: string;
}

export interface DevicePlan {
  readonly device: SimDevice;
  readonly gauges: readonly GaugeSeries[];
  readonly counters: readonly CounterSeries[];
  readonly descriptions: readonly SeriesDescription[];
  readonly facts: readonly FactSource[];
}

/** Targets that are no simulated device (this machine) have no history and are left out. */
export function planSeries(plan: AgentPlan, devices: readonly SimDevice[]): readonly DevicePlan[] {
  const byId = new Map(devices.map((device) => [device.id, device]));
  return plan.targets.flatMap(({ entity, checks }) => {
    const device = byId.get(entity);
    return device === undefined ? [] : [planDevice(device, checks, plan.agent)];
  });
}

function planDevice(device: SimDevice, checks: readonly CheckPlan[], agent: string): DevicePlan {
  const gauges: GaugeSeries[] = [];
  const counters: CounterSeries[] = [];
  const descriptions: SeriesDescription[] = [];
  const facts: FactSource[] = [];
  const describe = (metric: string, instance: string, kind: 'gauge' | 'counter'): bigint => {
    const name = { entity: device.id, metric, instance };
    descriptions.push({ ...name, kind });
    return seriesId(name);
  };
  const own = (metric: string, whenDown: WhenDown, read: (atMs: number) => number): void => {
    gauges.push({ id: describe(metric, '', 'gauge'), read, scale: 1, whenDown });
  };
  const add = (metric: MetricPlan, instance: string, entry: MibEntry | undefined, maxPerSecond: number): void => {
    if (entry?.object.kind !== 'number') return;
    const { read } = entry.object;
    const id = describe(metric.name, instance, metric.kind);
    if (metric.kind === 'counter') counters.push({ id, read, bits: metric.bits, maxPerSecond });
    else gauges.push({ id, read, scale: metric.scale, whenDown: 'absent' });
  };
  const icmp = icmpModel(seedOf(`${device.id}/${agent}/icmp`));

  if (checks.some(({ check }) => check === 'snmp-get' || check === 'snmp-table'))
    own('snmpRtt', 'fails', snmpRtt(device));
  for (const check of checks) {
    if (check.check === 'icmp') {
      for (const [metric, read] of Object.entries(icmp)) own(metric, 'unaffected', read);
    } else if (check.check === 'snmp-get') {
      for (const metric of check.metrics) add(metric, '', device.mib.get(metric.oid), 0);
      for (const { name, oid } of check.facts) facts.push(...factOf(name, '', device.mib.get(oid)));
    } else if (check.check === 'snmp-table' && check.sum !== true) {
      // What is added up over rows has no history: its values are no function of one object.
      const names = instanceNames(device, check.nameOids);
      for (const metric of check.metrics) {
        for (const { index, entry } of device.mib.column(metric.oid)) {
          add(
            metric,
            names.get(index) ?? index,
            entry,
            metric.name.endsWith('Octets') ? bytesPerSecond(device, index) : 0,
          );
        }
      }
      for (const { name, oid } of check.facts) {
        for (const { index, entry } of device.mib.column(oid))
          facts.push(...factOf(name, names.get(index) ?? index, entry));
      }
    }
  }
  return { device, gauges, counters, descriptions, facts };
}

function textOf(entry: MibEntry | undefined): string {
  return entry?.object.kind === 'text' ? entry.object.read(0) : '';
}

function factOf(name: string, instance: string, entry: MibEntry | undefined): readonly FactSource[] {
  const value = textOf(entry);
  return value === '' ? [] : [{ name, instance, value }];
}

/** Row index to name, by the first column that has one. */
function instanceNames(device: SimDevice, nameOids: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const oid of nameOids) {
    for (const { index, entry } of device.mib.column(oid)) {
      const text = textOf(entry);
      if (text !== '' && !names.has(index)) names.set(index, text);
    }
  }
  return names;
}

const IF_SPEED = '1.3.6.1.2.1.2.2.1.5';
const IF_HIGH_SPEED = '1.3.6.1.2.1.31.1.1.1.15';

function bytesPerSecond(device: SimDevice, index: string): number {
  const read = (oid: string): number => {
    const entry = device.mib.get(`${oid}.${index}`);
    return entry?.object.kind === 'number' ? entry.object.read(0) : 0;
  };
  const high = read(IF_HIGH_SPEED) * 1e6;
  return (high > 0 ? high : read(IF_SPEED)) / 8;
}

/** Time for the datagrams and the two processes, beyond what the device takes. */
const OVERHEAD_MS = 0.6;

function snmpRtt(device: SimDevice): (atMs: number) => number {
  return (atMs) => device.responseMs(atMs) + OVERHEAD_MS;
}

/** Round-trip times of loopback, as the live prober measures them there: 0.02 to 0.08 ms, without loss. */
function icmpModel(
  seed: number,
): Readonly<Record<'rtt' | 'rttMin' | 'rttMax' | 'ipdv' | 'loss', (atMs: number) => number>> {
  const noise = (salt: number, atMs: number): number => lineNoise(seed ^ salt, atMs / 41_000);
  const rtt = (atMs: number): number => 0.03 + 0.018 * noise(1, atMs) + 0.004 * lineNoise(seed ^ 9, atMs / 7_200_000);
  return {
    rtt,
    rttMin: (atMs) => rtt(atMs) - 0.003 - 0.006 * noise(2, atMs),
    rttMax: (atMs) => rtt(atMs) + 0.006 + 0.022 * noise(3, atMs) ** 2,
    ipdv: (atMs) => 0.002 + 0.011 * noise(4, atMs),
    loss: () => 0,
  };
}
