/** Parts and sensors of any device: ENTITY-MIB (RFC 6933), ENTITY-SENSOR-MIB (RFC 3433), POWER-ETHERNET-MIB (RFC 3621). */
import type { RowFilter } from '../../model/metrics.ts';
import { fact, gauge, having, names, state, table, type Section } from '../section.ts';

const ENTITY = '1.3.6.1.2.1.47.1.1.1.1';
const SENSOR = '1.3.6.1.2.1.99.1.1.1';
const POE = '1.3.6.1.2.1.105.1';

/** Of ENTITY-MIB's many things those one can hold in hand: chassis, power supply, fan, module, stack. */
const PARTS = [having(`${ENTITY}.5`, 3, 6, 7, 9, 11)];
export const ENTITY_NAMES = [`${ENTITY}.7`, `${ENTITY}.2`];

/** Not unavailable (2) nor broken (3); some agents leave the status out. */
function readable(entry: string): RowFilter {
  return { oid: `${entry}.5`, not: ['2', '3'] };
}

/**
 * Columns of a sensor table in the form of RFC 3433: type 1, scale 2, precision 3, value 4, status 5. A row's
 * type decides which of these metrics it is.
 */
function sensors(prefix: string, entry: string) {
  const sensor = (name: string, unit: string, what: string, ...types: readonly number[]) =>
    gauge(`${prefix}${name}`, unit, `${entry}.4`, what, {
      where: [having(`${entry}.1`, ...types), readable(entry)],
      exponent: { scale: `${entry}.2`, precision: `${entry}.3` },
    });
  return [
    sensor('Temperature', '°C', 'Temperature of a sensor', 8),
    sensor('Voltage', 'V', 'Voltage of a sensor', 3, 4),
    sensor('Current', 'A', 'Current of a sensor', 5),
    sensor('Power', 'W', 'Power of a sensor', 6),
    sensor('Frequency', 'Hz', 'Frequency of a sensor', 7),
    sensor('Humidity', '%', 'Relative humidity of a sensor', 9),
    sensor('Fan', 'rpm', 'Speed of a fan', 10),
  ];
}

const STANDARD_SENSORS = [
  ...sensors('sensor', SENSOR),
  state('entPhySensorOperStatus', `${SENSOR}.5`, 'Whether a sensor can be read', {
    1: 'ok',
    2: 'unavailable',
    3: 'not operational',
  }),
];
const CISCO_SENSOR = '1.3.6.1.4.1.9.9.91.1.1.1.1';
const CISCO_SENSORS = [
  ...sensors('ciscoSensor', CISCO_SENSOR),
  gauge('ciscoSensorOpticalPower', 'dBm', `${CISCO_SENSOR}.4`, 'Optical power of a transceiver', {
    where: [having(`${CISCO_SENSOR}.1`, 14), readable(CISCO_SENSOR)],
    exponent: { scale: `${CISCO_SENSOR}.2`, precision: `${CISCO_SENSOR}.3` },
  }),
];

const POE_PORTS = [
  state('pethPsePortDetectionStatus', `${POE}.1.1.6`, 'Power over Ethernet of a port', {
    1: 'disabled',
    2: 'searching',
    3: 'delivering power',
    4: 'fault',
    5: 'test',
    6: 'other fault',
  }),
];
const POE_SUPPLIES = [
  gauge('pethMainPsePower', 'W', `${POE}.3.1.1.2`, 'Power over Ethernet a group of ports can give'),
  state('pethMainPseOperStatus', `${POE}.3.1.1.3`, 'Supply of power over Ethernet', { 1: 'on', 2: 'off', 3: 'faulty' }),
  gauge('pethMainPseConsumptionPower', 'W', `${POE}.3.1.1.4`, 'Power over Ethernet a group of ports takes'),
];

export const HARDWARE: Section = {
  metrics: [...STANDARD_SENSORS, ...CISCO_SENSORS, ...POE_PORTS, ...POE_SUPPLIES],
  facts: [
    fact('entPhysicalDescr', `${ENTITY}.2`, "The manufacturer's words for a part"),
    fact('entPhysicalHardwareRev', `${ENTITY}.8`, 'Hardware version of a part'),
    fact('entPhysicalFirmwareRev', `${ENTITY}.9`, 'Firmware version of a part'),
    fact('entPhysicalSoftwareRev', `${ENTITY}.10`, 'Software version of a part'),
    fact('entPhysicalSerialNum', `${ENTITY}.11`, 'Serial number of a part'),
    fact('entPhysicalMfgName', `${ENTITY}.12`, 'Manufacturer of a part'),
    fact('entPhysicalModelName', `${ENTITY}.13`, 'Model of a part'),
  ],
  tables: [
    table('entPhysical', {
      names: ENTITY_NAMES,
      where: PARTS,
      facts: [
        'entPhysicalDescr',
        'entPhysicalHardwareRev',
        'entPhysicalFirmwareRev',
        'entPhysicalSoftwareRev',
        'entPhysicalSerialNum',
        'entPhysicalMfgName',
        'entPhysicalModelName',
      ],
    }),
    // Sensors share the index of the parts they are.
    table('entPhySensor', { names: ENTITY_NAMES, metrics: names(STANDARD_SENSORS) }),
    table('ciscoEntSensor', { names: ENTITY_NAMES, metrics: names(CISCO_SENSORS) }),
    table('pethPsePort', { metrics: names(POE_PORTS) }),
    table('pethMainPse', { metrics: names(POE_SUPPLIES) }),
  ],
};
