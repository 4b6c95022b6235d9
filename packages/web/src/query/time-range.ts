/**
 * The time bar's state, read from and written to the address. Pure.
 *
 * `from` and `to` are `now`, `now-24h`, ms since 1970, ISO with zone, or civil time in the portal's zone.
 * A range whose `to` is relative is live; an absolute one is frozen and means the same for ever.
 */
import { BadRequestError } from '../errors.ts';
import { fromCivil } from './zone.ts';

export const PRESETS = ['1h', '6h', '24h', '7d', '30d'] as const;
export type Preset = (typeof PRESETS)[number];

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
  /** As written in the address. */
  readonly from: string;
  readonly to: string;
  /** True when it follows the clock. */
  readonly live: boolean;
  readonly preset: Preset | undefined;
}

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 } as const;
const MIN_SPAN_MS = 60_000;
const MAX_SPAN_MS = 5 * UNIT_MS.y;

export function durationMs(text: string): number | undefined {
  const match = /^(\d{1,6})([smhdwy])$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

function moment(text: string, nowMs: number, timeZone: string): { ms: number; relative: boolean } | undefined {
  if (text === 'now') return { ms: nowMs, relative: true };
  if (text.startsWith('now-')) {
    const back = durationMs(text.slice(4));
    return back === undefined ? undefined : { ms: nowMs - back, relative: true };
  }
  if (/^\d{12,14}$/.test(text)) return { ms: Number(text), relative: false };
  const civil = fromCivil(text, timeZone);
  if (civil !== undefined) return { ms: civil, relative: false };
  if (!/^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})$/.test(text)) return undefined;
  const iso = Date.parse(text);
  return Number.isNaN(iso) ? undefined : { ms: iso, relative: false };
}

/** @throws BadRequestError naming what cannot be read */
export function parseTimeRange(
  query: { readonly from?: string | undefined; readonly to?: string | undefined },
  nowMs: number,
  timeZone: string,
  fallback: Preset = '24h',
): TimeRange {
  const to = query.to === undefined || query.to === '' ? 'now' : query.to;
  const end = moment(to, nowMs, timeZone);
  if (end === undefined) throw unreadable('to', to);
  const from =
    query.from !== undefined && query.from !== ''
      ? query.from
      : end.relative
        ? `now-${fallback}`
        : String(end.ms - (durationMs(fallback) ?? UNIT_MS.d));
  const start = moment(from, nowMs, timeZone);
  if (start === undefined) throw unreadable('from', from);
  const span = end.ms - start.ms;
  if (span < MIN_SPAN_MS || span > MAX_SPAN_MS) {
    throw new BadRequestError('the time range must be between one minute and five years', {
      hint: 'put "from" before "to"',
    });
  }
  const preset = to === 'now' ? PRESETS.find((each) => from === `now-${each}`) : undefined;
  return { fromMs: start.ms, toMs: end.ms, from, to, live: end.relative, preset };
}

function unreadable(name: string, text: string): BadRequestError {
  return new BadRequestError(`"${name}" is not a time: ${text.slice(0, 40)}`, {
    hint: 'write now-24h, 2026-11-22 17:30 or ms since 1970',
  });
}

export interface Bounds {
  readonly from: string;
  readonly to: string;
}

/** The same range, held still. */
export function frozen(range: TimeRange): Bounds {
  return { from: String(Math.round(range.fromMs)), to: String(Math.round(range.toMs)) };
}

/** The same length, following the clock. */
export function following(range: TimeRange): Bounds {
  const seconds = Math.max(60, Math.round((range.toMs - range.fromMs) / 1000));
  return { from: `now-${inWords(seconds)}`, to: 'now' };
}

function inWords(seconds: number): string {
  if (seconds % 86_400 === 0) return seconds === 86_400 ? '24h' : `${seconds / 86_400}d`;
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** Moved by a share of its length (−1: one length back); never past `nowMs`, where it becomes live. */
export function shifted(range: TimeRange, share: number, nowMs: number): Bounds {
  const span = range.toMs - range.fromMs;
  const toMs = range.toMs + share * span;
  if (toMs >= nowMs) return following(range);
  return { from: String(Math.round(toMs - span)), to: String(Math.round(toMs)) };
}

/** Twice as long around its middle. */
export function zoomedOut(range: TimeRange, nowMs: number): Bounds {
  const span = Math.min(2 * (range.toMs - range.fromMs), MAX_SPAN_MS);
  if (range.live) return following({ ...range, fromMs: range.toMs - span });
  const toMs = Math.min(range.toMs + span / 4, nowMs);
  return { from: String(Math.round(toMs - span)), to: String(Math.round(toMs)) };
}

const STEPS_MS = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 604_800].map(
  (seconds) => seconds * 1000,
);

/** Width of a step so that at most `points` fit, not finer than the data comes. */
export function stepFor(fromMs: number, toMs: number, points: number, everyMs: number): number {
  const least = Math.max(everyMs, (toMs - fromMs) / Math.max(1, points));
  return STEPS_MS.find((step) => step >= least) ?? STEPS_MS.at(-1) ?? least;
}
