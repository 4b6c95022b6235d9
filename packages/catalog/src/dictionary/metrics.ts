/**
 * The metric dictionary itself: every metric name a template, alarm rule or graph may use.
 * Sources: RFC 3418 (system), RFC 2863 (IF-MIB), RFC 2790 (HOST-RESOURCES), RFC 1628 (UPS-MIB),
 * RFC 3805 (Printer-MIB), UCD-SNMP-MIB. Counters keep the unit of one step; their rates add `/s`.
 */
import type { Metric } from '../model/metrics.ts';
import { APP_METRICS } from './app-metrics.ts';

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const HR = '1.3.6.1.2.1.25';
const UCD = '1.3.6.1.4.1.2021';
const UPS = '1.3.6.1.2.1.33.1';
const PRT = '1.3.6.1.2.1.43';

function counter(name: string, bits: 32 | 64, unit: string, oid: string, help: string): Metric {
  return { name, kind: 'counter', unit, help, snmp: { oid, bits } };
}

function gauge(name: string, unit: string, oid: string, help: string, scale?: number): Metric {
  return { name, kind: 'gauge', unit, help, snmp: { oid }, ...(scale === undefined ? {} : { scale }) };
}

function own(name: string, unit: string, help: string): Metric {
  return { name, kind: 'gauge', unit, help };
}

/** Result of an analyzer, one value per window. */
function derived(name: string, unit: string, help: string): Metric {
  return { name, kind: 'derived', unit, help };
}

const KIB = 1024;
const HUNDREDTH = 0.01;

const SYSTEM = [
  gauge('sysUpTime', 's', '1.3.6.1.2.1.1.3.0', 'Time since the management agent of the device started', HUNDREDTH),
  gauge('hrSystemNumUsers', '1', `${HR}.1.5.0`, 'Users with a session on the host'),
  gauge('hrSystemProcesses', '1', `${HR}.1.6.0`, 'Processes loaded or running'),
  gauge('tcpCurrEstab', '1', '1.3.6.1.2.1.6.9.0', 'TCP connections established or closing'),
];

const INTERFACES = [
  counter('ifHCInOctets', 64, 'B', `${IFX}.6`, 'Octets received, framing included'),
  counter('ifHCOutOctets', 64, 'B', `${IFX}.10`, 'Octets sent, framing included'),
  counter('ifHCInUcastPkts', 64, 'packets', `${IFX}.7`, 'Unicast packets received and delivered'),
  counter('ifHCOutUcastPkts', 64, 'packets', `${IFX}.11`, 'Unicast packets asked to be sent'),
  counter('ifInErrors', 32, 'packets', `${IF}.14`, 'Packets received with errors, not delivered'),
  counter('ifOutErrors', 32, 'packets', `${IF}.20`, 'Packets that could not be sent because of errors'),
  counter('ifInDiscards', 32, 'packets', `${IF}.13`, 'Packets received without error but discarded'),
  counter('ifOutDiscards', 32, 'packets', `${IF}.19`, 'Packets to be sent but discarded'),
  counter('ifInOctets', 32, 'B', `${IF}.10`, 'Octets received; wraps in 5.7 min at 100 Mbit/s, 34 s at 1 Gbit/s'),
  counter('ifOutOctets', 32, 'B', `${IF}.16`, 'Octets sent; wraps in 5.7 min at 100 Mbit/s, 34 s at 1 Gbit/s'),
  gauge('ifHighSpeed', 'bit/s', `${IFX}.15`, 'Nominal speed; 0 where there is no notion of it', 1e6),
  gauge('ifSpeed', 'bit/s', `${IF}.5`, 'Nominal speed, capped at 4294967295'),
  gauge(
    'ifOperStatus',
    'state',
    `${IF}.8`,
    '1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 absent, 7 lower layer down',
  ),
  gauge('ifAdminStatus', 'state', `${IF}.7`, 'Wanted state: 1 up, 2 down, 3 testing'),
];

const HOST = [
  gauge('hrStorageAllocationUnits', 'B', `${HR}.2.3.1.4`, 'Bytes of one unit of hrStorageSize and hrStorageUsed'),
  gauge('hrStorageSize', 'units', `${HR}.2.3.1.5`, 'Size in allocation units'),
  gauge('hrStorageUsed', 'units', `${HR}.2.3.1.6`, 'Part in use, in allocation units'),
  gauge('hrProcessorLoad', '%', `${HR}.3.3.1.2`, 'Time this processor was not idle over the last minute'),
  gauge('laLoad1', '1', `${UCD}.10.1.5.1`, 'Load average of one minute', HUNDREDTH),
  gauge('laLoad5', '1', `${UCD}.10.1.5.2`, 'Load average of five minutes', HUNDREDTH),
  gauge('laLoad15', '1', `${UCD}.10.1.5.3`, 'Load average of fifteen minutes', HUNDREDTH),
  gauge('memTotalReal', 'B', `${UCD}.4.5.0`, 'Physical memory', KIB),
  gauge('memAvailReal', 'B', `${UCD}.4.6.0`, 'Physical memory unused', KIB),
  gauge('memBuffer', 'B', `${UCD}.4.14.0`, 'Memory used as buffers', KIB),
  gauge('memCached', 'B', `${UCD}.4.15.0`, 'Memory used as cache', KIB),
];

