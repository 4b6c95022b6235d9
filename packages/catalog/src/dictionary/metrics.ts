/**
 * The metric dictionary itself: every metric name a template, alarm rule or graph may use. What SNMP reads is in
 * `snmp/`, a file for each family of MIBs; a catalog may add its own (`dictionaryOf`). Counters keep the unit of one
 * step; their rates add `/s`.
 */
import type { Metric } from '../model/metrics.ts';
import { APP_METRICS } from './app-metrics.ts';
import { COMPUTED_METRICS } from './computed.ts';
import { SNMP_SECTIONS } from './snmp/sections.ts';

function own(name: string, unit: string, help: string): Metric {
  return { name, kind: 'gauge', unit, help };
}

const PROBES = [
  own('rtt', 'ms', 'Median round-trip time of an ICMP burst'),
  own('rttMin', 'ms', 'Shortest round-trip time of an ICMP burst'),
  own('rttMax', 'ms', 'Longest round-trip time of an ICMP burst'),
  own('rttP95', 'ms', 'Round-trip time 95 % of an ICMP burst of 20 or more answers did not exceed'),
  own('ipdv', 'ms', 'Mean absolute delay variation of consecutive packets of a burst (RFC 3393)'),
  own('loss', 'ratio', 'Lost / sent of an ICMP burst, 0 to 1'),
  own(
    'icmpDuplicates',
    'packets',
    'Answers to a packet of a burst that had been answered; absent while there are none',
  ),
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
  own(
    'snmpTableRows',
    'rows',
    'Rows read of a table, the instance: told when it could not be read whole, with the reason',
  ),
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

/** Facts of pings and paths. */
export const PROBE_FACTS: readonly { readonly name: string; readonly help: string }[] = [
  {
    name: 'route',
    help: 'Routers on the way to the target and itself, `*` for a silent one, `…` where it does not arrive',
  },
  { name: 'icmpAnsweredFrom', help: 'Another address than was asked, from which pings are answered; empty: none' },
  {
    name: 'snmpReason',
    help: 'Why a device, or the table that is the instance, gave nothing or not all; empty: all is well',
  },
  { name: 'pathBlame', help: 'The point of a path to blame and for what (loss, delay); empty: none' },
];

const RESULTS: readonly Metric[] = [
  {
    name: 'availability',
    kind: 'derived',
    unit: 'ratio',
    help: 'Share of the observed time in which the device answered, 0 to 1',
  },
  ...COMPUTED_METRICS.map(({ name, unit, help }): Metric => ({ name, kind: 'derived', unit, help })),
];

/** Every metric, in the order of documentation. */
export const METRICS: readonly Metric[] = [
  ...SNMP_SECTIONS.flatMap(({ metrics }) => metrics),
  ...PROBES,
  ...APP_METRICS,
  ...RESULTS,
];

const byName = new Map(METRICS.map((each) => [each.name, each]));

/** The dictionary's entry, undefined for a name it does not know. */
export function metric(name: string): Metric | undefined {
  return byName.get(name);
}
