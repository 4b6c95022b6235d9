/**
 * RFC 3164 and what devices make of it: `Oct 11 22:14:15 host app[12]: text`, with Cisco's sequence number and its mark of a
 * clock that is not set, a year, fractions of a second, a time zone's name, or a time as in RFC 3339. Any part may be missing. Pure.
 */
import type { SyslogBody } from './parse.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] as const;

const SEQUENCE = /^(\d{1,12}): /;
const TIME =
  /^([*.]?)([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?: ([A-Z]{2,5}(?=[: ]))(?=:| ))?:? /;
const ISO_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)) /;
/** A host is a word that is no tag. */
const HOST = /^([\w.:-]{1,255}) (?=\S)/;
const TAG = /^([%\w./-]{1,64})(?:\[([^\]\s]{1,32})\])?: ?/;

export function parseBsd(text: string, receivedMs: number): SyslogBody {
  const fields: Record<string, string> = {};
  let rest = text;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = pattern.exec(rest) ?? undefined;
    if (found !== undefined) rest = rest.slice(found[0].length);
    return found;
  };

  const sequence = take(SEQUENCE);
  if (sequence !== undefined) fields['sequence'] = sequence[1] ?? '';
  const stamp = take(TIME);
  const iso = stamp === undefined ? take(ISO_TIME) : undefined;
  if (stamp !== undefined) Object.assign(fields, timeFields(stamp, receivedMs));
  else if (iso !== undefined && !Number.isNaN(Date.parse(iso[1] ?? ''))) {
    fields['time'] = new Date(iso[1] ?? '').toISOString();
  }
  // A first word that ends in a colon, or in a process in brackets, is the tag already.
  const host = (stamp ?? iso) === undefined || TAG.test(rest) ? undefined : take(HOST)?.[1];
  const tag = take(TAG);
  if (tag?.[2] !== undefined) fields['process'] = tag[2];
  return { app: tag?.[1] ?? '', host, text: rest, fields };
}

function timeFields(found: RegExpExecArray, receivedMs: number): Record<string, string> {
  const [whole, mark, month = '', day, year, hours, minutes, seconds, fraction = '0'] = found;
  const monthIndex = MONTHS.indexOf(month.toLowerCase() as (typeof MONTHS)[number]);
  const stated = { deviceTime: whole.trim().replace(/:$/, '') };
  if (monthIndex < 0) return stated;
  if (mark === '*') return { ...stated, deviceClock: 'not set' };
  const wall = (inYear: number): number =>
    Date.UTC(inYear, monthIndex, Number(day), Number(hours), Number(minutes), Number(seconds)) +
    Math.floor(Number(`0.${fraction}`) * 1000);
  const timeMs = resolveWallTime(wall, year === undefined ? undefined : Number(year), receivedMs);
  return timeMs === undefined ? stated : { ...stated, time: new Date(timeMs).toISOString() };
}

const QUARTER_MS = 15 * 60_000;
/** Zones lie between 12 h behind and 14 h ahead. */
const LEAST_ZONE_MS = -12 * 3600_000;
const MOST_ZONE_MS = 14 * 3600_000;
const NEAR_MS = 5 * 60_000;

/**
 * When a clock without a zone, and perhaps without a year, showed this. Of the years beside the time of arrival the nearest
 * counts. The zone is what the clock is ahead of the arrival, in quarters of an hour, as all zones are: a message is written
 * shortly before it arrives, and a clock worth resolving is right within minutes.
 * @param wall the shown time as though it were UTC, for a year
 * @returns undefined when no zone explains it: the clock is wrong, or the message old
 */
export function resolveWallTime(
  wall: (year: number) => number,
  year: number | undefined,
  receivedMs: number,
): number | undefined {
  const now = new Date(receivedMs).getUTCFullYear();
  const candidates = (year === undefined ? [now - 1, now, now + 1] : [year]).map(wall);
  const shown = candidates.toSorted((a, b) => Math.abs(a - receivedMs) - Math.abs(b - receivedMs))[0] ?? Number.NaN;
  const ahead = shown - receivedMs;
  const zone = Math.round(ahead / QUARTER_MS) * QUARTER_MS;
  if (zone < LEAST_ZONE_MS || zone > MOST_ZONE_MS || !(Math.abs(ahead - zone) <= NEAR_MS)) return undefined;
  return shown - zone;
}
