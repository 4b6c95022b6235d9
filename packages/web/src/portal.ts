/** What every route works with: the web server's parts, put together by create-portal.ts. */
import type { Log, Metrics } from '@kaiku/core';
import type { User } from '@kaiku/catalog';
import type { Mibs } from '@kaiku/catalog/mib';
import type { Acts } from './act/acts.ts';
import type { FailureLimit } from './auth/rate-limit.ts';
import type { Sessions } from './auth/sessions.ts';
import type { Assets } from './http/assets.ts';
import type { AlarmBook } from './live/alarm-book.ts';
import type { LiveHub } from './live/hub.ts';
import type { PartBook } from './live/part-book.ts';
import type { Directory, Scope } from './query/directory.ts';
import type { Reader } from './query/reader.ts';
import type { StatusBoard } from './query/status-board.ts';

/** Whether the server's own sources are there; shown wherever what depends on them is shown. */
export interface Feeds {
  readonly broker: boolean;
  readonly stores: readonly { readonly name: string; readonly healthy: boolean; readonly checkedMs: number }[];
  /** When the stores last answered; undefined: not yet. */
  readonly readMs: number | undefined;
}

const BLIND_AFTER_MS = 60_000;

/** Whether "no alarm" may be said: the stores have answered, and they or the broker are still there. */
export function alarmsKnown({ broker, readMs }: Feeds, nowMs: number): boolean {
  return readMs !== undefined && (broker || nowMs - readMs < BLIND_AFTER_MS);
}

export interface Portal {
  readonly name: string;
  /** The installation's name. */
  readonly title: string;
  readonly timeZone: string;
  readonly behindProxy: boolean;
  readonly directory: () => Directory;
  /** Names for traps, where somebody has compiled MIBs here. */
  readonly mibs: () => Mibs | undefined;
  readonly feeds: () => Feeds;
  readonly alarms: AlarmBook;
  readonly board: StatusBoard;
  readonly parts: PartBook;
  readonly hub: LiveHub;
  readonly reader: Reader;
  readonly acts: Acts;
  readonly sessions: Sessions;
  /** Wrong passwords of one name, and of one address (which many people may share). */
  readonly signInLimit: FailureLimit;
  readonly signInWide: FailureLimit;
  readonly assets: Assets;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => number;
}

export type ThemeChoice = 'auto' | 'light' | 'dark';

/** One request of a signed-in person. */
export interface Visit {
  readonly user: User;
  readonly scope: Scope;
  /** May acknowledge. */
  readonly mayAct: boolean;
  readonly formToken: string;
  readonly theme: ThemeChoice;
  /** For walls: no controls, larger, and loud when the feed is lost. */
  readonly kiosk: boolean;
  /** Path and query, as asked. */
  readonly address: string;
  readonly nowMs: number;
}
