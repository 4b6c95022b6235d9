/** Storage, virtual machines and server boards by their makers: Synology, QNAP, NetApp, VMware, Dell, HPE. */
import { fact, gauge, KIB, MIB, names, state, table, TENTH, type Section } from '../section.ts';

const SYNO = '1.3.6.1.4.1.6574';
const GOOD = { 1: 'normal', 2: 'failed' };
const SYNO_DISKS = [
  state('synoDiskStatus', `${SYNO}.2.1.1.5`, 'Disk', {
    1: 'normal',
    2: 'initialized',
    3: 'not initialized',
    4: 'system partition failed',
    5: 'crashed',
  }),
  gauge('synoDiskTemperature', '°C', `${SYNO}.2.1.1.6`, 'Temperature of a disk'),
];
const SYNO_RAIDS = [
  // 13 to 20 are works that come and go (scrubbing, deploying, caching): neither well nor ill.
  state(
    'synoRaidStatus',
    `${SYNO}.3.1.1.3`,
    'Volume',
    {
      1: 'normal',
      2: 'repairing',
      3: 'migrating',
      4: 'expanding',
      5: 'deleting',
      6: 'creating',
      7: 'syncing',
      8: 'checking parity',
      9: 'assembling',
      10: 'canceling',
      11: 'degraded',
      12: 'crashed',
    },
    { absent: [13, 14, 15, 16, 17, 18, 19, 20] },
  ),
  gauge('synoRaidFreeSize', 'B', `${SYNO}.3.1.1.4`, 'Part of a volume unused'),
  gauge('synoRaidTotalSize', 'B', `${SYNO}.3.1.1.5`, 'Size of a volume'),
];
const SYNOLOGY: Section = {
  metrics: [
    state('synoSystemStatus', `${SYNO}.1.1.0`, 'System partition', GOOD),
    gauge('synoTemperature', '°C', `${SYNO}.1.2.0`, 'Temperature of the system'),
    state('synoPowerStatus', `${SYNO}.1.3.0`, 'Power supplies', GOOD),
    state('synoSystemFanStatus', `${SYNO}.1.4.1.0`, 'Fans of the system', GOOD),
    state('synoCpuFanStatus', `${SYNO}.1.4.2.0`, 'Fan of the processor', GOOD),
    state('synoUpgradeAvailable', `${SYNO}.1.5.4.0`, 'New version', {
      1: 'available',
      2: 'none',
      3: 'asking',
      4: 'cannot ask',
      5: 'other',
    }),
    ...SYNO_DISKS,
    ...SYNO_RAIDS,
  ],
  facts: [
    fact('synoModelName', `${SYNO}.1.5.1.0`, 'Model of the storage'),
    fact('synoSerialNumber', `${SYNO}.1.5.2.0`, 'Serial number of the storage'),
    fact('synoVersion', `${SYNO}.1.5.3.0`, 'Software of the storage'),
    fact('synoDiskModel', `${SYNO}.2.1.1.3`, 'Model of a disk'),
  ],
  tables: [
    table('synoDisk', { names: [`${SYNO}.2.1.1.2`], metrics: names(SYNO_DISKS), facts: ['synoDiskModel'] }),
    table('synoRaid', { names: [`${SYNO}.3.1.1.2`], metrics: names(SYNO_RAIDS) }),
  ],
};

const QNAP = '1.3.6.1.4.1.24681.1.2';
const QNAP_DISKS = [
  gauge('qnapHdTemperature', '°C', `${QNAP}.11.1.3`, 'Temperature of a disk'),
  state(
    'qnapHdStatus',
    `${QNAP}.11.1.4`,
    'Disk',
    { 0: 'ready', [-4]: 'unknown', [-5]: 'no disk', [-6]: 'invalid', [-9]: 'read or write error' },
    { absent: [-5] },
  ),
];
const QNAP_FANS = [gauge('qnapSysFanSpeed', 'rpm', `${QNAP}.15.1.3`, 'Speed of a fan')];
const QNAP_SECTION: Section = {
  metrics: [
    // Texts such as "12.3 %", "7980.5 MB", "45 C/113 F": the number at the start counts.
    gauge('qnapCpuUsage', '%', `${QNAP}.1.0`, 'Processors busy'),
    gauge('qnapTotalMem', 'B', `${QNAP}.2.0`, 'Memory', { scale: MIB }),
    gauge('qnapFreeMem', 'B', `${QNAP}.3.0`, 'Memory unused', { scale: MIB }),
    gauge('qnapCpuTemperature', '°C', `${QNAP}.5.0`, 'Temperature of the processor'),
    gauge('qnapSystemTemperature', '°C', `${QNAP}.6.0`, 'Temperature of the system'),
    ...QNAP_DISKS,
    ...QNAP_FANS,
  ],
  facts: [
    fact('qnapModelName', `${QNAP}.12.0`, 'Model of the storage'),
    fact('qnapHdModel', `${QNAP}.11.1.5`, 'Model of a disk'),
    fact('qnapHdSmartInfo', `${QNAP}.11.1.7`, "A disk's opinion of itself (SMART)"),
  ],
  tables: [
    table('qnapHd', {
      names: [`${QNAP}.11.1.2`],
      metrics: names(QNAP_DISKS),
      facts: ['qnapHdModel', 'qnapHdSmartInfo'],
    }),
    table('qnapSysFan', { names: [`${QNAP}.15.1.2`], metrics: names(QNAP_FANS) }),
  ],
};

