/**
 * A syslog message, of either kind: RFC 5424 where it says so, else RFC 3164 and its relatives. Whatever comes is a message;
 * only emptiness is not. Pure but for Node's own UTF-8 check.
 */
import { decodeText, oneLine, wholeCharacters } from '../text.ts';
import { parseBsd } from './bsd.ts';
import { parseStructured } from './structured.ts';

/** Longest message kept, octets; RFC 5424 asks for 480, recommends 2048. */
export const MOST_SYSLOG_BYTES = 8192;

export interface SyslogMessage {
  /** Application or tag, empty when it names none. */
  readonly app: string;
  /** HOSTNAME, undefined when it has none. */
  readonly host: string | undefined;
  readonly severity: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The parts of a message behind its priority. */
export interface SyslogBody {
  readonly app: string;
  readonly host: string | undefined;
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
}

const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;

/** RFC 3164 4.3.3: what has no priority, or none that can be, is user.notice. */
const DEFAULT_PRIORITY = 13;
const MOST_PRIORITY = 191;
const PRIORITY = /^<(0|[1-9]\d{0,2})>/;
const VERSION_1 = '1 ';
/** Of the whole message, by senders that write a file's beginning; RFC 5424 has one before the text. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * @param bytes one message without its framing
 * @param cutFrom octets it had before it was cut; undefined when it is whole
 * @returns undefined when there is nothing in it
 */
export function parseSyslog(bytes: Buffer, receivedMs: number, cutFrom?: number): SyslogMessage | undefined {
  const kept = bytes.subarray(0, MOST_SYSLOG_BYTES);
  const whole = cutFrom ?? bytes.length;
  const decoded = decodeText(whole > kept.length ? wholeCharacters(kept) : kept);
  const text = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded;
  const found = PRIORITY.exec(text);
  const claimed = found === null ? Number.NaN : Number(found[1]);
  const valid = claimed <= MOST_PRIORITY;
  const priority = valid ? claimed : DEFAULT_PRIORITY;
  const rest = valid && found !== null ? text.slice(found[0].length) : text;
  const structured =
    valid && rest.startsWith(VERSION_1) ? parseStructured(rest.slice(VERSION_1.length), receivedMs) : undefined;
  const body = structured ?? parseBsd(rest, receivedMs);
  const message = oneLine(body.text);
  const app = oneLine(body.app);
  const host = body.host === undefined ? undefined : oneLine(body.host);
  const fields = Object.fromEntries(Object.entries(body.fields).map((field) => field.map(oneLine)));
  if (message === '' && app === '' && Object.keys(fields).length === 0) return undefined;
  return {
    app,
    host,
    severity: priority % 8,
    message,
    fields: {
      facility: FACILITIES[Math.floor(priority / 8)] ?? '',
      ...(valid ? {} : { priority: 'none' }),
      ...(host === undefined ? {} : { host }),
      ...fields,
      ...(whole > kept.length ? { cutFrom: `${whole}` } : {}),
    },
  };
}
