/** Switches, routers and radios by their makers: Juniper, HP/Aruba, Huawei, MikroTik, Ubiquiti, FASTPATH. */
import { fact, gauge, having, MIB, names, state, table, TENTH, THOUSANDTH, type Section } from '../section.ts';
import { ENTITY_NAMES } from './hardware.ts';

const JNX = '1.3.6.1.4.1.2636.3';
const JNX_PARTS = [
  state(
    'jnxOperatingState',
    `${JNX}.1.13.1.6`,
    'Part of the chassis',
    { 1: 'unknown', 2: 'running', 3: 'ready', 4: 'reset', 5: 'running at full speed', 6: 'down', 7: 'standby' },
    { absent: [1] },
  ),
  // 0 stands for parts that have none.
  gauge('jnxOperatingTemp', '°C', `${JNX}.1.13.1.7`, 'Temperature of a part', { absent: [0] }),
  gauge('jnxOperatingCPU', '%', `${JNX}.1.13.1.8`, 'Processor of a part busy', { absent: [0] }),
  gauge('jnxOperatingBuffer', '%', `${JNX}.1.13.1.11`, 'Memory of a part in use', { absent: [0] }),
];
const JNX_ALARM = { 1: 'other', 2: 'off', 3: 'on' };
const JUNIPER: Section = {
  metrics: [
    ...JNX_PARTS,
    state('jnxYellowAlarmState', `${JNX}.4.2.2.1.0`, 'Yellow alarm lamp', JNX_ALARM),
    state('jnxRedAlarmState', `${JNX}.4.2.3.1.0`, 'Red alarm lamp', JNX_ALARM),
    gauge('jnxJsSPUMonitoringCPUUsage', '%', `${JNX}.39.1.12.1.1.1.4`, 'Services processor busy'),
    gauge('jnxJsSPUMonitoringMemoryUsage', '%', `${JNX}.39.1.12.1.1.1.5`, 'Memory of a services processor in use'),
    gauge('jnxJsSPUMonitoringCurrentFlowSession', '1', `${JNX}.39.1.12.1.1.1.6`, 'Sessions of a services processor'),
    gauge('jnxJsSPUMonitoringMaxFlowSession', '1', `${JNX}.39.1.12.1.1.1.7`, 'Most sessions it can have'),
  ],
  facts: [
    fact('jnxBoxDescr', `${JNX}.1.2.0`, 'Model of the chassis'),
    fact('jnxBoxSerialNo', `${JNX}.1.3.0`, 'Serial number of the chassis'),
  ],
  tables: [
    table('jnxOperating', { names: [`${JNX}.1.13.1.5`], metrics: names(JNX_PARTS) }),
    table('jnxJsSPU', {
      names: [`${JNX}.39.1.12.1.1.1.11`],
      metrics: [
        'jnxJsSPUMonitoringCPUUsage',
        'jnxJsSPUMonitoringMemoryUsage',
        'jnxJsSPUMonitoringCurrentFlowSession',
        'jnxJsSPUMonitoringMaxFlowSession',
      ],
    }),
  ],
};

const HP = '1.3.6.1.4.1.11.2.14.11';
const HP_MEMORY = [
  gauge('hpLocalMemFreeBytes', 'B', `${HP}.5.1.1.2.1.1.1.6`, 'Memory of a slot unused'),
  gauge('hpLocalMemAllocBytes', 'B', `${HP}.5.1.1.2.1.1.1.7`, 'Memory of a slot in use'),
];
const HP_SENSORS = [
  state(
    'hpicfSensorStatus',
    `${HP}.1.2.6.1.4`,
    'Fan, power supply or temperature',
    { 1: 'unknown', 2: 'bad', 3: 'warning', 4: 'good', 5: 'not present' },
    { absent: [1, 5] },
  ),
];
const HP_SWITCH: Section = {
  metrics: [
    gauge('hpSwitchCpuStat', '%', `${HP}.5.1.9.6.1.0`, 'Processor of the switch busy'),
    ...HP_MEMORY,
    ...HP_SENSORS,
  ],
  tables: [
    table('hpLocalMem', { metrics: names(HP_MEMORY) }),
    table('hpicfSensor', { names: [`${HP}.1.2.6.1.7`], metrics: names(HP_SENSORS) }),
  ],
};

