/** Power and surroundings: UPS-MIB (RFC 1628), PowerNet-MIB (APC), XUPS-MIB (Eaton), SPAGENT-MIB (AKCP), STE-MIB (HW group). */
import { counter, fact, gauge, having, HUNDREDTH, names, state, table, TENTH, type Section } from '../section.ts';

const UPS = '1.3.6.1.2.1.33.1';
const APC = '1.3.6.1.4.1.318.1.1';
const XUPS = '1.3.6.1.4.1.534.1';
const AKCP = '1.3.6.1.4.1.3854.1.2.2.1';
const STE = '1.3.6.1.4.1.21796.4.1.3.1';

/** What cards say where they do not know: -1, and that without its sign, of 32 bits and of 16. */
const UPS_UNKNOWN = [-1, 65_535, 2_147_483_647, 4_294_967_295];
/** Absolute zero, where there is no probe. */
const UPS_NO_PROBE = [-273, 65_535, 2_147_483_647, 4_294_967_295];

const UPS_INPUTS = [
  gauge('upsInputFrequency', 'Hz', `${UPS}.3.3.1.2`, 'Frequency of an input line', { scale: TENTH }),
  gauge('upsInputVoltage', 'V', `${UPS}.3.3.1.3`, 'Voltage of an input line'),
];
const UPS_OUTPUTS = [
  gauge('upsOutputVoltage', 'V', `${UPS}.4.4.1.2`, 'Voltage of an output line'),
  gauge('upsOutputCurrent', 'A', `${UPS}.4.4.1.3`, 'Current of an output line', { scale: TENTH }),
  gauge('upsOutputPower', 'W', `${UPS}.4.4.1.4`, 'Power of an output line'),
];

const STANDARD: Section = {
  metrics: [
    state('upsBatteryStatus', `${UPS}.2.1.0`, 'Battery', { 1: 'unknown', 2: 'normal', 3: 'low', 4: 'depleted' }),
    gauge('upsSecondsOnBattery', 's', `${UPS}.2.2.0`, 'Time on battery; 0 on mains'),
    gauge('upsEstimatedMinutesRemaining', 'min', `${UPS}.2.3.0`, 'Time the battery lasts under the present load', {
      absent: UPS_UNKNOWN,
    }),
    gauge('upsEstimatedChargeRemaining', '%', `${UPS}.2.4.0`, 'Charge of the battery', { absent: UPS_UNKNOWN }),
    gauge('upsBatteryVoltage', 'V', `${UPS}.2.5.0`, 'Voltage of the battery', { scale: TENTH, absent: UPS_UNKNOWN }),
    gauge('upsBatteryTemperature', '°C', `${UPS}.2.7.0`, 'Temperature at the battery', { absent: UPS_NO_PROBE }),
    counter('upsInputLineBads', 32, 'events', `${UPS}.3.1.0`, 'Times an input line went out of tolerance'),
    state('upsOutputSource', `${UPS}.4.1.0`, 'Where the output comes from', {
      1: 'other',
      2: 'none',
      3: 'normal',
      4: 'bypass',
      5: 'battery',
      6: 'booster',
      7: 'reducer',
    }),
    gauge('upsOutputPercentLoad', '%', `${UPS}.4.4.1.5.1`, 'Share of the power capacity in use', {
      absent: UPS_UNKNOWN,
    }),
    gauge('upsAlarmsPresent', '1', `${UPS}.6.1.0`, 'Alarms the UPS has now'),
    ...UPS_INPUTS,
    ...UPS_OUTPUTS,
  ],
  facts: [
    fact('upsIdentManufacturer', `${UPS}.1.1.0`, 'Manufacturer of the UPS'),
    fact('upsIdentModel', `${UPS}.1.2.0`, 'Model of the UPS'),
    fact('upsIdentUPSSoftwareVersion', `${UPS}.1.3.0`, 'Firmware of the UPS'),
  ],
  tables: [table('upsInput', { metrics: names(UPS_INPUTS) }), table('upsOutput', { metrics: names(UPS_OUTPUTS) })],
};

