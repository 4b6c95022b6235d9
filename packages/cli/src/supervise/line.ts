/**
 * A child's log line as people read it on the terminal: time, who, message, the few fields that say
 * more. JSON lines are pino's; nats-server writes its own form; anything else is shown as it stands.
 * Pure.
 */
import type { Style } from '../terminal/style.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

export interface ReadLine {
  readonly level: Level;
  /** HH:MM:SS, empty when the line has none. */
  readonly time: string;
  readonly message: string;
  readonly fields: readonly (readonly [string, string])[];
}

const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'role', 'name', 'msg', 'v']);
const FIELD_LIMIT = 80;
const NATS = /^\[\d+\] \d{4}\/\d{2}\/\d{2} (\d{2}:\d{2}:\d{2})\.\d+ \[(\w{3})\] (.*)$/;

export function readLine(line: string, stream: 'stdout' | 'stderr'): ReadLine {
  if (line.startsWith('{')) {
    const parsed = tryJson(line);
    if (parsed !== undefined) return fromJson(parsed);
  }
  const nats = NATS.exec(line);
  if (nats !== null) {
    const level = nats[2] === 'WRN' ? 'warn' : nats[2] === 'ERR' || nats[2] === 'FTL' ? 'error' : 'debug';
    return { level, time: nats[1] ?? '', message: nats[3] ?? '', fields: [] };
  }
  return { level: stream === 'stderr' ? 'error' : 'info', time: '', message: line, fields: [] };
}

function tryJson(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function fromJson(record: Readonly<Record<string, unknown>>): ReadLine {
  const level = Number(record['level']);
  const time = typeof record['time'] === 'string' ? record['time'].slice(11, 19) : '';
  const fields: [string, string][] = [];
  for (const [key, value] of Object.entries(record)) if (!HIDDEN.has(key)) fields.push([key, fieldText(value)]);
  return {
    level: level >= 50 ? 'error' : level >= 40 ? 'warn' : level >= 30 ? 'info' : 'debug',
    time,
    message: typeof record['msg'] === 'string' ? record['msg'] : '',
    fields,
  };
}

function fieldText(value: unknown): string {
  const inner = typeof value === 'object' && value !== null && 'message' in value ? String(value.message) : undefined;
  const text = inner ?? (typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > FIELD_LIMIT ? `${text.slice(0, FIELD_LIMIT - 1)}…` : text;
}

const WIDTH = 18;

export function prettyLine(who: string, line: ReadLine, paint: Style): string {
  const head = `${paint.dim(line.time.padEnd(8))} ${paint.hue(who, who.padEnd(WIDTH))}`;
  const fields = line.fields.map(([key, value]) => paint.dim(`${key}=${value}`)).join(' ');
  const mark = line.level === 'error' ? paint.red('✗ ') : line.level === 'warn' ? paint.yellow('! ') : '';
  const text = line.level === 'error' ? paint.red(line.message) : line.message;
  return `${head} ${mark}${text}${fields === '' ? '' : `  ${fields}`}`;
}
