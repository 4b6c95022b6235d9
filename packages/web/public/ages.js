// @ts-check
/** Keeps "12 min" counting: every element with data-since, once a second at first, slower when old. */

const UNITS = /** @type {const} */ ([
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
]);

/** The server's clock minus this one's, so that ages are right where a clock is not. */
const skewMs = Number(document.body.dataset['now'] ?? Date.now()) - Date.now();

export function serverNow() {
  return Date.now() + skewMs;
}

/** The same text as views/format.ts makes. @param {number} ms */
export function duration(ms) {
  const at = UNITS.findIndex(([size]) => ms >= size);
  const unit = UNITS[at];
  if (unit === undefined) return '0 s';
  const count = Math.floor(ms / unit[0]);
  const next = UNITS[at + 1];
  const rest = next === undefined || unit[0] < 3_600_000 ? 0 : Math.floor((ms - count * unit[0]) / next[0]);
  return `${count} ${unit[1]}${rest > 0 && next !== undefined ? ` ${rest} ${next[1]}` : ''}`;
}

export function startAges() {
  setInterval(() => {
    const now = serverNow();
    for (const element of document.querySelectorAll('[data-since]')) {
      if (!(element instanceof HTMLElement)) continue;
      const text = duration(now - Number(element.dataset['since']));
      if (element.textContent !== text) element.textContent = text;
    }
  }, 1000);
}
