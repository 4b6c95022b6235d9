/** Texts of alarms. Pure. */
import { PROBE_STATUS } from '@kaiku/protocol';

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

/** Fills {nick}, {instance}, {value} and {unit}; anything else in braces stays, {reason} for `fillReason`. */
export function formatMessage(template: string, parts: MessageParts): string {
  return template
    .replaceAll(/\{(nick|instance|value|unit)\}/g, (_, name: string) => {
      // 0.2 lost is 20 % to everybody who reads it.
      const share = parts.unit === 'ratio';
      if (name === 'value') return share ? `${formatValue(100 * parts.value)} %` : formatValue(parts.value);
      if (name === 'unit') return share || parts.unit === '1' ? '' : parts.unit;
      return name === 'nick' ? parts.nick : parts.instance;
    })
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}

/** Whether a text wants to say why. */
export const asksWhy = (message: string): boolean => message.includes('{reason}');

/** Fills {reason}; without one the text ends before it, with the mark that led to it. */
export function fillReason(message: string, reason: string): string {
  return reason === ''
    ? message.replaceAll(/\s*[:,–-]?\s*\{reason\}/g, '')
    : message.replaceAll('{reason}', () => reason);
}

/** Why a probe failed, as far as the status of its sample says it. */
export function statusWords(status: number): string {
  return STATUS_WORDS.get(status) ?? '';
}

const STATUS_WORDS: ReadonlyMap<number, string> = new Map([
  [PROBE_STATUS.timeout, 'no answer in time'],
  [PROBE_STATUS.unreachable, 'no way there'],
  [PROBE_STATUS.refused, 'connection refused'],
  [PROBE_STATUS.malformed, 'the answer cannot be understood'],
  [PROBE_STATUS.unsupported, 'what is asked for is not offered'],
  [PROBE_STATUS.denied, 'access denied'],
  [PROBE_STATUS.error, 'it failed'],
]);

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
