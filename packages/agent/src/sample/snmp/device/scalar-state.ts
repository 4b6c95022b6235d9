/**
 * The single objects of one `snmp-get` check of one device: what is kept between polls, and what an answer
 * becomes. An object the device does not have is a failed probe with status `unsupported`.
 */
import { PROBE_STATUS, type ProbeStatus } from '@kaiku/protocol';
import type { CheckPlan } from '@kaiku/catalog';
import type { Collector, SeriesRef } from '../../collector.ts';
import { oidBytes } from '../codec/oid.ts';
import type { Name } from '../codec/pdu.ts';
import { counterValue, gaugeValue, isAbsent, textValue } from '../codec/value.ts';
import { CounterTrack, NO_LIMIT } from './counter-track.ts';
import type { DeviceTime } from './device-clock.ts';
import { readerOf, type Reader } from './meaning.ts';

type GetCheck = Extract<CheckPlan, { check: 'snmp-get' }>;

/** A value where it stands in its message. */
export interface ValuePlace {
  readonly tag: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export interface ScalarItem extends Name {
  /** Asked again only after this time (performance.now()), of this status until then: the device said no to it by name. */
  restUntilMs: number;
  restStatus: ProbeStatus;
  record(value: ValuePlace, time: DeviceTime, slotMs: number, collector: Collector): void;
  /** It could not be read. */
  fail(status: ProbeStatus, slotMs: number, collector: Collector): void;
}

export class ScalarState {
  readonly items: readonly ScalarItem[];

  constructor(entity: string, check: GetCheck, collector: Collector) {
    this.items = [
      ...check.metrics.map((plan): ScalarItem => {
        const { oid, name, kind, bits } = plan;
        const series = collector.series({ entity, metric: name, instance: '' }, kind);
        return {
          ...open(oid),
          ...(kind === 'counter' ? counterItem(series, bits) : gaugeItem(series, readerOf(plan))),
        };
      }),
      ...check.facts.map(({ oid, name }): ScalarItem => ({
        ...open(oid),
        record: ({ tag, bytes, start, end }, _time, slotMs, sink) => {
          if (!isAbsent(tag)) sink.fact(entity, name, '', slotMs, textValue(tag, bytes, start, end));
        },
        fail: () => undefined,
      })),
    ];
  }
}

function open(oid: string): Pick<ScalarItem, 'oid' | 'restUntilMs' | 'restStatus'> {
  return { oid: oidBytes(oid), restUntilMs: -Infinity, restStatus: 'unsupported' };
}

type Recording = Pick<ScalarItem, 'record' | 'fail'>;

function counterItem(series: SeriesRef, bits: 32 | 64): Recording {
  const track = new CounterTrack(series, bits);
  return {
    record: ({ tag, bytes, start, end }, time, slotMs, sink) => {
      const value = counterValue(tag, bytes, start, end);
      if (value !== undefined) track.record(sink, slotMs, value, time, NO_LIMIT);
    },
    fail: () => undefined,
  };
}

function gaugeItem(series: SeriesRef, read: Reader): Recording {
  const fail: Recording['fail'] = (status, slotMs, sink) =>
    sink.gauge(series, slotMs, Number.NaN, PROBE_STATUS[status]);
  return {
    fail,
    record: ({ tag, bytes, start, end }, _time, slotMs, sink) => {
      if (isAbsent(tag)) {
        fail('unsupported', slotMs, sink);
        return;
      }
      const value = read(gaugeValue(tag, bytes, start, end), () => textValue(tag, bytes, start, end));
      if (value === undefined) return;
      if (Number.isNaN(value)) fail('malformed', slotMs, sink);
      else sink.gauge(series, slotMs, value, PROBE_STATUS.ok);
    },
  };
}
