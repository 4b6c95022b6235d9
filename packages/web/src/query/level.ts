/**
 * Levels and how they roll up: the worst child decides, the counts stay. Pure.
 * `unknown` is worse than `ok` and better than any alarm: nobody can say, and that is not "fine".
 */
import type { Severity } from '@kaiku/protocol';

export const LEVELS = ['critical', 'major', 'minor', 'unknown', 'ok'] as const;
export type Level = (typeof LEVELS)[number];

/** What is known of one device. */
export interface DeviceState {
  readonly level: Level;
  /** Active alarms, and those of them nobody has acknowledged. */
  readonly alarms: number;
  readonly unacknowledged: number;
  /** Time of the newest sample that proves or disproves it is there; undefined: none in the last day. */
  readonly seenMs: number | undefined;
  /** Whether that sample was an answer. */
  readonly answering: boolean | undefined;
}

export interface Rollup {
  readonly level: Level;
  readonly counts: Readonly<Record<Level, number>>;
  readonly alarms: number;
  readonly unacknowledged: number;
  readonly total: number;
}

/** 0 is the worst. */
export function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

function worst(levels: Iterable<Level>): Level {
  let found: Level = 'ok';
  for (const level of levels) if (rank(level) < rank(found)) found = level;
  return found;
}

export function rollUp(states: readonly DeviceState[]): Rollup {
  const counts: Record<Level, number> = { critical: 0, major: 0, minor: 0, unknown: 0, ok: 0 };
  let alarms = 0;
  let unacknowledged = 0;
  for (const state of states) {
    counts[state.level] += 1;
    alarms += state.alarms;
    unacknowledged += state.unacknowledged;
  }
  const level = states.length === 0 ? 'unknown' : worst(states.map((state) => state.level));
  return { level, counts, alarms, unacknowledged, total: states.length };
}

export interface Evidence {
  /** Severities of its active alarms. */
  readonly severities: readonly Severity[];
  readonly unacknowledged: number;
  readonly seenMs: number | undefined;
  readonly answering: boolean | undefined;
  /** After this age a sample says nothing about now. */
  readonly staleAfterMs: number;
  readonly nowMs: number;
}

/** Alarms decide; without one, a device is fine only while a fresh sample answers. */
export function judge(evidence: Evidence): DeviceState {
  const { severities, unacknowledged, seenMs, answering, staleAfterMs, nowMs } = evidence;
  const fresh = seenMs !== undefined && nowMs - seenMs <= staleAfterMs;
  const quiet: Level = fresh && answering === true ? 'ok' : 'unknown';
  const level = severities.length > 0 ? worst(severities) : quiet;
  return { level, alarms: severities.length, unacknowledged, seenMs, answering };
}
