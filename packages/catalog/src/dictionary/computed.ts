/**
 * Metrics an analyzer computes from one or two stored ones, live for each sample. One table, so that
 * alarms, graphs and reports derive them by the same formula. Pure.
 */

export interface ComputedMetric {
  readonly name: string;
  readonly unit: string;
  readonly help: string;
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

/** What is used, where the device tells the whole and what is free. */
function percentNotFree(free: number, whole: number): number {
  return 100 - percentOf(free, whole);
}

/** What is used, where the device tells what is used and what is free. */
function percentOfBoth(used: number, free: number): number {
  return percentOf(used, used + free);
}

function percent(
  name: string,
  [of, against]: readonly [string, string],
  compute: ComputedMetric['compute'],
  help: string,
): ComputedMetric {
  return { name, unit: '%', help, of, against, compute };
}

export const COMPUTED_METRICS: readonly ComputedMetric[] = [
  percent(
    'ifInUtilization',
    ['ifHCInOctets', 'ifHighSpeed'],
    utilization,
    '100 * 8 * rate of ifHCInOctets / ifHighSpeed',
  ),
  percent(
    'ifOutUtilization',
    ['ifHCOutOctets', 'ifHighSpeed'],
    utilization,
    '100 * 8 * rate of ifHCOutOctets / ifHighSpeed',
  ),
  percent('storageUsedPercent', ['hrStorageUsed', 'hrStorageSize'], percentOf, '100 * hrStorageUsed / hrStorageSize'),
  percent(
    'suppliesPercent',
    ['prtMarkerSuppliesLevel', 'prtMarkerSuppliesMaxCapacity'],
    percentOf,
    '100 * prtMarkerSuppliesLevel / prtMarkerSuppliesMaxCapacity',
  ),
  percent(
    'inputPercent',
    ['prtInputCurrentLevel', 'prtInputMaxCapacity'],
    percentOf,
    '100 * prtInputCurrentLevel / prtInputMaxCapacity',
  ),
  percent('swapUsedPercent', ['memAvailSwap', 'memTotalSwap'], percentNotFree, 'Share of swap space in use'),
  percent(
    'poeUsedPercent',
    ['pethMainPseConsumptionPower', 'pethMainPsePower'],
    percentOf,
    '100 * pethMainPseConsumptionPower / pethMainPsePower',
  ),
  percent(
    'ciscoMemoryUsedPercent',
    ['ciscoMemoryPoolUsed', 'ciscoMemoryPoolFree'],
    percentOfBoth,
    'Share of a Cisco memory pool in use',
  ),
  percent(
    'hpMemoryUsedPercent',
    ['hpLocalMemAllocBytes', 'hpLocalMemFreeBytes'],
    percentOfBoth,
    "Share of a slot's memory in use",
  ),
  percent(
    'agentMemoryUsedPercent',
    ['agentFreeMemory', 'agentTotalMemory'],
    percentNotFree,
    "Share of a wireless controller's memory in use",
  ),
  percent(
    'flowSessionPercent',
    ['jnxJsSPUMonitoringCurrentFlowSession', 'jnxJsSPUMonitoringMaxFlowSession'],
    percentOf,
    'Share of the sessions a services processor can have',
  ),
  percent(
    'fgDiskUsedPercent',
    ['fgSysDiskUsage', 'fgSysDiskCapacity'],
    percentOf,
    "Share of a FortiGate's disk in use",
  ),
  percent(
    'synoRaidUsedPercent',
    ['synoRaidFreeSize', 'synoRaidTotalSize'],
    percentNotFree,
    'Share of a Synology volume in use',
  ),
  percent('qnapMemoryUsedPercent', ['qnapFreeMem', 'qnapTotalMem'], percentNotFree, "Share of a QNAP's memory in use"),
  percent(
    'vmwMemoryUsedPercent',
    ['vmwMemAvail', 'vmwMemSize'],
    percentNotFree,
    "Share of an ESXi host's memory in use",
  ),
];

const byName = new Map(COMPUTED_METRICS.map((each) => [each.name, each]));

export function computedMetric(name: string): ComputedMetric | undefined {
  return byName.get(name);
}