const ARUBA = '1.3.6.1.4.1.14823.2';
const ARUBA_APS = [state('wlanAPStatus', `${ARUBA}.2.1.5.2.1.4.1.19`, 'Access point', { 1: 'up', 2: 'down' })];
const ARUBA_RADIOS = [
  gauge('wlanAPRadioUtilization', '%', `${ARUBA}.2.1.5.2.1.5.1.6`, "Use of a radio's channel"),
  gauge('wlanAPRadioNumAssociatedClients', 'clients', `${ARUBA}.2.1.5.2.1.5.1.7`, 'Clients of a radio'),
];
const ARUBA_SECTION: Section = {
  metrics: [
    gauge('sysExtProcessorLoad', '%', `${ARUBA}.2.1.2.1.13.1.3`, 'Processor of the controller busy'),
    gauge('wlsxSwitchTotalNumAccessPoints', '1', `${ARUBA}.2.1.1.3.1.0`, 'Access points of the controller'),
    gauge('wlsxSwitchTotalNumStationsAssociated', 'clients', `${ARUBA}.2.1.1.3.2.0`, 'Clients of the controller'),
    ...ARUBA_APS,
    ...ARUBA_RADIOS,
  ],
  facts: [
    fact('wlanAPSerialNumber', `${ARUBA}.2.1.5.2.1.4.1.6`, 'Serial number of an access point'),
    fact('wlanAPModelName', `${ARUBA}.2.1.5.2.1.4.1.13`, 'Model of an access point'),
  ],
  tables: [
    table('sysExtProcessor', { names: [`${ARUBA}.2.1.2.1.13.1.2`], metrics: ['sysExtProcessorLoad'] }),
    table('wlanAP', {
      names: [`${ARUBA}.2.1.5.2.1.4.1.3`],
      metrics: names(ARUBA_APS),
      facts: ['wlanAPSerialNumber', 'wlanAPModelName'],
    }),
    // Index: hardware address of the access point (6 numbers), then the radio.
    table('wlanAPRadio', {
      lookup: { names: [`${ARUBA}.2.1.5.2.1.4.1.3`], parts: 6 },
      metrics: names(ARUBA_RADIOS),
    }),
  ],
};

const HW = '1.3.6.1.4.1.2011.5.25.31.1.1.1.1';
const HW_PARTS = [
  gauge('hwEntityCpuUsage', '%', `${HW}.5`, 'Processor of a part busy', { absent: [0] }),
  gauge('hwEntityMemUsage', '%', `${HW}.7`, 'Memory of a part in use', { absent: [0] }),
  gauge('hwEntityTemperature', '°C', `${HW}.11`, 'Temperature of a part', { absent: [0, 2147483647] }),
];
const HUAWEI: Section = {
  metrics: HW_PARTS,
  tables: [table('hwEntityState', { names: ENTITY_NAMES, metrics: names(HW_PARTS) })],
};

const MTXR = '1.3.6.1.4.1.14988.1.1';
const mtxrGauge = (name: string, unitName: string, unit: number, what: string, scale = 1) =>
  gauge(name, unitName, `${MTXR}.3.100.1.3`, what, { scale, where: [having(`${MTXR}.3.100.1.4`, unit)] });
const MTXR_GAUGES = [
  mtxrGauge('mtxrGaugeTemperature', '°C', 1, 'Temperature of a sensor'),
  mtxrGauge('mtxrGaugeFan', 'rpm', 2, 'Speed of a fan'),
  mtxrGauge('mtxrGaugeVoltage', 'V', 3, 'Voltage of a sensor', TENTH),
  mtxrGauge('mtxrGaugeCurrent', 'A', 4, 'Current of a sensor', TENTH),
  mtxrGauge('mtxrGaugePower', 'W', 5, 'Power of a sensor', TENTH),
];
const MTXR_OPTICS = [
  gauge('mtxrOpticalTemperature', '°C', `${MTXR}.19.1.1.6`, 'Temperature of a transceiver'),
  gauge('mtxrOpticalTxPower', 'dBm', `${MTXR}.19.1.1.9`, 'Optical power a transceiver sends', { scale: THOUSANDTH }),
  gauge('mtxrOpticalRxPower', 'dBm', `${MTXR}.19.1.1.10`, 'Optical power a transceiver receives', {
    scale: THOUSANDTH,
  }),
];
const MIKROTIK: Section = {
  metrics: [
    gauge('mtxrDHCPLeaseCount', '1', `${MTXR}.6.1.0`, 'Addresses lent by the DHCP server'),
    ...MTXR_GAUGES,
    ...MTXR_OPTICS,
    gauge('mtxrWlApClientCount', 'clients', `${MTXR}.1.3.1.6`, 'Clients of a wireless interface'),
  ],
  facts: [
    fact('mtxrSerialNumber', `${MTXR}.7.3.0`, 'Serial number of the board'),
    fact('mtxrFirmwareVersion', `${MTXR}.7.4.0`, 'Firmware of the board'),
    fact('mtxrLicVersion', `${MTXR}.4.4.0`, 'Version of RouterOS'),
  ],
  tables: [
    table('mtxrGauge', { names: [`${MTXR}.3.100.1.2`], metrics: names(MTXR_GAUGES) }),
    table('mtxrOptical', { names: [`${MTXR}.19.1.1.2`], metrics: names(MTXR_OPTICS) }),
    table('mtxrWlAp', {
      names: ['1.3.6.1.2.1.31.1.1.1.1', '1.3.6.1.2.1.2.2.1.2'],
      metrics: ['mtxrWlApClientCount'],
    }),
  ],
};

