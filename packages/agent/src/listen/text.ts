/** Bytes of devices as text for people: UTF-8 where they are, Latin-1 where they look like it. Pure but for Node's own UTF-8 check. */
import { isUtf8 } from 'node:buffer';

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
const UNPRINTABLE = /[^\t\n\r\u0020-\u007e\u00a0-\u00ff]/;

/** Never fails: what is not UTF-8 is read as Latin-1. The bytes themselves are kept elsewhere. */
export function decodeText(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** One line without control characters. */
export function oneLine(text: string): string {
  return text.replaceAll(CONTROL, ' ').trim();
}

/** An octet string that may be text or not: text when it reads as such, else hexadecimal. */
export function textOrHex(bytes: Buffer): string {
  const end = bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length;
  const body = bytes.subarray(0, end);
  const text = decodeText(body);
  const readable = isUtf8(body) ? !/[^\P{Cc}\t\n\r]/u.test(text) : !UNPRINTABLE.test(text);
  return readable ? oneLine(text) : bytes.toString('hex').replaceAll(/(..)(?=.)/g, '$1:');
}
