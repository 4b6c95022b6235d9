/**
 * RFC 5424 behind `<PRI>1 `: time, host, application, process, message id, structured data, text. Pure.
 *
 * One pass without going back, so no input takes longer than its length.
 */
import { isoTime } from './bsd.ts';
import type { SyslogBody } from './parse.ts';

const NIL = '-';
const BYTE_ORDER_MARK = '\ufeff';
const MOST_PARAMETERS = 64;
const MOST_CHARS = 1000;
/** Up to nine digits, and the zone may be missing: .NET's seven and a few devices are heard as well. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?$/;
/** As RFC 5424 6.2 limits them, with some patience. */
const MOST_HEADER_CHARS = 256;

/** undefined when it is not of this form. Structured data that is none (Check Point's) is text. */
export function parseStructured(text: string, receivedMs: number): SyslogBody | undefined {
  const words: string[] = [];
  let at = 0;
  for (let word = 0; word < 5; word += 1) {
    const space = text.indexOf(' ', at);
    if (space <= at || space - at > MOST_HEADER_CHARS) return undefined;
    words.push(text.slice(at, space));
    at = space + 1;
  }
  const [time = NIL, host = NIL, app = NIL, process = NIL, messageId = NIL] = words;
  if (time !== NIL && !TIME.test(time)) return undefined;
  const data = parseData(text, at) ?? { fields: {}, end: at };
  const body = text.slice(data.end);
  const given = (name: string, word: string): Record<string, string> => (word === NIL ? {} : { [name]: word });
  return {
    app: app === NIL ? '' : app,
    host: host === NIL ? undefined : host,
    text: body.replace(BYTE_ORDER_MARK, ''),
    fields: {
      ...(time === NIL ? {} : isoTime(time, receivedMs)),
      ...given('process', process),
      ...given('messageId', messageId),
      ...data.fields,
    },
  };
}

interface Data {
  readonly fields: Record<string, string>;
  /** Where the text begins. */
  readonly end: number;
}

/** `-`, or elements `[id name="value" …]` one behind the other; then a blank and the text, or nothing. */
function parseData(text: string, start: number): Data | undefined {
  const fields: Record<string, string> = {};
  let at = start;
  if (text[at] === NIL) at += 1;
  else {
    if (text[at] !== '[') return undefined;
    while (text[at] === '[') {
      const end = parseElement(text, at + 1, fields);
      if (end === undefined) return undefined;
      at = end;
    }
  }
  if (at < text.length && text[at] !== ' ') return undefined;
  return { fields, end: Math.min(at + 1, text.length) };
}

/** Behind `[`; answers where it goes on behind `]`. */
function parseElement(text: string, start: number, fields: Record<string, string>): number | undefined {
  let at = nameEnd(text, start);
  if (at === start) return undefined;
  const id = text.slice(start, at);
  if (text[at] === ']') add(fields, id, '');
  while (text[at] === ' ') {
    const nameStart = at + 1;
    at = nameEnd(text, nameStart);
    const name = text.slice(nameStart, at);
    if (name === '' || text[at] !== '=' || text[at + 1] !== '"') return undefined;
    const value = parseValue(text, at + 2);
    if (value === undefined) return undefined;
    add(fields, `${id}.${name}`, value.text);
    at = value.end;
  }
  return text[at] === ']' ? at + 1 : undefined;
}

function nameEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && at - start <= MOST_HEADER_CHARS && !' ="]'.includes(text[at] ?? '')) at += 1;
  return at;
}

/** Behind the first quote; `\"`, `\\` and `\]` stand for what follows the backslash, any other backslash for itself. */
function parseValue(text: string, start: number): { readonly text: string; readonly end: number } | undefined {
  const parts: string[] = [];
  let from = start;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') {
      parts.push(text.slice(from, at));
      return { text: parts.join(''), end: at + 1 };
    }
    if (char === '\\' && '"\\]'.includes(text[at + 1] ?? ' ')) {
      parts.push(text.slice(from, at));
      at += 1;
      from = at;
    }
  }
  return undefined;
}

function add(fields: Record<string, string>, name: string, value: string): void {
  if (Object.keys(fields).length < MOST_PARAMETERS) fields[name] = value.slice(0, MOST_CHARS);
}