const UBNT = '1.3.6.1.4.1.41112.1';
const AIRMAX_LINKS = [
  gauge('ubntWlStatSignal', 'dBm', `${UBNT}.4.5.1.5`, 'Signal of a wireless link'),
  gauge('ubntWlStatNoiseFloor', 'dBm', `${UBNT}.4.5.1.8`, 'Noise at a radio'),
  gauge('ubntWlStatCcq', '%', `${UBNT}.4.5.1.7`, 'Quality of connections (CCQ)'),
  gauge('ubntWlStatTxRate', 'bit/s', `${UBNT}.4.5.1.9`, 'Rate at which a radio sends'),
  gauge('ubntWlStatRxRate', 'bit/s', `${UBNT}.4.5.1.10`, 'Rate at which a radio receives'),
  gauge('ubntWlStatStaCount', 'clients', `${UBNT}.4.5.1.15`, 'Stations of a radio'),
];
const AIRMAX_QUALITIES = [
  gauge('ubntAirMaxQuality', '%', `${UBNT}.4.6.1.3`, 'airMAX quality'),
  gauge('ubntAirMaxCapacity', '%', `${UBNT}.4.6.1.4`, 'airMAX capacity'),
];
const UNIFI_RADIOS = [
  gauge('unifiRadioCuTotal', '%', `${UBNT}.6.1.1.1.6`, "Use of a radio's channel by all"),
  gauge('unifiRadioCuSelfRx', '%', `${UBNT}.6.1.1.1.7`, "Use of a radio's channel by its own receiving"),
  gauge('unifiRadioCuSelfTx', '%', `${UBNT}.6.1.1.1.8`, "Use of a radio's channel by its own sending"),
];
const UNIFI_VAPS = [gauge('unifiVapNumStations', 'clients', `${UBNT}.6.1.2.1.8`, 'Clients of a wireless network')];
const UBIQUITI: Section = {
  metrics: [...AIRMAX_LINKS, ...AIRMAX_QUALITIES, ...UNIFI_RADIOS, ...UNIFI_VAPS],
  facts: [
    fact('unifiApSystemModel', `${UBNT}.6.3.3.0`, 'Model of the access point'),
    fact('unifiApSystemVersion', `${UBNT}.6.3.6.0`, 'Firmware of the access point'),
    fact('ubntWlStatSsid', `${UBNT}.4.5.1.2`, 'Name of the wireless network of a radio'),
    fact('unifiVapEssId', `${UBNT}.6.1.2.1.6`, 'Name of a wireless network'),
  ],
  tables: [
    table('ubntWlStat', { metrics: names(AIRMAX_LINKS), facts: ['ubntWlStatSsid'] }),
    table('ubntAirMax', { metrics: names(AIRMAX_QUALITIES) }),
    table('unifiRadio', { names: [`${UBNT}.6.1.1.1.2`], metrics: names(UNIFI_RADIOS) }),
    table('unifiVap', { names: [`${UBNT}.6.1.2.1.7`], metrics: names(UNIFI_VAPS), facts: ['unifiVapEssId'] }),
  ],
};

const BOX = '1.3.6.1.4.1.4413.1.1.43.1';
const BOX_TEMPERATURES = [
  gauge('boxServicesTempSensorTemperature', '°C', `${BOX}.8.1.5`, 'Temperature of a sensor'),
  state(
    'boxServicesTempSensorState',
    `${BOX}.8.1.4`,
    'Temperature against its limits',
    { 1: 'normal', 2: 'warning', 3: 'critical', 4: 'shutdown', 5: 'not present', 6: 'not operational' },
    { absent: [5] },
  ),
];
const BOX_FANS = [gauge('boxServicesFanSpeed', 'rpm', `${BOX}.6.1.4`, 'Speed of a fan')];
const FASTPATH: Section = {
  metrics: [...BOX_TEMPERATURES, ...BOX_FANS],
  tables: [
    table('boxServicesTempSensors', { metrics: names(BOX_TEMPERATURES) }),
    table('boxServicesFans', { metrics: names(BOX_FANS) }),
  ],
};

