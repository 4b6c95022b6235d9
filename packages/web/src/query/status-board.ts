/**
 * When each device was last heard, refreshed every few seconds from the stores for all pages at once.
 * On the same turn the active alarms are compared with what the stores say. While no store answers
 * the board keeps its times, which then age into "unknown": what is stale is not fine.
 */
import { repeat, type Log, type RepeatedPart } from '@kaiku/core';
import { PROBE_STATUS, seriesId, type AlarmEvent } from '@kaiku/protocol';
import type { LatestValue } from '@kaiku/store';
import { availabilityProofs, type DescribedDevice } from '@kaiku/catalog';
import type { AlarmBook } from '../live/alarm-book.ts';
import { staleAfterMs, type Directory } from './directory.ts';
import { judge, type DeviceState } from './level.ts';
import type { Reader } from './reader.ts';

const EVERY_MS = 5000;
const LOOK_BACK_MS = 24 * 3_600_000;

export interface StatusBoardOptions {
  readonly reader: Reader;
  readonly directory: () => Directory;
  readonly book: AlarmBook;
  readonly now: () => number;
  readonly log: Log;
  /** Hears what the stores say is active. */
  readonly onAlarms: (events: readonly AlarmEvent[]) => void;
}

export interface StatusBoard extends RepeatedPart {
  states(devices: readonly DescribedDevice[], nowMs: number): ReadonlyMap<string, DeviceState>;
  /** When the stores last answered; undefined: not yet. */
  readonly readMs: number | undefined;
}

interface Seen {
  readonly ms: number;
  readonly answering: boolean;
}

export function statusBoard({ reader, directory, book, now, log, onAlarms }: StatusBoardOptions): StatusBoard {
  let seen: ReadonlyMap<string, Seen> = new Map();
  let readMs: number | undefined;
  let away = false;

  const turn = async (): Promise<void> => {
    try {
      const events = await reader.read('active alarms', (store) => store.read.activeAlarms());
      onAlarms(events);
      const owners = proofs(directory());
      if (owners.size > 0) {
        const ids = [...owners.values()].flat(2);
        const wanted = [...new Set(ids)].map((id) => ({ id, kind: 'gauge' as const }));
        const latest = await reader.read('newest samples', (store) => store.read.latest(wanted, now() - LOOK_BACK_MS));
        seen = newest(latest, owners);
      }
      readMs = now();
      if (away) log.info('the stores answer again');
      away = false;
    } catch (error) {
      if (!away) log.warn({ err: error }, 'no store answers; pages show what is known');
      away = true;
    }
  };
  const part = repeat({ name: 'status board', everyMs: EVERY_MS, run: turn, log });

  return {
    ...part,
    get readMs() {
      return readMs;
    },
    states: (devices, nowMs) => {
      const alarms = Map.groupBy(book.active(), (alarm) => alarm.entity);
      return new Map(
        devices.map((entry) => {
          const { id } = entry.device;
          const own = alarms.get(id) ?? [];
          const state = judge({
            severities: own.map((alarm) => alarm.severity),
            unacknowledged: own.filter((alarm) => alarm.acknowledged === undefined).length,
            seenMs: seen.get(id)?.ms,
            answering: seen.get(id)?.answering,
            staleAfterMs: staleAfterMs(entry),
            nowMs,
          });
          return [id, state];
        }),
      );
    },
  };
}

/** By device the series of each of its proofs. */
type Proofs = ReadonlyMap<string, readonly (readonly bigint[])[]>;

function proofs(directory: Directory): Proofs {
  const out = new Map<string, readonly (readonly bigint[])[]>();
  for (const [entity, { template }] of directory.devices) {
    const own = availabilityProofs(template).map(({ series }) =>
      series.map(({ metric, instance }) => seriesId({ entity, metric, instance })),
    );
    if (own.length > 0) out.set(entity, own);
  }
  return out;
}

/** Per device its newest proof; of two an answer counts more than a failure of the same minute. */
export function newest(latest: readonly LatestValue[], owners: Proofs): ReadonlyMap<string, Seen> {
  const byId = new Map(latest.map((each) => [each.series, each]));
  const out = new Map<string, Seen>();
  for (const [device, own] of owners) {
    for (const series of own) {
      // What an agent had no time for was not observed.
      const seen = series.flatMap((id) => byId.get(id) ?? []).filter(({ status }) => status !== PROBE_STATUS.missed);
      if (seen.length === 0) continue;
      // A proof holds while all of its checks succeed.
      const now = { ms: Math.max(...seen.map(({ ts }) => ts)), answering: seen.every(({ status }) => status === 0) };
      const before = out.get(device);
      const wins =
        before === undefined ||
        (now.answering && !before.answering && now.ms > before.ms - 90_000) ||
        (now.answering === before.answering && now.ms > before.ms) ||
        (!now.answering && before.answering && now.ms > before.ms + 90_000);
      if (wins) out.set(device, now);
    }
  }
  return out;
}
