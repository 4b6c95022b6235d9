/** Whether a moment lies within service hours. Pure: the time zone's rules are those Node comes with. */
import { WEEKDAYS, type Calendar } from './calendar.ts';

/** Service hours that never end. */
export const ALWAYS = '24x7';

interface LocalTime {
  readonly date: string;
  readonly weekday: (typeof WEEKDAYS)[number];
  /** `HH:MM` on the wall. */
  readonly clock: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one costs more than using it a hundred times. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      weekday: 'short',
    });
    formats.set(timeZone, format);
  }
  return format;
}

function localTime(timeZone: string, ms: number): LocalTime {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const short = of('weekday').toLowerCase();
  return {
    date: `${of('year')}-${of('month')}-${of('day')}`,
    weekday: WEEKDAYS.find((day) => day === short) ?? 'mon',
    clock: `${of('hour')}:${of('minute')}`,
  };
}

/**
 * By the clock on the wall there: the hour that is skipped in spring never was, the one that comes twice in autumn counts
 * both times. A holiday's hours stand instead of its weekday's. From the start on, up to the end and not with it.
 */
export function isWithin(calendar: Calendar, ms: number): boolean {
  const { date, weekday, clock } = localTime(calendar.timeZone, ms);
  const holiday = calendar.holidays.find((each) => each.date === date);
  const hours = holiday === undefined ? (calendar.week[weekday] ?? []) : holiday.hours;
  return hours.some((span) => span.slice(0, 5) <= clock && clock < span.slice(6));
}

/**
 * The same for what a device or an application names under `serviceHours`. Hours that no calendar explains are a note of
 * catalogs from before there were calendars: always.
 */
export function isInService(calendars: readonly Calendar[], serviceHours: string, ms: number): boolean {
  if (serviceHours === ALWAYS) return true;
  const calendar = calendars.find(({ id }) => id === serviceHours);
  return calendar === undefined || isWithin(calendar, ms);
}
