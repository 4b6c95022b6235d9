/** Hosts: HOST-RESOURCES-MIB (RFC 2790), UCD-SNMP-MIB, UCD-DISKIO-MIB, LM-SENSORS-MIB, NET-SNMP-EXTEND-MIB. */
import {
  counter,
  fact,
  gauge,
  having,
  HUNDREDTH,
  KIB,
  names,
  state,
  table,
  THOUSANDTH,
  type Section,
} from '../section.ts';

const HR = '1.3.6.1.2.1.25';
const UCD = '1.3.6.1.4.1.2021';
const EXTEND = '1.3.6.1.4.1.8072.1.3.2.3.1';

const STORAGE = [
  gauge('hrStorageAllocationUnits', 'B', `${HR}.2.3.1.4`, 'Bytes of one unit of hrStorageSize and hrStorageUsed'),
  gauge('hrStorageSize', 'units', `${HR}.2.3.1.5`, 'Size in allocation units'),
  gauge('hrStorageUsed', 'units', `${HR}.2.3.1.6`, 'Part in use, in allocation units'),
];

/** hrSWRunType 4: an application. Leaves out the system's own threads, whose names come and go. */
const APPLICATION = [having(`${HR}.4.2.1.6`, 4)];

const PROCESSES = [
  gauge('processCpu', '%', `${HR}.5.1.1.1`, 'Processor time of all processes of a name; 100 is one processor', {
    rate: true,
    // Centiseconds a second are percent.
    where: APPLICATION,
  }),
  gauge('processMemory', 'B', `${HR}.5.1.1.2`, 'Memory of all processes of a name', { scale: KIB, where: APPLICATION }),
];

const raw = (name: string, at: number, help: string) => counter(name, 32, 'ticks', `${UCD}.11.${at}.0`, help);

const UCD_SCALARS = [
  gauge('laLoad1', '1', `${UCD}.10.1.5.1`, 'Load average of one minute', { scale: HUNDREDTH }),
  gauge('laLoad5', '1', `${UCD}.10.1.5.2`, 'Load average of five minutes', { scale: HUNDREDTH }),
  gauge('laLoad15', '1', `${UCD}.10.1.5.3`, 'Load average of fifteen minutes', { scale: HUNDREDTH }),
  gauge('memTotalReal', 'B', `${UCD}.4.5.0`, 'Physical memory', { scale: KIB }),
  gauge('memAvailReal', 'B', `${UCD}.4.6.0`, 'Physical memory unused', { scale: KIB }),
  gauge('memSysAvail', 'B', `${UCD}.4.27.0`, 'Physical memory programs can get, caches that can be given up included', {
    scale: KIB,
  }),
  gauge('memBuffer', 'B', `${UCD}.4.14.0`, 'Memory used as buffers', { scale: KIB }),
  gauge('memCached', 'B', `${UCD}.4.15.0`, 'Memory used as cache', { scale: KIB }),
  gauge('memTotalSwap', 'B', `${UCD}.4.3.0`, 'Swap space', { scale: KIB }),
  gauge('memAvailSwap', 'B', `${UCD}.4.4.0`, 'Swap space unused', { scale: KIB }),
  raw('ssCpuRawUser', 50, 'Processor time of programs, all processors together'),
  raw('ssCpuRawNice', 51, 'Processor time of programs of low priority'),
  raw('ssCpuRawSystem', 52, 'Processor time of the kernel'),
  raw('ssCpuRawIdle', 53, 'Processor time unused'),
  raw('ssCpuRawWait', 54, 'Processor time unused while waiting for input and output'),
  raw('ssCpuRawInterrupt', 56, 'Processor time of interrupts'),
  raw('ssCpuRawSoftIRQ', 61, 'Processor time of soft interrupts'),
  raw('ssCpuRawSteal', 64, 'Processor time the hypervisor gave to others'),
  counter('ssIORawSent', 32, 'blocks', `${UCD}.11.57.0`, 'Blocks sent to block devices'),
  counter('ssIORawReceived', 32, 'blocks', `${UCD}.11.58.0`, 'Blocks received from block devices'),
  counter('ssRawInterrupts', 32, 'interrupts', `${UCD}.11.59.0`, 'Interrupts'),
  counter('ssRawContexts', 32, 'switches', `${UCD}.11.60.0`, 'Context switches'),
  counter('ssRawSwapIn', 32, 'blocks', `${UCD}.11.62.0`, 'Blocks swapped in'),
  counter('ssRawSwapOut', 32, 'blocks', `${UCD}.11.63.0`, 'Blocks swapped out'),
];