const PDU_LOADS = [
  gauge('rPDULoadStatusLoad', 'A', `${APC}.12.2.3.1.1.2`, 'Current of a phase or bank', { scale: TENTH }),
  state('rPDULoadStatusLoadState', `${APC}.12.2.3.1.1.3`, 'Load of a phase or bank', {
    1: 'normal',
    2: 'low',
    3: 'near overload',
    4: 'overload',
  }),
];
const PDU_OUTLETS = [state('rPDUOutletStatusOutletState', `${APC}.12.3.5.1.1.4`, 'Outlet', { 1: 'on', 2: 'off' })];
const UIO_SENSORS = [
  gauge('uioSensorStatusTemperatureDegC', '°C', `${APC}.25.1.2.1.6`, 'Temperature of a probe', { absent: [-1] }),
  gauge('uioSensorStatusHumidity', '%', `${APC}.25.1.2.1.7`, 'Relative humidity of a probe', { absent: [-1] }),
];

const APC_SECTION: Section = {
  metrics: [
    state('upsBasicBatteryStatus', `${APC}.1.2.1.1.0`, 'Battery', {
      1: 'unknown',
      2: 'normal',
      3: 'low',
      4: 'in fault condition',
      5: 'none present',
    }),
    gauge('upsBasicBatteryTimeOnBattery', 's', `${APC}.1.2.1.2.0`, 'Time on battery; 0 on mains', { scale: HUNDREDTH }),
    gauge('upsAdvBatteryCapacity', '%', `${APC}.1.2.2.1.0`, 'Charge of the battery'),
    gauge('upsAdvBatteryTemperature', '°C', `${APC}.1.2.2.2.0`, 'Temperature of the battery'),
    gauge('upsAdvBatteryRunTimeRemaining', 'min', `${APC}.1.2.2.3.0`, 'Time the battery lasts', {
      scale: HUNDREDTH / 60,
    }),
    state('upsAdvBatteryReplaceIndicator', `${APC}.1.2.2.4.0`, 'Battery', { 1: 'good', 2: 'to be replaced' }),
    gauge('upsAdvInputLineVoltage', 'V', `${APC}.1.3.2.1.0`, 'Voltage of the input'),
    gauge('upsAdvInputFrequency', 'Hz', `${APC}.1.3.2.4.0`, 'Frequency of the input'),
    state('upsBasicOutputStatus', `${APC}.1.4.1.1.0`, 'Where the output comes from', {
      1: 'unknown',
      2: 'on line',
      3: 'on battery',
      4: 'boosting',
      5: 'sleeping',
      6: 'software bypass',
      7: 'off',
      8: 'rebooting',
      9: 'switched bypass',
      10: 'hardware failure bypass',
      11: 'sleeping until power returns',
      12: 'trimming',
    }),
    gauge('upsAdvOutputVoltage', 'V', `${APC}.1.4.2.1.0`, 'Voltage of the output'),
    gauge('upsAdvOutputLoad', '%', `${APC}.1.4.2.3.0`, 'Share of the power capacity in use'),
    gauge('upsAdvOutputCurrent', 'A', `${APC}.1.4.2.4.0`, 'Current of the output'),
    ...PDU_LOADS,
    ...PDU_OUTLETS,
    ...UIO_SENSORS,
  ],
  facts: [
    fact('upsBasicIdentModel', `${APC}.1.1.1.1.0`, 'Model of the UPS'),
    fact('upsAdvIdentFirmwareRevision', `${APC}.1.1.2.1.0`, 'Firmware of the UPS'),
    fact('upsAdvIdentSerialNumber', `${APC}.1.1.2.3.0`, 'Serial number of the UPS'),
    fact('rPDUIdentModelNumber', `${APC}.12.1.5.0`, 'Model of the power distribution unit'),
    fact('rPDUIdentSerialNumber', `${APC}.12.1.6.0`, 'Serial number of the power distribution unit'),
    fact('rPDUIdentFirmwareRev', `${APC}.12.1.3.0`, 'Firmware of the power distribution unit'),
  ],
  tables: [
    table('rPDULoadStatus', { metrics: names(PDU_LOADS) }),
    table('rPDUOutletStatus', { names: [`${APC}.12.3.5.1.1.2`], metrics: names(PDU_OUTLETS) }),
    table('uioSensorStatus', { names: [`${APC}.25.1.2.1.3`], metrics: names(UIO_SENSORS) }),
  ],
};

