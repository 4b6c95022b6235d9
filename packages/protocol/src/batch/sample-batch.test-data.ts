/** The batch of the golden files: every table, every column type, in fixed values. Used by tests only. */
import { agentId, seriesId } from './series-id.ts';
import { eventRows } from './event-rows.ts';
import { alarmEventRows, derivedRows, factRows, seriesRows } from './rows.ts';
import { sealBatch, type SealedBatch, type TableRows } from './envelope.ts';
import type { BatchVersion } from './header.ts';
import { PROBE_STATUS } from './tables.ts';
import { VERDICT } from '../measure/counter.ts';

export const SAMPLE_AGENT = 'agent-hki';
const FIRST_MS = Date.UTC(2026, 0, 15, 12, 0, 0);
const LAST_MS = FIRST_MS + 30_000;

const rtt = { entity: 'hel-core-1', metric: 'rtt', instance: '' };
const octets = { entity: 'hel-core-1', metric: 'ifHCInOctets', instance: 'Gi1/0/1' };

export const SAMPLE_TABLES: readonly TableRows[] = [
  {
    table: 'gauge',
    rows: 2,
    data: [
      new BigUint64Array(2).fill(seriesId(rtt)),
      new BigInt64Array([BigInt(FIRST_MS), BigInt(LAST_MS)]),
      new BigUint64Array(2).fill(agentId(SAMPLE_AGENT)),
      new Float64Array([1.25, Number.NaN]),
      new Uint8Array([PROBE_STATUS.ok, PROBE_STATUS.timeout]),
    ],
  },
  {
    table: 'counter',
    rows: 2,
    data: [
      new BigUint64Array(2).fill(seriesId(octets)),
      new BigInt64Array([BigInt(FIRST_MS), BigInt(LAST_MS)]),
      new BigUint64Array(2).fill(agentId(SAMPLE_AGENT)),
      new BigUint64Array([18_446_744_073_709_551_000n, 12_345n]),
      new Uint32Array([0, 30_000]),
      new Uint8Array([VERDICT.unknown, VERDICT.reset]),
    ],
  },
  seriesRows(
    [
      { ...rtt, kind: 'gauge' },
      { ...octets, kind: 'counter' },
    ],
    FIRST_MS,
  ),
  factRows([{ entity: 'hel-core-1', name: 'sysDescr', instance: '', tsMs: FIRST_MS, value: 'Cisco IOS, höyry ☕' }]),
  derivedRows([
    {
      series: seriesId({ ...rtt, metric: 'availability' }),
      tsMs: FIRST_MS,
      windowMs: 60_000,
      value: 0.5,
      observed: 1,
      final: true,
      version: 65_537n,
    },
  ]),
  alarmEventRows([
    {
      v: 1,
      alarm: '12345678901234567890',
      tsMs: LAST_MS,
      event: 'raised',
      entity: 'hel-core-1',
      rule: 'rtt-high',
      instance: '',
      severity: 'major',
      value: null,
      message: 'no answer',
      actor: 'analyzer',
      token: 3,
    },
  ]),
];

/** Version 3: the same and an event. */
export const sampleTables = (version: BatchVersion): readonly TableRows[] =>
  version < 3 ? SAMPLE_TABLES : [...SAMPLE_TABLES, SAMPLE_EVENT];

const SAMPLE_EVENT = eventRows(
  SAMPLE_AGENT,
  [
    {
      tsMs: LAST_MS,
      entity: 'hel-core-1',
      source: '192.0.2.7',
      kind: 'trap',
      name: 'linkDown',
      severity: 4,
      message: 'linkDown ifIndex=3 höyry',
      fields: { ifIndex: '3' },
      raw: Uint8Array.of(0x30, 0x00, 0xff),
    },
  ],
  [7n],
);

export function sampleBatch(version: BatchVersion = 1): SealedBatch {
  return sealBatch(
    {
      agent: SAMPLE_AGENT,
      epoch: FIRST_MS,
      seq: 42,
      firstMs: FIRST_MS,
      lastMs: LAST_MS,
      sealedMs: LAST_MS + 1000,
      missedSlots: 1,
      clock: { offsetMs: -3.5, monotonicMs: 123_456.75 },
    },
    sampleTables(version),
    version,
  );
}
