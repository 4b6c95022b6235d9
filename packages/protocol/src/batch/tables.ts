/**
 * The tables a batch can carry and their columns, in wire order. Store migrations, agents and
 * loggers agree through this file; a change here is a new format version.
 * Documented in docs/formats/batch-v1.md.
 */
import type { ColumnSpec } from '../bytes/native.ts';

const TIME = "DateTime64(3, 'UTC')";

/** Gauge-like values; `status` 0 is a value, anything else a failed probe (value is NaN). */
const gauge = [
  { name: 'series', type: 'UInt64' },
  { name: 'ts', type: TIME },
  { name: 'agent', type: 'UInt64' },
  { name: 'value', type: 'Float64' },
  { name: 'status', type: 'UInt8' },
] as const satisfies readonly ColumnSpec[];

/** Raw counter readings; `interval_ms` and `verdict` describe the step from the reading before. */
const counter = [
  { name: 'series', type: 'UInt64' },
  { name: 'ts', type: TIME },
  { name: 'agent', type: 'UInt64' },
  { name: 'value', type: 'UInt64' },
  { name: 'interval_ms', type: 'UInt32' },
  { name: 'verdict', type: 'UInt8' },
] as const satisfies readonly ColumnSpec[];

/** Series descriptions: what a series id means. Sent when first seen and once a day. */
const series = [
  { name: 'series', type: 'UInt64' },
  { name: 'entity', type: 'String' },
  { name: 'metric', type: 'String' },
  { name: 'instance', type: 'String' },
  { name: 'kind', type: 'UInt8' },
  { name: 'seen', type: TIME },
] as const satisfies readonly ColumnSpec[];

/** Facts: slowly changing text about an entity (sysDescr, ifAlias, serial number). */
const fact = [
  { name: 'entity', type: 'String' },
  { name: 'name', type: 'String' },
  { name: 'instance', type: 'String' },
  { name: 'ts', type: TIME },
  { name: 'value', type: 'String' },
] as const satisfies readonly ColumnSpec[];

/** Results of analyzers: one value per series and window. The highest `version` wins. */
const derived = [
  { name: 'series', type: 'UInt64' },
  { name: 'ts', type: TIME },
  { name: 'window_ms', type: 'UInt32' },
  { name: 'value', type: 'Float64' },
  { name: 'observed', type: 'Float64' },
  { name: 'final', type: 'UInt8' },
  { name: 'version', type: 'UInt64' },
] as const satisfies readonly ColumnSpec[];

/** Alarm events: identity (alarm, ts, event). The highest `token` wins. */
const alarm_event = [
  { name: 'alarm', type: 'UInt64' },
  { name: 'ts', type: TIME },
  { name: 'event', type: 'String' },
  { name: 'entity', type: 'String' },
  { name: 'rule', type: 'String' },
  { name: 'instance', type: 'String' },
  { name: 'severity', type: 'String' },
  { name: 'value', type: 'Float64' },
  { name: 'message', type: 'String' },
  { name: 'actor', type: 'String' },
  { name: 'token', type: 'UInt64' },
] as const satisfies readonly ColumnSpec[];

/** What devices said by themselves (traps, syslog) and what an agent saw change. Identity: (ts, agent, id). Since version 3. */
const event = [
  { name: 'id', type: 'UInt64' },
  { name: 'ts', type: TIME },
  { name: 'agent', type: 'UInt64' },
  { name: 'entity', type: 'String' },
  { name: 'source', type: 'String' },
  { name: 'kind', type: 'String' },
  { name: 'name', type: 'String' },
  { name: 'severity', type: 'UInt8' },
  { name: 'message', type: 'String' },
  { name: 'fields', type: 'String' },
  { name: 'raw', type: 'String' },
] as const satisfies readonly ColumnSpec[];

export const BATCH_TABLES = { gauge, counter, series, fact, derived, alarm_event, event } as const;

export type BatchTable = keyof typeof BATCH_TABLES;

export const BATCH_TABLE_NAMES = Object.keys(BATCH_TABLES) as readonly BatchTable[];

/** Why a probe gave no value; `ok` is 0. Never renumber: stored. */
export const PROBE_STATUS = {
  ok: 0,
  timeout: 1,
  unreachable: 2,
  refused: 3,
  malformed: 4,
  unsupported: 5,
  denied: 6,
  missed: 7,
  error: 8,
} as const;
export type ProbeStatus = keyof typeof PROBE_STATUS;

/** What kind of values a series has. Never renumber: stored. */
export const SERIES_KIND = { gauge: 0, counter: 1, derived: 2 } as const;
export type SeriesKind = keyof typeof SERIES_KIND;