const FG = '1.3.6.1.4.1.12356.101';
const FG_SENSORS = [
  gauge('fgHwSensorEntValue', '1', `${FG}.4.3.2.1.3`, 'Value of a sensor of the board, in its own unit'),
  state('fgHwSensorEntAlarmStatus', `${FG}.4.3.2.1.4`, 'Sensor of the board', { 0: 'fine', 1: 'alarm' }),
];
const FG_TUNNELS = [state('fgVpnTunEntStatus', `${FG}.12.2.2.1.20`, 'IPsec tunnel', { 1: 'down', 2: 'up' })];
const FORTINET: Section = {
  metrics: [
    gauge('fgSysCpuUsage', '%', `${FG}.4.1.3.0`, 'Processors busy'),
    gauge('fgSysMemUsage', '%', `${FG}.4.1.4.0`, 'Memory in use'),
    gauge('fgSysDiskUsage', 'B', `${FG}.4.1.6.0`, 'Disk in use', { scale: MIB }),
    gauge('fgSysDiskCapacity', 'B', `${FG}.4.1.7.0`, 'Size of the disk', { scale: MIB }),
    gauge('fgSysSesCount', '1', `${FG}.4.1.8.0`, 'Sessions through the firewall'),
    gauge('fgSysSesRate1', '1/s', `${FG}.4.1.11.0`, 'New sessions a second, one-minute average'),
    gauge('fgProcessorUsage', '%', `${FG}.4.4.2.1.2`, 'Processor busy'),
    ...FG_SENSORS,
    gauge('fgVpnTunnelUpCount', '1', `${FG}.12.1.1.0`, 'IPsec tunnels that are up'),
    ...FG_TUNNELS,
    state('fgHaSystemMode', `${FG}.13.1.1.0`, 'Cluster', { 1: 'standalone', 2: 'active-active', 3: 'active-passive' }),
  ],
  facts: [
    fact('fnSysSerial', '1.3.6.1.4.1.12356.100.1.1.1.0', 'Serial number of the firewall'),
    fact('fgSysVersion', `${FG}.4.1.1.0`, 'Firmware of the firewall'),
  ],
  tables: [
    table('fgProcessor', { metrics: ['fgProcessorUsage'] }),
    table('fgHwSensor', { names: [`${FG}.4.3.2.1.2`], metrics: names(FG_SENSORS) }),
    table('fgVpnTunnel', { names: [`${FG}.12.2.2.1.3`, `${FG}.12.2.2.1.2`], metrics: names(FG_TUNNELS) }),
  ],
};

const PAN = '1.3.6.1.4.1.25461.2.1.2';
const PALO_ALTO: Section = {
  metrics: [
    gauge('panSessionUtilization', '%', `${PAN}.3.1.0`, 'Share of the session table in use'),
    gauge('panSessionMax', '1', `${PAN}.3.2.0`, 'Sessions the firewall can have'),
    gauge('panSessionActive', '1', `${PAN}.3.3.0`, 'Sessions through the firewall'),
    gauge('panSessionActiveTcp', '1', `${PAN}.3.4.0`, 'TCP sessions through the firewall'),
    gauge('panSessionActiveUdp', '1', `${PAN}.3.5.0`, 'UDP sessions through the firewall'),
    gauge('panGPGWUtilizationActiveTunnels', '1', `${PAN}.5.1.3.0`, 'GlobalProtect tunnels'),
    state(
      'panSysHAState',
      `${PAN}.1.11.0`,
      'Role in the pair',
      { 0: 'disabled', 1: 'active', 2: 'passive', 3: 'non-functional', 4: 'suspended' },
      { texts: { disabled: 0, active: 1, passive: 2, 'non-functional': 3, suspended: 4 } },
    ),
  ],
  facts: [
    fact('panSysSwVersion', `${PAN}.1.1.0`, 'Software of the firewall'),
    fact('panSysSerialNumber', `${PAN}.1.3.0`, 'Serial number of the firewall'),
    fact('panChassisType', `${PAN}.2.1.0`, 'Kind of chassis'),
  ],
};

export const NETWORKS: readonly Section[] = [JUNIPER, HP_SWITCH, ARUBA_SECTION, HUAWEI, MIKROTIK, UBIQUITI, FASTPATH];
export const FIREWALLS: readonly Section[] = [FORTINET, PALO_ALTO];
