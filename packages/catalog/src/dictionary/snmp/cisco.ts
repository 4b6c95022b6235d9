/** Cisco: processes, memory, environment, stack, parts, firewall, remote access, wireless controllers. */
import { fact, gauge, KIB, names, state, table, type Section } from '../section.ts';
import { ENTITY_NAMES } from './hardware.ts';

const CISCO = '1.3.6.1.4.1.9.9';
const CPM = `${CISCO}.109.1.1.1.1`;
const POOL = `${CISCO}.48.1.1.1`;
const ENVMON = `${CISCO}.13.1`;
const FRU = `${CISCO}.117.1`;
const STACK = `${CISCO}.500.1.2.1.1`;
const FIREWALL = `${CISCO}.147.1.2`;
const AIRESPACE = '1.3.6.1.4.1.14179';

const CPU = [
  gauge('cpmCPUTotal5sec', '%', `${CPM}.6`, 'Processor busy over five seconds'),
  gauge('cpmCPUTotal1min', '%', `${CPM}.7`, 'Processor busy over a minute'),
  gauge('cpmCPUTotal5min', '%', `${CPM}.8`, 'Processor busy over five minutes'),
];
const MEMORY = [
  gauge('ciscoMemoryPoolUsed', 'B', `${POOL}.5`, 'Part of a memory pool in use'),
  gauge('ciscoMemoryPoolFree', 'B', `${POOL}.6`, 'Part of a memory pool unused'),
];

const ENHANCED_POOL = `${CISCO}.221.1.1.1.1`;
/** Their 32-bit columns wrap at 4 GiB, so the large ones are asked (CISCO-ENHANCED-MEMPOOL-MIB). */
const ENHANCED_MEMORY = [
  gauge('cempMemPoolHCUsed', 'B', `${ENHANCED_POOL}.18`, 'Part of a memory pool in use'),
  gauge('cempMemPoolHCFree', 'B', `${ENHANCED_POOL}.20`, 'Part of a memory pool unused'),
];
const CPU_MEMORY = [
  gauge('cpmCPUMemoryUsed', 'B', `${CPM}.12`, "Part of a processor's memory in use", { scale: KIB }),
  gauge('cpmCPUMemoryFree', 'B', `${CPM}.13`, "Part of a processor's memory unused", { scale: KIB }),
];

const ENV_STATES = {
  1: 'normal',
  2: 'warning',
  3: 'critical',
  4: 'shutdown',
  5: 'not present',
  6: 'not functioning',
};
const envState = (name: string, oid: string, help: string) => state(name, oid, help, ENV_STATES, { absent: [5] });
const TEMPERATURES = [
  gauge('ciscoEnvMonTemperatureStatusValue', '°C', `${ENVMON}.3.1.3`, 'Temperature of a sensor'),
  envState('ciscoEnvMonTemperatureState', `${ENVMON}.3.1.6`, 'Temperature against its limits'),
];
const FANS = [envState('ciscoEnvMonFanState', `${ENVMON}.4.1.3`, 'Fan')];
const SUPPLIES = [envState('ciscoEnvMonSupplyState', `${ENVMON}.5.1.3`, 'Power supply')];

const FRU_POWER = [
  state(
    'cefcFRUPowerOperStatus',
    `${FRU}.1.2.1.2`,
    'Power of a part',
    {
      1: 'off, other reason',
      2: 'on',
      3: 'off by administrator',
      4: 'off, denied',
      5: 'off, power',
      6: 'off, temperature',
      7: 'off, fan',
      8: 'failed',
      9: 'on, fan failed',
      10: 'off, cooling',
      11: 'off, connector rating',
      12: 'on, inline power failed',
    },
    { absent: [3] },
  ),
];
const FRU_FANS = [
  state(
    'cefcFanTrayOperStatus',
    `${FRU}.4.1.1.1`,
    'Fan tray',
    { 1: 'unknown', 2: 'up', 3: 'down', 4: 'warning' },
    { absent: [1] },
  ),
];
const SWITCHES = [
  state('cswSwitchRole', `${STACK}.3`, "Role of a stack's member", {
    1: 'master',
    2: 'member',
    3: 'not a member',
    4: 'standby',
  }),
  state('cswSwitchState', `${STACK}.6`, "State of a stack's member", {
    1: 'waiting',
    2: 'progressing',
    3: 'added',
    4: 'ready',
    5: 'SDM mismatch',
    6: 'version mismatch',
    7: 'feature mismatch',
    8: 'new master',
    9: 'provisioned',
    10: 'invalid',
    11: 'removed',
  }),
];

