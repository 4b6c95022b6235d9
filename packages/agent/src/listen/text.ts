/** Bytes of devices as text for people: UTF-8 where they are, Latin-1 where they look like it. Pure but for Node's own UTF-8 check. */
import { isUtf8 } from 'node:buffer';

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Never fails: what is not UTF-8 is read as Latin-1. The bytes themselves are kept elsewhere. */
export function decodeText(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** Bytes that were cut, without what is left of a UTF-8 character at their end: half a character would make all of it Latin-1. */
export function wholeCharacters<T extends Uint8Array>(bytes: T): T {
  let at = bytes.length - 1;
  while (at > 0 && bytes.length - at < 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  const lead = bytes[at] ?? 0;
  const wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return wanted > bytes.length - at ? (bytes.subarray(0, at) as T) : bytes;
}

/** One line without control characters. */
export function oneLine(text: string): string {
  return text.replaceAll(CONTROL, ' ').trim();
}