const EATON: Section = {
  metrics: [
    gauge('xupsBatTimeRemaining', 'min', `${XUPS}.2.1.0`, 'Time the battery lasts', { scale: 1 / 60 }),
    gauge('xupsBatVoltage', 'V', `${XUPS}.2.2.0`, 'Voltage of the battery'),
    gauge('xupsBatCapacity', '%', `${XUPS}.2.4.0`, 'Charge of the battery'),
    state('xupsBatteryAbmStatus', `${XUPS}.2.5.0`, 'Battery', {
      1: 'charging',
      2: 'discharging',
      3: 'floating',
      4: 'resting',
      5: 'unknown',
      6: 'disconnected',
      7: 'under test',
      8: 'check battery',
    }),
    gauge('xupsOutputLoad', '%', `${XUPS}.4.1.0`, 'Share of the power capacity in use'),
    gauge('xupsOutputFrequency', 'Hz', `${XUPS}.4.2.0`, 'Frequency of the output', { scale: TENTH }),
    state('xupsOutputSource', `${XUPS}.4.5.0`, 'Where the output comes from', {
      1: 'other',
      2: 'none',
      3: 'normal',
      4: 'bypass',
      5: 'battery',
      6: 'booster',
      7: 'reducer',
      8: 'parallel capacity',
      9: 'parallel redundant',
      10: 'high efficiency mode',
    }),
    gauge('xupsEnvAmbientTemp', '°C', `${XUPS}.6.1.0`, 'Temperature around the UPS'),
  ],
  facts: [
    fact('xupsIdentModel', `${XUPS}.1.2.0`, 'Model of the UPS'),
    fact('xupsIdentSoftwareVersion', `${XUPS}.1.3.0`, 'Firmware of the UPS'),
  ],
};

const PROBE_STATES = {
  1: 'no status',
  2: 'normal',
  3: 'high warning',
  4: 'high critical',
  5: 'low warning',
  6: 'low critical',
  7: 'sensor error',
};
const AKCP_TEMPERATURES = [
  gauge('sensorProbeTempDegree', '°C', `${AKCP}.16.1.3`, 'Temperature of a probe', { absent: [-512] }),
  state('sensorProbeTempStatus', `${AKCP}.16.1.4`, 'Temperature against its limits', PROBE_STATES, { absent: [1] }),
];
const AKCP_HUMIDITIES = [
  gauge('sensorProbeHumidityPercent', '%', `${AKCP}.17.1.3`, 'Relative humidity of a probe'),
  state('sensorProbeHumidityStatus', `${AKCP}.17.1.4`, 'Humidity against its limits', PROBE_STATES, { absent: [1] }),
];
const unit = (...units: readonly number[]) => ({ where: [having(`${STE}.7`, ...units)] });
/** A sensor that is not connected. */
const STE_NONE = [-999, -9999];
const STE_SENSORS = [
  gauge('steTemperature', '°C', `${STE}.5`, 'Temperature of a sensor', { scale: TENTH, absent: STE_NONE, ...unit(1) }),
  gauge('steHumidity', '%', `${STE}.5`, 'Relative humidity of a sensor', {
    scale: TENTH,
    absent: STE_NONE,
    ...unit(4),
  }),
  state('steSensState', `${STE}.3`, 'Sensor against its limits', {
    0: 'invalid',
    1: 'normal',
    2: 'below range',
    3: 'above range',
    4: 'below alarm limit',
    5: 'above alarm limit',
  }),
];

const SURROUNDINGS: Section = {
  metrics: [...AKCP_TEMPERATURES, ...AKCP_HUMIDITIES, ...STE_SENSORS],
  tables: [
    table('sensorProbeTemp', { names: [`${AKCP}.16.1.1`], metrics: names(AKCP_TEMPERATURES) }),
    table('sensorProbeHumidity', { names: [`${AKCP}.17.1.1`], metrics: names(AKCP_HUMIDITIES) }),
    table('steSensors', { names: [`${STE}.2`], metrics: names(STE_SENSORS) }),
  ],
};

export const POWER: readonly Section[] = [STANDARD, APC_SECTION, EATON, SURROUNDINGS];