const SWITCHING: Section = {
  metrics: [
    ...CPU,
    ...CPU_MEMORY,
    ...MEMORY,
    ...ENHANCED_MEMORY,
    ...TEMPERATURES,
    ...FANS,
    ...SUPPLIES,
    ...FRU_POWER,
    ...FRU_FANS,
    ...SWITCHES,
  ],
  tables: [
    table('cpmCPUTotal', { lookup: { names: ENTITY_NAMES, by: `${CPM}.2` }, metrics: names([...CPU, ...CPU_MEMORY]) }),
    table('ciscoMemoryPool', { names: [`${POOL}.2`], metrics: names(MEMORY) }),
    // Index: the part (one number), then the pool; the name is the pool's.
    table('cempMemPool', { names: [`${ENHANCED_POOL}.3`], metrics: names(ENHANCED_MEMORY) }),
    table('ciscoEnvMonTemperature', { names: [`${ENVMON}.3.1.2`], metrics: names(TEMPERATURES) }),
    table('ciscoEnvMonFan', { names: [`${ENVMON}.4.1.2`], metrics: names(FANS) }),
    table('ciscoEnvMonSupply', { names: [`${ENVMON}.5.1.2`], metrics: names(SUPPLIES) }),
    table('cefcFRUPower', { names: ENTITY_NAMES, metrics: names(FRU_POWER) }),
    table('cefcFanTray', { names: ENTITY_NAMES, metrics: names(FRU_FANS) }),
    table('cswSwitchInfo', { names: ENTITY_NAMES, metrics: names(SWITCHES) }),
  ],
};

/** Rows of cfwConnectionStatTable: service 40 is IP, 6 now, 7 the most there were. Hardware: 6 primary, 7 secondary. */
const HARDWARE_STATES = {
  1: 'other',
  2: 'up',
  3: 'down',
  4: 'error',
  5: 'over temperature',
  6: 'busy',
  7: 'no media',
  8: 'backup',
  9: 'active',
  10: 'standby',
};
const ASA: Section = {
  metrics: [
    gauge('cfwConnectionsNow', '1', `${FIREWALL}.2.2.1.5.40.6`, 'Connections through the firewall'),
    gauge('cfwConnectionsMost', '1', `${FIREWALL}.2.2.1.5.40.7`, 'Most connections since the firewall started'),
    state('cfwPrimaryStatus', `${FIREWALL}.1.1.1.3.6`, 'Primary unit', HARDWARE_STATES),
    state('cfwSecondaryStatus', `${FIREWALL}.1.1.1.3.7`, 'Secondary unit', HARDWARE_STATES),
    gauge('crasNumSessions', '1', `${CISCO}.392.1.3.1.0`, 'Remote access sessions'),
    gauge('cikeGlobalActiveTunnels', '1', `${CISCO}.171.1.2.1.1.0`, 'IKE tunnels'),
    gauge('cipSecGlobalActiveTunnels', '1', `${CISCO}.171.1.3.1.1.0`, 'IPsec tunnels'),
  ],
};

const ACCESS_POINTS = [
  state('bsnAPOperationStatus', `${AIRESPACE}.2.2.1.1.6`, 'Access point', {
    1: 'associated',
    2: 'disassociating',
    3: 'downloading',
  }),
];
const RADIOS = [
  gauge('bsnAPIfLoadChannelUtilization', '%', `${AIRESPACE}.2.2.13.1.3`, "Use of a radio's channel by all"),
  gauge('bsnAPIfLoadNumOfClients', 'clients', `${AIRESPACE}.2.2.13.1.4`, 'Clients of a radio'),
];
const NETWORKS = [
  gauge('bsnDot11EssNumberOfMobileStations', 'clients', `${AIRESPACE}.2.1.1.1.38`, 'Clients of a wireless network'),
];
const WIRELESS: Section = {
  metrics: [
    gauge('agentCurrentCPUUtilization', '%', `${AIRESPACE}.1.1.5.1.0`, 'Processor of the controller busy'),
    gauge('agentTotalMemory', 'B', `${AIRESPACE}.1.1.5.2.0`, 'Memory of the controller', { scale: KIB }),
    gauge('agentFreeMemory', 'B', `${AIRESPACE}.1.1.5.3.0`, 'Memory of the controller unused', { scale: KIB }),
    ...ACCESS_POINTS,
    ...RADIOS,
    ...NETWORKS,
  ],
  facts: [
    fact('agentInventorySerialNumber', `${AIRESPACE}.1.1.1.4.0`, 'Serial number of the controller'),
    fact('agentInventoryProductVersion', `${AIRESPACE}.1.1.1.14.0`, 'Software of the controller'),
    fact('bsnAPSerialNumber', `${AIRESPACE}.2.2.1.1.17`, 'Serial number of an access point'),
    fact('bsnAPModel', `${AIRESPACE}.2.2.1.1.16`, 'Model of an access point'),
    fact('bsnAPSoftwareVersion', `${AIRESPACE}.2.2.1.1.8`, 'Software of an access point'),
  ],
  tables: [
    table('bsnAP', {
      names: [`${AIRESPACE}.2.2.1.1.3`],
      metrics: names(ACCESS_POINTS),
      facts: ['bsnAPSerialNumber', 'bsnAPModel', 'bsnAPSoftwareVersion'],
    }),
    // Index: hardware address of the access point (6 numbers), then the radio.
    table('bsnAPIfLoadParameters', {
      lookup: { names: [`${AIRESPACE}.2.2.1.1.3`], parts: 6 },
      metrics: names(RADIOS),
    }),
    table('bsnDot11Ess', { names: [`${AIRESPACE}.2.1.1.1.2`], metrics: names(NETWORKS) }),
  ],
};

export const CISCO_SECTIONS: readonly Section[] = [SWITCHING, ASA, WIRELESS];
