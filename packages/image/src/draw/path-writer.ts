/**
 * Path data as bytes: whole tenths of a pixel, relative after the first point, no separator before a
 * minus sign. Written digit by digit into one reused buffer, which is what makes a graph of thousands
 * of points cost a fraction of a millisecond. Not re-entrant; every call to `take` empties it.
 */
import type { Track } from '../reduce/track.ts';

const decoder = new TextDecoder('latin1');
const SPACE = 32;
const MINUS = 45;
const ZERO = 48;
const M = 77;
const V = 86;
const Z = 122;
const l = 108;
const NUMBER_BYTES = 12;

let bytes = new Uint8Array(1 << 16);
let size = 0;

function reserve(count: number): void {
  if (size + count <= bytes.length) return;
  const larger = new Uint8Array(Math.max(bytes.length * 2, size + count));
  larger.set(bytes.subarray(0, size));
  bytes = larger;
}

/** Writes `value`; `separate` puts a space before a number that has no minus sign. */
function number(value: number, separate: boolean): void {
  let rest = value;
  if (rest < 0) {
    bytes[size++] = MINUS;
    rest = -rest;
  } else if (separate) bytes[size++] = SPACE;
  if (rest < 10) {
    bytes[size++] = ZERO + rest;
    return;
  }
  let end = size + (rest < 100 ? 2 : rest < 1000 ? 3 : rest < 10_000 ? 4 : rest < 100_000 ? 5 : String(rest).length);
  const after = end;
  while (end > size) {
    const tenth = (rest / 10) | 0;
    bytes[--end] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  size = after;
}

function take(): string {
  const text = decoder.decode(bytes.subarray(0, size));
  size = 0;
  return text;
}

/** Path data of a line (open) or surface (closed) track. */
export function pathOf(track: Track): string {
  const { x, top, bottom, runs } = track;
  reserve(2 * NUMBER_BYTES * (x.length + runs.length + 2) * (bottom instanceof Int32Array ? 2 : 1));
  for (let run = 0; run + 1 < runs.length; run += 2) {
    const start = runs[run] as number;
    const end = runs[run + 1] as number;
    bytes[size++] = M;
    number(x[start] as number, false);
    if (typeof bottom === 'number') {
      number(bottom, true);
      bytes[size++] = V;
      number(top[start] as number, false);
    } else number(top[start] as number, true);
    bytes[size++] = l;
    for (let i = start + 1; i < end; i++) {
      number((x[i] as number) - (x[i - 1] as number), i > start + 1);
      number((top[i] as number) - (top[i - 1] as number), true);
    }
    if (end - start < 2) size--;
    if (bottom === undefined) continue;
    bytes[size++] = V;
    if (typeof bottom === 'number') number(bottom, false);
    else {
      number(bottom[end - 1] as number, false);
      if (end - start > 1) bytes[size++] = l;
      for (let i = end - 2; i >= start; i--) {
        number((x[i] as number) - (x[i + 1] as number), i < end - 2);
        number((bottom[i] as number) - (bottom[i + 1] as number), true);
      }
    }
    bytes[size++] = Z;
  }
  return take();
}
