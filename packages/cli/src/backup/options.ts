/** What both commands read from their command line. */
import type { CheckedInstallation } from '../config/installation-check.ts';
import { openArchive, type StoreArchive } from '@kaiku/store';
import { storeAddresses } from '@kaiku/store/config';
import type { Args } from '../args.ts';
import { UsageError } from '../errors.ts';
import { bytes as bytesText } from '../terminal/format.ts';
import type { DayRange } from './restore-archive.ts';
import type { Tally } from './tally.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** @throws UsageError */
export function dayOption(args: Args, name: string): string | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  return checkedDay(text, name);
}

function checkedDay(text: string, name: string): string {
  if (DAY.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new UsageError(`--${name}: "${text}" is not a day`, { hint: 'write it as 2026-11-22' });
}

/** `A..B`, `A..`, `..B` or one day. @throws UsageError */
export function dayRange(args: Args): DayRange {
  const text = args.text('days');
  if (text === undefined) return {};
  const [first = '', last = first] = text.split('..');
  const range: DayRange = {
    ...(first === '' ? {} : { first: checkedDay(first, 'days') }),
    ...(last === '' ? {} : { last: checkedDay(last, 'days') }),
  };
  if (range.first === undefined || range.last === undefined || range.first <= range.last) return range;
  throw new UsageError(`--days: ${range.first} is after ${range.last}`, { hint: 'the earlier day comes first' });
}

/** Needed text of an option. @throws UsageError */
export function needed(args: Args, name: string, hint: string): string {
  const text = args.text(name);
  if (text !== undefined && text !== '') return text;
  throw new UsageError(`--${name} is missing`, { hint });
}

/** @throws UsageError when the file has no such store */
export function archiveOf({ installation, file }: CheckedInstallation, name: string): StoreArchive {
  const addresses = storeAddresses(installation);
  const address = addresses.find((each) => each.name === name);
  if (address !== undefined) return openArchive(address);
  throw new UsageError(`${file} has no store "${name}"`, {
    hint: addresses.length === 0 ? 'add one under stores:' : `known: ${addresses.map((each) => each.name).join(', ')}`,
  });
}

export function tallyText({ days, unchanged, files, rows, bytes }: Tally, done: string): string {
  const skipped = unchanged === 0 ? '' : `, ${unchanged} unchanged`;
  return `${days} days ${done}${skipped}: ${rows.toLocaleString('en')} rows in ${files} files, ${bytesText(bytes)}\n`;
}
