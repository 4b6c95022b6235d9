/**
 * Named service hours: weekly hours and holidays in a time zone. Devices and applications name one under
 * `serviceHours`; `24x7` is built in.
 */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { label } from './label.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** `08:00-16:15`; the end may be `24:00`. An end before the start would cross midnight: say it as two. */
const hoursSchema = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be like 08:00-16:15')
  .refine((text) => text.slice(0, 5) < text.slice(6), 'must end after it starts: hours over midnight are two entries');

const timeZone = z.string().refine((zone) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}, 'must be a time zone, e.g. Europe/Helsinki');

export const calendarSchema = z.strictObject({
  id: nameSchema,
  name: label,
  timeZone: timeZone.default('Europe/Helsinki'),
  /** Hours by weekday; days that are not named are closed. */
  week: z.partialRecord(z.enum(WEEKDAYS), z.array(hoursSchema).max(8)),
  /** Dates with hours of their own: none for a day that is closed. */
  holidays: z
    .array(z.strictObject({ date: z.iso.date(), name: label.optional(), hours: z.array(hoursSchema).default([]) }))
    .default([]),
});
export type Calendar = z.output<typeof calendarSchema>;
