/** What the device page tells beside graphs: newest values, interfaces, storage, supplies, facts. */
import { computedMetric } from '@kaiku/catalog';
import type { FactRow, LatestValue, SeriesInfo } from '@kaiku/store';
import type { Reader } from './reader.ts';

const LOOK_BACK_MS = 24 * 3_600_000;

/** A newest value with its age; NaN after a failed probe. */
export interface Reading {
  readonly value: number;
  readonly ts: number;
}

export interface InterfaceRow {
  readonly name: string;
  readonly alias: string;
  /** RFC 2863: 1 up, 2 down, …; NaN unknown. */
  readonly oper: number;
  readonly admin: number;
  readonly bitsPerSecond: number;
  readonly inBits: Reading;
  readonly outBits: Reading;
  readonly inPercent: number;
  readonly outPercent: number;
  /** Errors and discards of both directions, packets per second. */
  readonly errors: number;
  readonly discards: number;
}

interface StorageRow {
  readonly name: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  readonly percent: number;
  readonly ts: number;
}

interface SupplyRow {
  readonly name: string;
  readonly percent: number;
}

export interface DeviceDetails {
  readonly series: readonly SeriesInfo[];
  readonly interfaces: readonly InterfaceRow[];
  readonly storage: readonly StorageRow[];
  readonly supplies: readonly SupplyRow[];
  /** All texts it gives, as last known. */
  readonly facts: readonly FactRow[];
  /** Newest value of a metric, of the device as a whole or of an instance. */
  reading(metric: string, instance?: string): Reading | undefined;
  /** A fact of the device as a whole. */
  fact(name: string): string | undefined;
}

/** @throws UnavailableError */
export async function readDetails(reader: Reader, device: string, nowMs: number): Promise<DeviceDetails> {
  const series = await reader.seriesOf(device);
  const wanted = series.filter((each) => each.kind !== 'derived').map(({ id, kind }) => ({ id, kind }));
  const [latest, facts] = await Promise.all([
    wanted.length === 0 ? [] : reader.read('newest values', (store) => store.read.latest(wanted, nowMs - LOOK_BACK_MS)),
    reader.read('facts', (store) => store.read.facts([device])),
  ]);
  return detailsOf(series, latest, facts);
}

/** Pure. */
function detailsOf(
  series: readonly SeriesInfo[],
  latest: readonly LatestValue[],
  facts: readonly FactRow[],
): DeviceDetails {
  const values = new Map(latest.map((each) => [each.series, each]));
  const byName = new Map(series.map((each) => [`${each.metric}\u001f${each.instance}`, values.get(each.id)]));
  const of = (metric: string, instance: string): Reading => {
    const found = byName.get(`${metric}\u001f${instance}`);
    return { value: found?.value ?? Number.NaN, ts: found?.ts ?? Number.NaN };
  };
  const instances = (...metrics: readonly string[]): readonly string[] =>
    [...new Set(series.filter((each) => metrics.includes(each.metric)).map((each) => each.instance))].sort((a, b) =>
      a.localeCompare(b, 'en', { numeric: true }),
    );
  const factOf = (name: string, instance: string): string | undefined =>
    facts.find((each) => each.name === name && each.instance === instance)?.value;
  const either = (first: Reading, second: Reading): Reading => (Number.isNaN(first.ts) ? second : first);
  const sum = (a: number, b: number): number => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : a + b);

  return {
    series,
    facts,
    fact: (name) => factOf(name, ''),
    reading: (metric, instance = '') => {
      const found = of(metric, instance);
      return Number.isNaN(found.ts) ? undefined : found;
    },
    interfaces: instances('ifHCInOctets', 'ifInOctets', 'ifOperStatus').map((name) => {
      const input = either(of('ifHCInOctets', name), of('ifInOctets', name));
      const output = either(of('ifHCOutOctets', name), of('ifOutOctets', name));
      const speed = either(of('ifHighSpeed', name), of('ifSpeed', name)).value;
      const share = (octets: number): number => computedMetric('ifInUtilization')?.compute(octets, speed) ?? Number.NaN;
      return {
        name,
        alias: factOf('ifAlias', name) ?? '',
        oper: of('ifOperStatus', name).value,
        admin: of('ifAdminStatus', name).value,
        bitsPerSecond: speed,
        inBits: { value: input.value * 8, ts: input.ts },
        outBits: { value: output.value * 8, ts: output.ts },
        inPercent: share(input.value),
        outPercent: share(output.value),
        errors: sum(of('ifInErrors', name).value, of('ifOutErrors', name).value),
        discards: sum(of('ifInDiscards', name).value, of('ifOutDiscards', name).value),
      };
    }),
    storage: instances('hrStorageSize').map((name) => {
      const unit = of('hrStorageAllocationUnits', name).value;
      const size = of('hrStorageSize', name);
      const used = of('hrStorageUsed', name);
      return {
        name,
        sizeBytes: size.value * unit,
        usedBytes: used.value * unit,
        percent: computedMetric('storageUsedPercent')?.compute(used.value, size.value) ?? Number.NaN,
        ts: used.ts,
      };
    }),
    supplies: instances('prtMarkerSuppliesLevel').map((name) => ({
      name,
      percent:
        computedMetric('suppliesPercent')?.compute(
          of('prtMarkerSuppliesLevel', name).value,
          of('prtMarkerSuppliesMaxCapacity', name).value,
        ) ?? Number.NaN,
    })),
  };
}