const DISKS = [
  gauge('dskPercent', '%', `${UCD}.9.1.9`, 'Share of a file system in use'),
  gauge('dskPercentNode', '%', `${UCD}.9.1.10`, "Share of a file system's inodes in use"),
];

const DISK_IO = [
  counter('diskIOReads', 32, 'operations', `${UCD}.13.15.1.1.5`, 'Reads of a block device'),
  counter('diskIOWrites', 32, 'operations', `${UCD}.13.15.1.1.6`, 'Writes to a block device'),
  counter('diskIONReadX', 64, 'B', `${UCD}.13.15.1.1.12`, 'Octets read from a block device'),
  counter('diskIONWrittenX', 64, 'B', `${UCD}.13.15.1.1.13`, 'Octets written to a block device'),
  gauge('diskIOLA1', '%', `${UCD}.13.15.1.1.9`, 'Time a block device was busy, one-minute average'),
];

/** hrStorageCompactDisc: full by design. */
const NO_DISCS = [{ oid: `${HR}.2.3.1.2`, not: [`${HR}.2.1.7`] }];

const NO_NEEDLESS_DISKS = [{ oid: `${UCD}.13.15.1.1.12`, not: ['0'] }];

export const HOST: Section = {
  metrics: [
    gauge('hrSystemNumUsers', '1', `${HR}.1.5.0`, 'Users with a session on the host'),
    gauge('hrSystemProcesses', '1', `${HR}.1.6.0`, 'Processes loaded or running'),
    gauge('hrMemorySize', 'B', `${HR}.2.2.0`, 'Physical memory', { scale: KIB }),
    ...STORAGE,
    gauge('hrProcessorLoad', '%', `${HR}.3.3.1.2`, 'Time this processor was not idle over the last minute'),
    ...PROCESSES,
    ...UCD_SCALARS,
    ...DISKS,
    ...DISK_IO,
    gauge('lmTempSensorsValue', '°C', `${UCD}.13.16.2.1.3`, 'Temperature of a sensor of the board', {
      scale: THOUSANDTH,
    }),
    gauge('lmFanSensorsValue', 'rpm', `${UCD}.13.16.3.1.3`, 'Speed of a fan'),
    gauge('lmVoltSensorsValue', 'V', `${UCD}.13.16.4.1.3`, 'Voltage of a sensor of the board', { scale: THOUSANDTH }),
    gauge('prCount', 'processes', `${UCD}.2.1.5`, 'Running processes of a name snmpd is told to watch'),
    state('prErrorFlag', `${UCD}.2.1.100`, 'Whether too few or too many of a watched process run', {
      0: 'right',
      1: 'wrong',
    }),
    gauge('nsExtendResult', '1', `${EXTEND}.4`, 'Exit code of a command snmpd runs (extend)'),
    gauge('nsExtendOutput', '1', `${EXTEND}.1`, 'Number at the start of what a command snmpd runs (extend) prints'),
  ],
  facts: [
    fact('hrDeviceDescr', `${HR}.3.2.1.3.1`, "First device of the host's list, in words: of a printer its model"),
    fact('prErrMessage', `${UCD}.2.1.101`, 'What is wrong with a watched process'),
    fact('nsExtendOutput1Line', `${EXTEND}.1`, 'First line of what a command snmpd runs (extend) prints'),
  ],
  tables: [
    table('hrStorage', { names: [`${HR}.2.3.1.3`], where: NO_DISCS, metrics: names(STORAGE) }),
    table('hrProcessor', { numbered: 'CPU', metrics: ['hrProcessorLoad'] }),
    table('hrSWRun', { names: [`${HR}.4.2.1.2`], sum: true, metrics: names(PROCESSES) }),
    table('dskTable', { names: [`${UCD}.9.1.2`], metrics: names(DISKS) }),
    table('diskIO', { names: [`${UCD}.13.15.1.1.2`], where: NO_NEEDLESS_DISKS, metrics: names(DISK_IO) }),
    table('lmTempSensors', { names: [`${UCD}.13.16.2.1.2`], metrics: ['lmTempSensorsValue'] }),
    table('lmFanSensors', { names: [`${UCD}.13.16.3.1.2`], metrics: ['lmFanSensorsValue'] }),
    table('lmVoltSensors', { names: [`${UCD}.13.16.4.1.2`], metrics: ['lmVoltSensorsValue'] }),
    table('prTable', { names: [`${UCD}.2.1.2`], metrics: ['prCount', 'prErrorFlag'], facts: ['prErrMessage'] }),
    table('nsExtendOutput', {
      textIndex: true,
      metrics: ['nsExtendResult', 'nsExtendOutput'],
      facts: ['nsExtendOutput1Line'],
    }),
  ],
};
