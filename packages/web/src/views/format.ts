/** Figures and ages as people read them. Pure. */

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1000, name: 's' },
] as const;

/** `12 s`, `4 min`, `3 h 20 min`, `2 d 4 h`; the same text as public/ages.js makes. */
export function duration(ms: number): string {
  const at = UNITS.findIndex((unit) => ms >= unit.ms);
  const unit = UNITS[at];
  if (unit === undefined) return '0 s';
  const count = Math.floor(ms / unit.ms);
  const next = UNITS[at + 1];
  const rest = next === undefined || unit.ms < 3_600_000 ? 0 : Math.floor((ms - count * unit.ms) / next.ms);
  return `${count} ${unit.name}${rest > 0 && next !== undefined ? ` ${rest} ${next.name}` : ''}`;
}

/** `1 alarm`, `2 alarms`, `no alarms` */
export function plural(count: number, one: string, many = `${one}s`): string {
  if (count === 0) return `no ${many}`;
  return count === 1 ? `1 ${one}` : `${whole(count)} ${many}`;
}

/** `12 345` with thin spaces. */
export function whole(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(?:\d{3})+$)/g, '\u2009');
}

/** Availability with as many nines as there are, never rounded up to 100: `99.98 %`. */
export function percentage(share: number): string {
  if (!Number.isFinite(share)) return '—';
  if (share >= 1) return '100 %';
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;
}
