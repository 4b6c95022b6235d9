/** Builders of TableRows from a few records: for what is low in volume (descriptions, results, alarm events). */
import type { AlarmEvent } from '../wire/messages.ts';
import type { TableRows } from './envelope.ts';
import { seriesId, type SeriesName } from './series-id.ts';
import { SERIES_KIND, type SeriesKind } from './tables.ts';

export interface SeriesDescription extends SeriesName {
  readonly kind: SeriesKind;
}

/** Rows that say what series ids mean. */
export function seriesRows(descriptions: readonly SeriesDescription[], seenMs: number): TableRows {
  return {
    table: 'series',
    rows: descriptions.length,
    data: [
      BigUint64Array.from(descriptions, seriesId),
      descriptions.map((each) => each.entity),
      descriptions.map((each) => each.metric),
      descriptions.map((each) => each.instance),
      Uint8Array.from(descriptions, (each) => SERIES_KIND[each.kind]),
      new BigInt64Array(descriptions.length).fill(BigInt(seenMs)),
    ],
  };
}

export interface FactRecord {
  readonly entity: string;
  readonly name: string;
  readonly instance: string;
  readonly tsMs: number;
  readonly value: string;
}

export function factRows(facts: readonly FactRecord[]): TableRows {
  return {
    table: 'fact',
    rows: facts.length,
    data: [
      facts.map((each) => each.entity),
      facts.map((each) => each.name),
      facts.map((each) => each.instance),
      BigInt64Array.from(facts, (each) => BigInt(each.tsMs)),
      facts.map((each) => each.value),
    ],
  };
}

export interface DerivedRecord {
  readonly series: bigint;
  readonly tsMs: number;
  readonly windowMs: number;
  readonly value: number;
  /** Fraction of the window that could be observed, 0..1. */
  readonly observed: number;
  readonly final: boolean;
  /** The highest wins: lease token times 2^16 plus revision within the lease. */
  readonly version: bigint;
}

export function derivedRows(results: readonly DerivedRecord[]): TableRows {
  return {
    table: 'derived',
    rows: results.length,
    data: [
      BigUint64Array.from(results, (each) => each.series),
      BigInt64Array.from(results, (each) => BigInt(each.tsMs)),
      Uint32Array.from(results, (each) => each.windowMs),
      Float64Array.from(results, (each) => each.value),
      Float64Array.from(results, (each) => each.observed),
      Uint8Array.from(results, (each) => (each.final ? 1 : 0)),
      BigUint64Array.from(results, (each) => each.version),
    ],
  };
}

export function alarmEventRows(events: readonly AlarmEvent[]): TableRows {
  return {
    table: 'alarm_event',
    rows: events.length,
    data: [
      BigUint64Array.from(events, (each) => BigInt(each.alarm)),
      BigInt64Array.from(events, (each) => BigInt(each.tsMs)),
      events.map((each) => each.event),
      events.map((each) => each.entity),
      events.map((each) => each.rule),
      events.map((each) => each.instance),
      events.map((each) => each.severity),
      Float64Array.from(events, (each) => each.value ?? Number.NaN),
      events.map((each) => each.message),
      events.map((each) => each.actor),
      BigUint64Array.from(events, (each) => BigInt(each.token)),
    ],
  };
}