const NETAPP = '1.3.6.1.4.1.789.1';
const NETAPP_DISKS = [
  gauge('dfPerCentKBytesCapacity', '%', `${NETAPP}.5.4.1.6`, 'Share of a volume in use'),
  gauge('dfPerCentInodeCapacity', '%', `${NETAPP}.5.4.1.9`, "Share of a volume's inodes in use"),
];
const NETAPP_SECTION: Section = {
  metrics: [
    gauge('netappCpuBusyTimePerCent', '%', `${NETAPP}.2.1.3.0`, 'Processors busy'),
    state('netappEnvOverTemperature', `${NETAPP}.2.4.1.0`, 'Too hot', { 1: 'no', 2: 'yes' }),
    gauge('netappEnvFailedFanCount', '1', `${NETAPP}.2.4.2.0`, 'Failed fans'),
    gauge('netappEnvFailedPowerSupplyCount', '1', `${NETAPP}.2.4.4.0`, 'Failed power supplies'),
    gauge('netappDiskFailedCount', '1', `${NETAPP}.6.4.7.0`, 'Failed disks'),
    ...NETAPP_DISKS,
  ],
  facts: [
    fact('netappProductVersion', `${NETAPP}.1.2.0`, 'Software of the storage'),
    fact('netappProductModel', `${NETAPP}.1.5.0`, 'Model of the storage'),
    fact('netappProductSerialNum', `${NETAPP}.1.9.0`, 'Serial number of the storage'),
  ],
  tables: [table('netappDf', { names: [`${NETAPP}.5.4.1.2`], metrics: names(NETAPP_DISKS) })],
};

const VMW = '1.3.6.1.4.1.6876';
const VMS = [
  state(
    'vmwVmState',
    `${VMW}.2.1.1.6`,
    'Virtual machine',
    { 0: 'off', 1: 'on', 2: 'suspended' },
    {
      texts: {
        'powered off': 0,
        poweredOff: 0,
        'powered on': 1,
        poweredOn: 1,
        suspended: 2,
      },
    },
  ),
  gauge('vmwVmMemSize', 'B', `${VMW}.2.1.1.5`, 'Memory of a virtual machine', { scale: MIB }),
];
const VMWARE: Section = {
  metrics: [
    gauge('vmwMemSize', 'B', `${VMW}.3.2.1.0`, 'Memory of the host', { scale: KIB }),
    gauge('vmwMemAvail', 'B', `${VMW}.3.2.3.0`, 'Memory of the host that virtual machines can still get', {
      scale: KIB,
    }),
    ...VMS,
  ],
  facts: [
    fact('vmwProdName', `${VMW}.1.1.0`, 'Product'),
    fact('vmwProdVersion', `${VMW}.1.2.0`, 'Version of the product'),
    fact('vmwProdBuild', `${VMW}.1.4.0`, 'Build of the product'),
    fact('vmwVmGuestOS', `${VMW}.2.1.1.4`, 'System of a virtual machine'),
  ],
  tables: [table('vmwVm', { names: [`${VMW}.2.1.1.2`], metrics: names(VMS), facts: ['vmwVmGuestOS'] })],
};

