/**
 * Puts the parts of a web server together, whatever stands behind them: main.ts gives it the real
 * broker and stores, tests give it a fixture.
 *
 * ```
 *  broker messages ─▶ alarm book ─▶ hub ─▶ browsers
 *  stores ─▶ pool ─▶ status board ──┘ (heals)
 *           └──────▶ reader ─▶ pages, images, API
 * ```
 */
import type { Mibs } from '@kaiku/catalog/mib';
import type { Log, Metrics } from '@kaiku/core';
import type { AlarmEvent } from '@kaiku/protocol';
import type { StorePool } from '@kaiku/store';
import { createActs, type ActChannel } from './act/acts.ts';
import { failureLimit } from './auth/rate-limit.ts';
import { createSessions } from './auth/sessions.ts';
import { readAssets } from './http/assets.ts';
import { alarmBook, type Alarm } from './live/alarm-book.ts';
import { alarmMessages } from './live/alarm-message.ts';
import { liveHub } from './live/hub.ts';
import { partBook } from './live/part-book.ts';
import type { Feeds, Portal } from './portal.ts';
import type { Directory } from './query/directory.ts';
import { createReader } from './query/reader.ts';
import { statusBoard } from './query/status-board.ts';

export interface PortalSources {
  readonly name: string;
  readonly title: string;
  readonly timeZone: string;
  readonly behindProxy: boolean;
  readonly secret: Uint8Array;
  readonly pool: StorePool;
  readonly brokerConnected: () => boolean;
  readonly channel: () => ActChannel | undefined;
  readonly directory: () => Directory;
  readonly mibs: () => Mibs | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly now: () => number;
}

/** Wrong passwords allowed: of one name in 5 minutes, of one address in 5 minutes. */
const TRIES_PER_NAME = 8;
const TRIES_PER_ADDRESS = 60;
const TRIES_WINDOW_MS = 5 * 60_000;
/** Streams: bounded by memory (some 20 kB each); one person on many screens and tabs stays below 40. */
const MAX_STREAMS = 2000;
const MAX_STREAMS_PER_USER = 40;

export interface RunningPortal {
  readonly portal: Portal;
  /** Takes a live message: in the browsers within the same turn. */
  readonly onAlarmEvent: (event: AlarmEvent) => void;
}

export function createPortal(sources: PortalSources): RunningPortal {
  const { name, title, timeZone, behindProxy, pool, directory, mibs, log, metrics, now } = sources;
  const alarms = alarmBook();
  const reader = createReader(pool, now);
  const feeds = (): Feeds => ({ broker: sources.brokerConnected(), stores: pool.health(), readMs: board.readMs });
  const hub = liveHub({
    now,
    maxClients: MAX_STREAMS,
    maxPerUser: MAX_STREAMS_PER_USER,
    message: alarmMessages({ directory, book: alarms, timeZone, now }),
    feeds,
  });
  const onAlarm = (alarm: Alarm): void => {
    metrics.add('alarmsTold');
    hub.alarm(alarm);
  };
  const onAlarms = (events: readonly AlarmEvent[]): void => {
    for (const alarm of alarms.reconcile(events, now())) onAlarm(alarm);
  };
  const board = statusBoard({ reader, directory, book: alarms, now, log, onAlarms });
  const portal: Portal = {
    name,
    title,
    timeZone,
    behindProxy,
    directory,
    mibs,
    feeds,
    alarms,
    board,
    parts: partBook(),
    hub,
    reader,
    acts: createActs({ book: alarms, channel: sources.channel, onAlarm, now }),
    sessions: createSessions(sources.secret),
    signInLimit: failureLimit(TRIES_PER_NAME, TRIES_WINDOW_MS),
    signInWide: failureLimit(TRIES_PER_ADDRESS, TRIES_WINDOW_MS),
    assets: readAssets(),
    metrics,
    log,
    now,
  };
  return {
    portal,
    onAlarmEvent: (event) => {
      const alarm = alarms.apply(event, now());
      if (alarm !== undefined) onAlarm(alarm);
    },
  };
}
