/**
 * RFC 3164 and what devices make of it: `Oct 11 22:14:15 host app[12]: text`, with Cisco's sequence number, its origin-id, its mark
 * of a clock that is not set and its time since the start, a year before or behind, fractions of a second, a time zone's name,
 * or a time as in RFC 3339. Any part may be missing. Pure.
 */
import { isIPv6 } from 'node:net';
import type { SyslogBody } from './parse.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] as const;

/** NX-OS begins with a colon, ProCurve with a blank. */
const LEAD = /^(?: +|: )/;
const SEQUENCE = /^(\d{1,12}): /;
/** Cisco's origin-id, or IOS-XR's node: a word before the time. */
const ORIGIN = /^([\w./-]{1,255}): ?(?=(?:\d{1,12}: )?[*.]?(?:[A-Z][a-z]{2} {1,2}\d|\d{4} [A-Z][a-z]{2} ))/;
/** A word of capitals behind the time may as well be a host or a tag (`NAS`, `UPS:`). */
const ZONE =
  '(?: (?:UTC|GMT|WES?T|BST|CES?T|EES?T|MSK|[ECMP][SD]T|AK[SD]T|HST|[IJK]ST|HKT|SGT|AE[SD]T|NZ[SD]T)(?=[: ])| [A-Z]{2,5}(?=: ?%))?';
const MARK = '(?<mark>[*.]?)';
const CLOCK = `(?<hours>\\d{1,2}):(?<minutes>\\d\\d):(?<seconds>\\d\\d)(?:\\.(?<fraction>\\d{1,9}))?`;
const DAY = '(?<month>[A-Z][a-z]{2}) {1,2}(?<day>\\d{1,2})';
const TIMES = [
  new RegExp(`^${MARK}${DAY} (?:(?<year>\\d{4}) )?${CLOCK}${ZONE}(?: ?:)? `),
  new RegExp(`^${MARK}(?<year>\\d{4}) ${DAY} ${CLOCK}${ZONE}(?: ?:)? `),
] as const;
const ISO_TIME = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?):? /;
/** Seconds since 1970, as Meraki has it. */
const UNIX_TIME = /^(?:1 )?(\d{10}\.\d{1,9}) /;
/** Cisco's `service timestamps log uptime`. */
const UP_TIME = /^((?:\d{1,3}y)?\d{1,3}w(?:\d{1,3}d)?|\d{1,3}d\d{1,3}h|\d{1,3}:\d\d:\d\d): (?=%)/;
/** A host is a word that is no tag. */
const HOST = /^([\w.:-]{1,255}) (?=\S)/;
/** Ubiquiti writes model or name, hardware address and firmware as one word. */
const HOST_WITH_MORE = /^([\w.-]{1,255}),[\w.,+-]{1,255}:? (?=[\w./-]{1,64}(?:\[\d+\])?: )/;
/** ASA sets its device-id off with a colon, ProCurve puts the number of the event before its tag. */
const BEHIND_HOST = /^(?:: (?=%)|\d{5} (?=[\w-]{1,32}: ))/;
const TAG = /^([%\w./-]{1,64})(?:\[([^\]\s]{1,32})\])?: ?/;

export function parseBsd(text: string, receivedMs: number): SyslogBody {
  const fields: Record<string, string> = {};
  let rest = text;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = pattern.exec(rest) ?? undefined;
    if (found !== undefined) rest = rest.slice(found[0].length);
    return found;
  };

  take(LEAD);
  const note = (name: string, value: string | undefined): void => {
    if (value !== undefined) fields[name] = value;
  };
  note('sequence', take(SEQUENCE)?.[1]);
  const origin = take(ORIGIN)?.[1];
  if (origin !== undefined) note('sequence', take(SEQUENCE)?.[1]);
  const isNode = origin?.includes('/') === true;
  if (isNode) note('node', origin);
  const timed = takeTime(take, fields, receivedMs);
  const host = (isNode ? undefined : origin) ?? (timed ? takeHost(rest, take) : undefined);
  if (timed) take(BEHIND_HOST);
  const tag = take(TAG);
  note('process', tag?.[2]);
  return { app: tag?.[1] ?? '', host, text: rest, fields };
}

type Take = (pattern: RegExp) => RegExpExecArray | undefined;

/** A time in any of its forms. False when there is none, or only one since the device's start. */
function takeTime(take: Take, fields: Record<string, string>, receivedMs: number): boolean {
  for (const pattern of TIMES) {
    const found = take(pattern);
    if (found === undefined) continue;
    Object.assign(fields, timeFields(found, receivedMs));
    return true;
  }
  const iso = take(ISO_TIME)?.[1];
  if (iso !== undefined) {
    Object.assign(fields, isoTime(iso, receivedMs));
    return true;
  }
  const unix = take(UNIX_TIME)?.[1];
  if (unix !== undefined) fields['time'] = new Date(Math.floor(Number(unix) * 1000)).toISOString();
  const upTime = take(UP_TIME)?.[1];
  if (upTime !== undefined) fields['deviceUpTime'] = upTime;
  return unix !== undefined;
}

function takeHost(rest: string, take: Take): string | undefined {
  const [word = ''] = rest.split(' ', 1);
  // A first word that ends in a colon, or in a process in brackets, is the tag already; an IPv6 address is none.
  if (TAG.test(rest) && !isIPv6(word)) return undefined;
  return (take(HOST) ?? take(HOST_WITH_MORE))?.[1];
}

/** A time as in RFC 3339, also without its zone, and with more digits than it may have. Nothing when it is no time. */
export function isoTime(text: string, receivedMs: number): Record<string, string> {
  const plain = text.replace(' ', 'T').replace(',', '.');
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(plain);
  const parsed = Date.parse(zoned ? plain : `${plain}Z`);
  if (Number.isNaN(parsed)) return {};
  if (zoned) return { time: new Date(parsed).toISOString() };
  const timeMs = resolveWallTime(() => parsed, 0, receivedMs);
  return { deviceTime: text, ...(timeMs === undefined ? {} : { time: new Date(timeMs).toISOString() }) };
}

function timeFields({ 0: whole, groups = {} }: RegExpExecArray, receivedMs: number): Record<string, string> {
  const { mark, month = '', day, year, hours, minutes, seconds, fraction = '0' } = groups;
  const monthIndex = MONTHS.indexOf(month.toLowerCase() as (typeof MONTHS)[number]);
  const stated = { deviceTime: whole.trim().replace(/ ?:$/, '') };
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
