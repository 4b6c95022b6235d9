/**
 * Metrics an analyzer computes from one or two stored ones, live for each sample. One table, so that
 * alarms, graphs and reports derive them by the same formula. Pure.
 */

export interface ComputedMetric {
  readonly name: string;
  /** The metric whose sample triggers the computation; a counter counts as its rate per second. */
  readonly of: string;
  /** The metric of the same entity and instance it is set against; its latest value. */
  readonly against: string;
  /** Both in the dictionary's units. NaN where the result would mean nothing. */
  readonly compute: (of: number, against: number) => number;
}

/** 100 * 8 * delta(octets) / (delta t * speed); speed 0 means no notion of bandwidth (RFC 2863). */
function utilization(octetsPerSecond: number, bitsPerSecond: number): number {
  return bitsPerSecond > 0 ? (100 * 8 * octetsPerSecond) / bitsPerSecond : Number.NaN;
}

function percentOf(part: number, whole: number): number {
  return whole > 0 && part >= 0 ? (100 * part) / whole : Number.NaN;
}

export const COMPUTED_METRICS: readonly ComputedMetric[] = [
  { name: 'ifInUtilization', of: 'ifHCInOctets', against: 'ifHighSpeed', compute: utilization },
  { name: 'ifOutUtilization', of: 'ifHCOutOctets', against: 'ifHighSpeed', compute: utilization },
  { name: 'storageUsedPercent', of: 'hrStorageUsed', against: 'hrStorageSize', compute: percentOf },
  {
    name: 'suppliesPercent',
    of: 'prtMarkerSuppliesLevel',
    against: 'prtMarkerSuppliesMaxCapacity',
    compute: percentOf,
  },
];

const byName = new Map(COMPUTED_METRICS.map((each) => [each.name, each]));

export function computedMetric(name: string): ComputedMetric | undefined {
  return byName.get(name);
}