const DELL = '1.3.6.1.4.1.674.10892.5';
const DELL_STATES = {
  1: 'other',
  2: 'unknown',
  3: 'ok',
  4: 'non-critical',
  5: 'critical',
  6: 'non-recoverable',
};
const dellPart = (name: string, oid: string, help: string) => state(name, oid, help, DELL_STATES, { absent: [1, 2] });
const PROBE_STATES = {
  1: 'other',
  2: 'unknown',
  3: 'ok',
  4: 'high warning',
  5: 'high critical',
  6: 'high non-recoverable',
  7: 'low warning',
  8: 'low critical',
  9: 'low non-recoverable',
  10: 'failed',
};
const dellProbe = (name: string, oid: string, help: string) => state(name, oid, help, PROBE_STATES, { absent: [1, 2] });
const DELL_TEMPERATURES = [
  gauge('temperatureProbeReading', '°C', `${DELL}.4.700.20.1.6`, 'Temperature of a probe', { scale: TENTH }),
  dellProbe('temperatureProbeStatus', `${DELL}.4.700.20.1.5`, 'Temperature against its limits'),
];
const DELL_FANS = [
  gauge('coolingDeviceReading', 'rpm', `${DELL}.4.700.12.1.6`, 'Speed of a fan'),
  dellProbe('coolingDeviceStatus', `${DELL}.4.700.12.1.5`, 'Fan'),
];
const DELL_SUPPLIES = [dellPart('powerSupplyStatus', `${DELL}.4.600.12.1.5`, 'Power supply')];
const DELL_SECTION: Section = {
  metrics: [
    dellPart('globalSystemStatus', `${DELL}.2.1.0`, 'The server as a whole'),
    ...DELL_TEMPERATURES,
    ...DELL_FANS,
    ...DELL_SUPPLIES,
  ],
  facts: [
    fact('systemServiceTag', `${DELL}.1.3.2.0`, 'Service tag of the server'),
    fact('systemModelName', `${DELL}.1.3.12.0`, 'Model of the server'),
    fact('racFirmwareVersion', `${DELL}.1.1.8.0`, 'Firmware of the remote access controller'),
  ],
  tables: [
    table('dellTemperatureProbe', { names: [`${DELL}.4.700.20.1.8`], metrics: names(DELL_TEMPERATURES) }),
    table('dellCoolingDevice', { names: [`${DELL}.4.700.12.1.8`], metrics: names(DELL_FANS) }),
    table('dellPowerSupply', { names: [`${DELL}.4.600.12.1.8`], metrics: names(DELL_SUPPLIES) }),
  ],
};

const CPQ = '1.3.6.1.4.1.232';
const CPQ_STATES = { 1: 'other', 2: 'ok', 3: 'degraded', 4: 'failed' };
const cpq = (name: string, oid: string, help: string) => state(name, oid, help, CPQ_STATES, { absent: [1] });
const CPQ_TEMPERATURES = [
  gauge('cpqHeTemperatureCelsius', '°C', `${CPQ}.6.2.6.8.1.4`, 'Temperature of a sensor', { absent: [-1, -99] }),
  cpq('cpqHeTemperatureCondition', `${CPQ}.6.2.6.8.1.6`, 'Temperature against its limits'),
];
const CPQ_FANS = [cpq('cpqHeFltTolFanCondition', `${CPQ}.6.2.6.7.1.9`, 'Fan')];
const CPQ_SUPPLIES = [cpq('cpqHeFltTolPowerSupplyCondition', `${CPQ}.6.2.9.3.1.4`, 'Power supply')];
const HPE: Section = {
  metrics: [
    cpq('cpqHeMibCondition', `${CPQ}.6.1.3.0`, 'Health of the server as a whole'),
    cpq('cpqHeThermalCondition', `${CPQ}.6.2.6.1.0`, 'Temperatures and fans as a whole'),
    cpq('cpqDaMibCondition', `${CPQ}.3.1.3.0`, 'Disks and their controllers as a whole'),
    ...CPQ_TEMPERATURES,
    ...CPQ_FANS,
    ...CPQ_SUPPLIES,
  ],
  facts: [
    fact('cpqSiSysSerialNum', `${CPQ}.2.2.2.1.0`, 'Serial number of the server'),
    fact('cpqSiProductName', `${CPQ}.2.2.4.2.0`, 'Model of the server'),
  ],
  tables: [
    table('cpqHeTemperature', { metrics: names(CPQ_TEMPERATURES) }),
    table('cpqHeFltTolFan', { metrics: names(CPQ_FANS) }),
    table('cpqHeFltTolPowerSupply', { metrics: names(CPQ_SUPPLIES) }),
  ],
};

export const SERVERS: readonly Section[] = [SYNOLOGY, QNAP_SECTION, NETAPP_SECTION, VMWARE, DELL_SECTION, HPE];
