/** Texts of alarms. Pure. */

/** Three significant digits, no exponent, no trailing zeros: `97.5`, `1230000`, `0.00123`. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return '?';
  if (Math.abs(value) >= 100) return String(Math.round(value));
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) > 0 && Math.abs(rounded) < 1e-6 ? rounded.toFixed(9) : String(rounded);
}

export interface MessageParts {
  readonly nick: string;
  readonly instance: string;
  readonly value: number;
  readonly unit: string;
}

/** Fills {nick}, {instance}, {value} and {unit}; anything else in braces stays. */
export function formatMessage(template: string, parts: MessageParts): string {
  return template
    .replaceAll(/\{(nick|instance|value|unit)\}/g, (_, name: string) => {
      if (name === 'value') return formatValue(parts.value);
      if (name === 'unit') return parts.unit === '1' ? '' : parts.unit;
      return name === 'nick' ? parts.nick : parts.instance;
    })
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}

function formatDuration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

export function noDataMessage(
  parts: Pick<MessageParts, 'nick' | 'instance'>,
  metric: string,
  noDataMs: number,
): string {
  const what = parts.instance === '' ? metric : `${metric} of ${parts.instance}`;
  return `${parts.nick}: no data for ${what} in ${formatDuration(noDataMs)}`;
}

export function ruleGoneMessage(nick: string): string {
  return `${nick}: no longer watched by this rule`;
}
