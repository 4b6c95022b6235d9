/** Numbers, times and sizes as people read them. Pure: `now` is passed in. */

const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `850 ms`, `12 s`, `3 m 20 s`, `5 h 12 m`, `3 d 4 h`: at most two units. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '-';
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms < MS.s) return `${Math.round(ms)} ms`;
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string => {
    const whole = Math.floor(ms / big);
    const rest = Math.floor((ms % big) / small);
    return rest === 0 ? `${whole} ${bigUnit}` : `${whole} ${bigUnit} ${rest} ${smallUnit}`;
  };
  if (ms < MS.m) return ms < 10 * MS.s ? `${(ms / MS.s).toFixed(1)} s` : `${Math.floor(ms / MS.s)} s`;
  if (ms < MS.h) return pair(MS.m, 'm', MS.s, 's');
  if (ms < MS.d) return pair(MS.h, 'h', MS.m, 'm');
  return pair(MS.d, 'd', MS.h, 'h');
}

/** Binary units: `1.5 MiB`. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let left = Math.abs(value);
  let unit = 0;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  const text = unit === 0 ? String(left) : left.toFixed(left < 10 ? 1 : 0);
  return `${value < 0 ? '-' : ''}${text} ${units[unit] ?? ''}`;
}

/** Thousands apart by thin spaces: `1 234 567`. */
export function count(value: number | bigint): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return '-';
  return String(value).replaceAll(/\B(?=(?:\d{3})+(?!\d))/g, ' ');
}

/** ISO date and time in UTC, to the second: `2026-11-22 15:04:05Z`. */
export function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** A measured value without false precision: six significant digits, large ones whole. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return '-';
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1e6 ? value.toFixed(0) : String(Number(value.toPrecision(6)));
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: MS.s, m: MS.m, h: MS.h, d: MS.d, w: 7 * MS.d };

/** `5m`, `1h`, `90s`, `2d`, `250ms` as ms; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text.trim());
  const unit = UNITS[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** `now`, `now-1h`, an ISO time, or ms since 1970; undefined when it is none. */
export function parseTime(text: string, nowMs: number): number | undefined {
  const trimmed = text.trim();
  if (trimmed === 'now') return nowMs;
  const relative = /^now([+-])(.+)$/.exec(trimmed);
  if (relative !== null) {
    const span = parseDuration(relative[2] ?? '');
    return span === undefined ? undefined : nowMs + (relative[1] === '-' ? -span : span);
  }
  if (/^\d{12,}$/.test(trimmed)) return Number(trimmed);
  const time = /^\d{4}-\d{2}-\d{2}/.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
