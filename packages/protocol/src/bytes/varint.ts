/**
 * Unsigned LEB128 as ClickHouse's Native format uses it for lengths and counts.
 * Pure; numbers are limited to 2^53-1.
 */

/** Bytes needed for `value`. */
export function varintLength(value: number): number {
  let bytes = 1;
  while (value >= 128) {
    value = Math.floor(value / 128);
    bytes += 1;
  }
  return bytes;
}

/** Writes `value` at `offset`; returns the offset behind it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  while (value >= 128) {
    target[offset++] = (value % 128) | 0x80;
    value = Math.floor(value / 128);
  }
  target[offset++] = value;
  return offset;
}

export interface VarintRead {
  readonly value: number;
  readonly next: number;
}

/** Reads a varint at `offset`; undefined when it is cut short or longer than 53 bits. */
export function readVarint(source: Uint8Array, offset: number): VarintRead | undefined {
  let value = 0;
  let scale = 1;
  for (let index = offset; index < source.length && index - offset < 8; index += 1) {
    const byte = source[index] ?? 0;
    value += (byte & 0x7f) * scale;
    if (!Number.isSafeInteger(value)) return undefined;
    if (byte < 0x80) return { value, next: index + 1 };
    scale *= 128;
  }
  return undefined;
}
