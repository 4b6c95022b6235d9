/**
 * When each device was last heard, refreshed every few seconds from the stores for all pages at once.
 * On the same turn the active alarms are compared with what the stores say. While no store answers
 * the board keeps its times, which then age into "unknown": what is stale is not fine.
 */
import { repeat, type Log, type RepeatedPart } from '@kaiku/core';
import { seriesId, type AlarmEvent } from '@kaiku/protocol';
import type { LatestValue } from '@kaiku/store';
import { availabilitySeries, type DescribedDevice } from '@kaiku/catalog';
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
        const wanted = [...owners.keys()].map((id) => ({ id, kind: 'gauge' as const }));
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

/** Series that prove a device is there, and whose they are. */
function proofs(directory: Directory): ReadonlyMap<bigint, string> {
  const owners = new Map<bigint, string>();
  for (const [entity, { template }] of directory.devices)
    for (const proof of availabilitySeries(template)) owners.set(seriesId({ entity, ...proof }), entity);
  return owners;
}

/** Per device the newest sample; of two proofs an answer counts more than a failure of the same minute. */
function newest(latest: readonly LatestValue[], owners: ReadonlyMap<bigint, string>): ReadonlyMap<string, Seen> {
  const out = new Map<string, Seen>();
  for (const { series, ts, status } of latest) {
    const device = owners.get(series);
    if (device === undefined) continue;
    const before = out.get(device);
    const answering = status === 0;
    const wins =
      before === undefined ||
      (answering && !before.answering && ts > before.ms - 90_000) ||
      (answering === before.answering && ts > before.ms) ||
      (!answering && before.answering && ts > before.ms + 90_000);
    if (wins) out.set(device, { ms: ts, answering });
  }
  return out;
}
