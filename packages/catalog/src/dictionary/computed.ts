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

/** ifOperStatus that is no link: down, not present, lower layer down. Dormant and unknown are no faults. */
const NO_LINK: ReadonlySet<number> = new Set([2, 6, 7]);
const WANTED_UP = 1;

function linkDown(oper: number, admin: number): number {
  const wanted = Number.isNaN(admin) || admin === WANTED_UP;
  return wanted && NO_LINK.has(oper) ? 1 : 0;
}

const BGP_STOP = 1;
const BGP_ESTABLISHED = 6;
/** Of upsOutputSource and xupsOutputSource. */
const UPS_BYPASS = 4;
const UPS_BATTERY = 5;

export const COMPUTED_METRICS: readonly ComputedMetric[] = [
  {
    name: 'linkDown',
    unit: '1',
    help: '1 while an interface that is wanted up (ifAdminStatus) has no link (ifOperStatus), else 0',
    of: 'ifOperStatus',
    against: 'ifAdminStatus',
    compute: linkDown,
  },
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
  {
    name: 'bgpDown',
    unit: '1',
    help: '1 while a BGP session that is wanted (bgpPeerAdminStatus) is not established, else 0',
    of: 'bgpPeerState',
    against: 'bgpPeerAdminStatus',
    compute: (state, admin) => (admin === BGP_STOP || state === BGP_ESTABLISHED ? 0 : 1),
  },
  {
    name: 'upsOnBypass',
    unit: '1',
    help: '1 while the output of a UPS comes past it (upsOutputSource bypass), else 0',
    of: 'upsOutputSource',
    against: 'upsOutputSource',
    compute: (source) => (source === UPS_BYPASS ? 1 : 0),
  },
  {
    name: 'xupsOnBattery',
    unit: '1',
    help: '1 while the output of an Eaton UPS comes from its battery (xupsOutputSource), else 0',
    of: 'xupsOutputSource',
    against: 'xupsOutputSource',
    compute: (source) => (source === UPS_BATTERY ? 1 : 0),
  },
  {
    name: 'xupsOnBypass',
    unit: '1',
    help: '1 while the output of an Eaton UPS comes past it (xupsOutputSource bypass), else 0',
    of: 'xupsOutputSource',
    against: 'xupsOutputSource',
    compute: (source) => (source === UPS_BYPASS ? 1 : 0),
  },
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
  percent(
    'memoryUsedPercent',
    ['memSysAvail', 'memTotalReal'],
    percentNotFree,
    'Share of physical memory programs can no longer get; what caches hold they can get',
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
    'cempMemoryUsedPercent',
    ['cempMemPoolHCUsed', 'cempMemPoolHCFree'],
    percentOfBoth,
    'Share of a Cisco memory pool in use, large ones',
  ),
  percent(
    'cpmMemoryUsedPercent',
    ['cpmCPUMemoryUsed', 'cpmCPUMemoryFree'],
    percentOfBoth,
    "Share of a Cisco processor's memory in use",
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
