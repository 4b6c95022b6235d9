/** Civil time in a zone, ISO order and 24 hours, both ways. Pure apart from the zone tables of Intl. */

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** `2026-11-22 17:39:51` */
export function stamp(ms: number, timeZone: string): string {
  return Number.isFinite(ms) ? formatOf(timeZone).format(ms) : '—';
}

/** `2026-11-22 17:39` */
export function stampMinutes(ms: number, timeZone: string): string {
  return stamp(ms, timeZone).slice(0, 16);
}

/** Offset from UTC at a moment, ms. */
function zoneOffset(ms: number, timeZone: string): number {
  const whole = Math.floor(ms / 1000) * 1000;
  return Date.parse(`${stamp(whole, timeZone).replace(' ', 'T')}Z`) - whole;
}

/** `UTC+2` */
export function offsetLabel(ms: number, timeZone: string): string {
  const minutes = Math.round(zoneOffset(ms, timeZone) / 60_000);
  const sign = minutes < 0 ? '−' : '+';
  const rest = Math.abs(minutes) % 60;
  const hours = Math.floor(Math.abs(minutes) / 60);
  return `UTC${sign}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

const CIVIL = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/**
 * Moment of a civil time in a zone; undefined when it is not one. A time that summer time skips is read
 * with the offset before the change, one that happens twice is the first.
 */
export function fromCivil(text: string, timeZone: string): number | undefined {
  const match = CIVIL.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = match;
  const asUtc = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const before = asUtc - zoneOffset(asUtc - DAY_MS, timeZone);
  const after = asUtc - zoneOffset(asUtc + DAY_MS, timeZone);
  const candidates = [Math.min(before, after), Math.max(before, after)];
  return candidates.find((each) => each + zoneOffset(each, timeZone) === asUtc) ?? before;
}

/** Start of the day that holds a moment, in a zone. */
export function startOfDay(ms: number, timeZone: string): number {
  return fromCivil(stamp(ms, timeZone).slice(0, 10), timeZone) ?? ms;
}