const POWER = [
  gauge('upsBatteryStatus', 'state', `${UPS}.2.1.0`, '1 unknown, 2 normal, 3 low, 4 depleted'),
  gauge('upsSecondsOnBattery', 's', `${UPS}.2.2.0`, 'Time on battery; 0 on mains'),
  gauge('upsEstimatedMinutesRemaining', 'min', `${UPS}.2.3.0`, 'Time the battery lasts under the present load'),
  gauge('upsEstimatedChargeRemaining', '%', `${UPS}.2.4.0`, 'Charge of the battery'),
  gauge('upsBatteryTemperature', '°C', `${UPS}.2.7.0`, 'Temperature at the battery'),
  gauge('upsOutputPercentLoad', '%', `${UPS}.4.4.1.5.1`, 'Share of the power capacity in use'),
];

const PRINTING = [
  gauge('hrPrinterStatus', 'state', `${HR}.3.5.1.1.1`, '1 other, 2 unknown, 3 idle, 4 printing, 5 warming up'),
  counter('prtMarkerLifeCount', 32, 'pages', `${PRT}.10.2.1.4.1.1`, 'Pages marked in the life of the printer'),
  gauge('prtMarkerSuppliesMaxCapacity', 'units', `${PRT}.11.1.1.8`, 'Capacity; -1 other, -2 unknown'),
  gauge('prtMarkerSuppliesLevel', 'units', `${PRT}.11.1.1.9`, 'Level; -1 other, -2 unknown, -3 some remains'),
];

const PROBES = [
  own('rtt', 'ms', 'Median round-trip time of an ICMP burst'),
  own('rttMin', 'ms', 'Shortest round-trip time of an ICMP burst'),
  own('rttMax', 'ms', 'Longest round-trip time of an ICMP burst'),
  own('rttP95', 'ms', 'Round-trip time 95 % of an ICMP burst of 20 or more answers did not exceed'),
  own('ipdv', 'ms', 'Mean absolute delay variation of consecutive packets of a burst (RFC 3393)'),
  own('loss', 'ratio', 'Lost / sent of an ICMP burst, 0 to 1'),
  own('icmpDuplicates', 'packets', 'Answers to a packet of a burst that had been answered; absent while there are none'),
  own('icmpReordered', 'packets', 'Answers that came after one to a later packet; absent while there are none'),
  own('voiceR', '1', 'Rating factor of a call over this path (ITU-T G.107), 93.2 at best'),
  own('voiceMos', '1', 'Mean opinion score of a call over this path, 1 to 4.5'),
  own('pathRtt', 'ms', 'Median round-trip time to the last point of a path'),
  own('pathLoss', 'ratio', 'Lost / sent to the last point of a path, 0 to 1'),
  own('hopRtt', 'ms', 'Median round-trip time to a point of a path; the instance is the point'),
  own('hopLoss', 'ratio', 'Lost / sent to a point of a path, 0 to 1; the instance is the point'),
  own('hopDelay', 'ms', 'What a point of a path adds to the round-trip time of the one before, 0 at least'),
  own('pathBlame', '1', 'The point of a path to blame for loss or delay, counted from 1; 0: none'),
  own('snmpRtt', 'ms', "Response time of the device's SNMP agent to the first request of a cycle"),
  own('agentRss', 'B', 'Resident memory of a Kaiku agent'),
  own('agentBacklog', 'batches', 'Batches sealed but not yet acknowledged by every logger'),
  own('agentFenced', '1', '1 while a second agent under the same name is kept out, else 0'),
  own('agentClockOffset', 's', 'Clock of the centre minus clock of the agent'),
  own('agentBufferDaysLeft', 'd', 'Days of samples the buffer can still take before the oldest go'),
  own('agentLostBatches', 'batches', 'Sealed batches the agent can no longer give'),
  own('partReady', '1', '1 while a part of Kaiku reports itself ready, else 0'),
  own('partRss', 'B', 'Resident memory of a part of Kaiku'),
  own('loggerLag', 'batches', 'Batches the broker holds for a logger'),
  own('loggerGaps', 'batches', 'Batches missing in the store and asked for from their agents'),
  own('loggerLostDay', 'batches', 'Batches recorded as lost for good within the last 24 hours'),
  own('loggerQuarantinedDay', 'batches', 'Batches put into quarantine within the last 24 hours'),
  own('loggerAuditAge', 's', 'Time since everything was last compared with the agents'),
  {
    name: 'agentSlotsMissed',
    kind: 'counter',
    unit: 'slots',
    help: 'Slots that should have been sampled but were not',
  },
] as const satisfies readonly Metric[];

const RESULTS = [
  derived('availability', 'ratio', 'Share of the observed time in which the device answered, 0 to 1'),
  derived('ifInUtilization', '%', '100 * 8 * rate of ifHCInOctets / ifHighSpeed'),
  derived('ifOutUtilization', '%', '100 * 8 * rate of ifHCOutOctets / ifHighSpeed'),
  derived('storageUsedPercent', '%', '100 * hrStorageUsed / hrStorageSize'),
  derived('suppliesPercent', '%', '100 * prtMarkerSuppliesLevel / prtMarkerSuppliesMaxCapacity'),
];

/** Every metric, in the order of documentation. */
export const METRICS: readonly Metric[] = [
  ...SYSTEM,
  ...INTERFACES,
  ...HOST,
  ...POWER,
  ...PRINTING,
  ...PROBES,
  ...APP_METRICS,
  ...RESULTS,
];

const byName = new Map(METRICS.map((each) => [each.name, each]));

/** The dictionary's entry, undefined for a name it does not know. */
export function metric(name: string): Metric | undefined {
  return byName.get(name);
}
