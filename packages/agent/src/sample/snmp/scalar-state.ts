/**
 * The single objects of one `snmp-get` check of one device: what is kept between polls, and what an answer
 * becomes. An object the device does not have is a failed probe with status `unsupported`.
 */
import { PROBE_STATUS } from '@kaiku/protocol';
import type { CheckPlan } from '@kaiku/catalog';
import type { Collector, SeriesRef } from '../collector.ts';
import { CounterTrack } from './counter-track.ts';
import type { DeviceTime } from './device-clock.ts';
import { counterValue, gaugeValue, isAbsent, textValue } from './values.ts';
import type { Varbind } from './session.ts';

export type GetCheck = Extract<CheckPlan, { check: 'snmp-get' }>;

interface Item {
  readonly oid: string;
  readonly record: (varbind: Varbind, time: DeviceTime, slotMs: number, collector: Collector) => void;
}

export class ScalarState {
  readonly items: readonly Item[];

  constructor(entity: string, check: GetCheck, collector: Collector) {
    this.items = [
      ...check.metrics.map(({ oid, name, kind, bits, scale }): Item => {
        const series = collector.series({ entity, metric: name, instance: '' }, kind);
        return kind === 'counter' ? counterItem(oid, series, bits) : gaugeItem(oid, series, scale);
      }),
      ...check.facts.map(({ oid, name }): Item => ({
        oid,
        record: (varbind, _time, slotMs, sink) => {
          if (!isAbsent(varbind)) sink.fact(entity, name, '', slotMs, textValue(varbind));
        },
      })),
    ];
  }
}

function counterItem(oid: string, series: SeriesRef, bits: 32 | 64): Item {
  const track = new CounterTrack(series, bits);
  return {
    oid,
    record: (varbind, time, slotMs, sink) => {
      const value = counterValue(varbind);
      if (value !== undefined) track.record(sink, slotMs, value, time, 0);
    },
  };
}

function gaugeItem(oid: string, series: SeriesRef, scale: number): Item {
  return {
    oid,
    record: (varbind, _time, slotMs, sink) => {
      if (isAbsent(varbind)) {
        sink.gauge(series, slotMs, Number.NaN, PROBE_STATUS.unsupported);
        return;
      }
      const value = gaugeValue(varbind) * scale;
      sink.gauge(series, slotMs, value, Number.isNaN(value) ? PROBE_STATUS.malformed : PROBE_STATUS.ok);
    },
  };
}
