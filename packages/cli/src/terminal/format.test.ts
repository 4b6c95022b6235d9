import { array, assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, count, duration, figure, parseDuration, parseTime, utc } from './format.ts';
import { style, styleFor } from './style.ts';
import { csv, table } from './table.ts';

const NOW = Date.UTC(2026, 10, 22, 15, 0, 0);

describe('formatters', () => {
  test.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [1200, '1.2 s'],
    [59_000, '59 s'],
    [200_000, '3 m 20 s'],
    [3_600_000, '1 h'],
    [93_600_000, '1 d 2 h'],
    [-1500, '-1.5 s'],
    [Number.NaN, '-'],
  ])('duration of %d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [20 * 1024 ** 2, '20 MiB'],
    [Number.NaN, '-'],
  ])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text));

  test('counts, figures and times', () => {
    expect(count(1_234_567)).toBe('1 234 567');
    expect(count(18_446_744_073_709_551_615n)).toBe('18 446 744 073 709 551 615');
    expect([figure(0.123456789), figure(42), figure(Number.NaN), figure(1_234_567.8)]).toEqual([
      '0.123457',
      '42',
      '-',
      '1234568',
    ]);
    expect(utc(NOW)).toBe('2026-11-22 15:00:00Z');
  });

  test('durations and times are read', () => {
    expect(['90s', '5m', '1h', '2d', '1w', '250ms', '1.5h'].map(parseDuration)).toEqual([
      90_000, 300_000, 3_600_000, 172_800_000, 604_800_000, 250, 5_400_000,
    ]);
    expect(['', 'h', '5', '5 m', '-1h'].map(parseDuration).filter((ms) => ms !== undefined)).toEqual([]);
    expect(parseTime('now-1h', NOW)).toBe(NOW - 3_600_000);
    expect(parseTime('2026-11-22T15:00Z', NOW)).toBe(NOW);
    expect(parseTime(String(NOW), NOW)).toBe(NOW);
    expect([parseTime('yesterday', NOW), parseTime('now-', NOW), parseTime('7', NOW)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('a table is as wide as it needs to be, colours not counted', () => {
    const text = table(
      [{ title: 'name' }, { title: 'n', right: true }],
      [
        [style(true).red('ab'), '1'],
        ['c', '100'],
      ],
      '',
    );
    expect(text.replaceAll('\u001b[31m', '').replaceAll('\u001b[0m', '')).toBe('name    n\nab      1\nc     100');
  });

  test('CSV cells come back as they went in (RFC 4180)', () => {
    assert(
      property(array(string({ minLength: 1 }), { minLength: 1, maxLength: 4 }), (cells) => {
        expect(readCsvLine(csv(cells, []))).toEqual(cells);
      }),
    );
  });

  test('no colours where they are not wanted', () => {
    const terminal = { isTTY: true };
    expect(styleFor(terminal, {}).colour).toBe(true);
    expect(styleFor(terminal, { NO_COLOR: '1' }).colour).toBe(false);
    expect(styleFor(terminal, { TERM: 'dumb' }).colour).toBe(false);
    expect(styleFor({}, {}).colour).toBe(false);
    expect(style(false).red('x')).toBe('x');
  });
});

/** A reader of one record, written apart from the writer. */
function readCsvLine(text: string): readonly string[] {
  const cells: string[] = [];
  let at = 0;
  while (at <= text.length) {
    if (text[at] === '"') {
      let cell = '';
      at += 1;
      while (text[at] !== '"' || text[at + 1] === '"') {
        if (text[at] === '"') at += 1;
        cell += text[at];
        at += 1;
      }
      cells.push(cell);
      at += 2;
    } else {
      const end = text.indexOf(',', at);
      cells.push(text.slice(at, end === -1 ? text.length : end));
      at = end === -1 ? text.length + 1 : end + 1;
    }
  }
  return cells;
}
