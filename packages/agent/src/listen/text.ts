/** Bytes of devices as text for people: UTF-8 where they are, Latin-1 where they look like it. Pure but for Node's own UTF-8 check. */
import { isUtf8 } from 'node:buffer';

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Never fails: what is not UTF-8 is read as Latin-1. The bytes themselves are kept elsewhere. */
export function decodeText(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** One line without control characters. */
export function oneLine(text: string): string {
  return text.replaceAll(CONTROL, ' ').trim();
}
