/**
 * Finds batches and segments in a damaged SQLite file without SQLite: walks every leaf page of every table, in the file and
 * in its write-ahead log, and hands out the last blob of each row. What is a batch or a segment, and whole, its own
 * hash tells. So neither a damaged header nor index nor inner page costs more than the rows on that page.
 *
 * Format: https://www.sqlite.org/fileformat2.html (sections 1.5 to 1.6 and 4.1).
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { MOST_SEGMENT_BYTES } from './segment/segment.ts';

/** SQLite's default; the buffer never sets another. */
const PAGE = 4096;
const TABLE_LEAF = 0x0d;
const WAL_HEADER = 32;
const FRAME_HEADER = 24;
/** Largest payload kept on a leaf, and smallest part of a longer one (reserved bytes: none). */
const MOST_LOCAL = PAGE - 35;
const LEAST_LOCAL = Math.floor(((PAGE - 12) * 32) / 255) - 23;
/** A file's header stands before its first page's cells. */
const FIRST_PAGE_SKIP = 100;

interface Pages {
  /** Every page once from the file, then every version in the log. */
  all(): Generator<{ readonly page: Buffer; readonly first: boolean }>;
  /** The newest version of a page. */
  get(number: number): Buffer | undefined;
}

/** The last blob of each row, whole or not. */
export function* carve(file: string): Generator<Buffer> {
  const main = openSync(file, 'r');
  const wal = existsSync(`${file}-wal`) ? openSync(`${file}-wal`, 'r') : undefined;
  try {
    const pages = pagesOf(main, wal);
    for (const { page, first } of pages.all()) yield* leafBlobs(page, first, pages);
  } finally {
    closeSync(main);
    if (wal !== undefined) closeSync(wal);
  }
}

function readPage(handle: number, at: number): Buffer | undefined {
  const page = Buffer.alloc(PAGE);
  return readSync(handle, page, 0, PAGE, at) === PAGE ? page : undefined;
}

function pagesOf(main: number, wal: number | undefined): Pages {
  const inFile = Math.floor(fstatSync(main).size / PAGE);
  const inLog = new Map<number, number>();
  const frames: { number: number; at: number }[] = [];
  if (wal !== undefined) {
    const head = Buffer.alloc(4);
    const size = fstatSync(wal).size;
    for (let at = WAL_HEADER; at + FRAME_HEADER + PAGE <= size; at += FRAME_HEADER + PAGE) {
      readSync(wal, head, 0, 4, at);
      const number = head.readUInt32BE(0);
      frames.push({ number, at: at + FRAME_HEADER });
      inLog.set(number, at + FRAME_HEADER);
    }
  }
  return {
    *all() {
      for (let number = 1; number <= inFile; number += 1) {
        const page = readPage(main, (number - 1) * PAGE);
        if (page !== undefined) yield { page, first: number === 1 };
      }
      for (const { number, at } of frames) {
        const page = wal === undefined ? undefined : readPage(wal, at);
        if (page !== undefined) yield { page, first: number === 1 };
      }
    },
    get(number) {
      const at = inLog.get(number);
      if (at !== undefined && wal !== undefined) return readPage(wal, at);
      return number >= 1 && number <= inFile ? readPage(main, (number - 1) * PAGE) : undefined;
    },
  };
}

function* leafBlobs(page: Buffer, first: boolean, pages: Pages): Generator<Buffer> {
  const start = first ? FIRST_PAGE_SKIP : 0;
  if (page[start] !== TABLE_LEAF) return;
  const cells = page.readUInt16BE(start + 3);
  for (let cell = 0; cell < cells; cell += 1) {
    const pointer = start + 8 + cell * 2;
    if (pointer + 2 > PAGE) return;
    const payload = payloadAt(page, page.readUInt16BE(pointer), pages);
    const blob = payload === undefined ? undefined : lastBlob(payload);
    if (blob !== undefined) yield blob;
  }
}

/** The whole payload of a cell, its overflow pages followed; undefined when that leads nowhere. */
function payloadAt(page: Buffer, offset: number, pages: Pages): Buffer | undefined {
  const size = varint(page, offset);
  if (size === undefined || size.value > MOST_SEGMENT_BYTES + PAGE) return undefined;
  const rowid = varint(page, size.next);
  if (rowid === undefined) return undefined;
  const total = size.value;
  const candidate = LEAST_LOCAL + ((total - LEAST_LOCAL) % (PAGE - 4));
  const local = total <= MOST_LOCAL ? total : candidate <= MOST_LOCAL ? candidate : LEAST_LOCAL;
  if (rowid.next + local > PAGE) return undefined;
  const parts = [page.subarray(rowid.next, rowid.next + local)];
  let left = total - local;
  if (left > 0 && rowid.next + local + 4 > PAGE) return undefined;
  let next = left > 0 ? page.readUInt32BE(rowid.next + local) : 0;
  while (left > 0) {
    const more = pages.get(next);
    if (more === undefined) return undefined;
    parts.push(more.subarray(4, 4 + Math.min(left, PAGE - 4)));
    left -= PAGE - 4;
    next = more.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

/** The last blob among the columns of a record. */
function lastBlob(payload: Buffer): Buffer | undefined {
  const head = varint(payload, 0);
  if (head === undefined || head.value > payload.length) return undefined;
  let blob: Buffer | undefined;
  let value = head.value;
  for (let at = head.next; at < head.value;) {
    const type = varint(payload, at);
    if (type === undefined) return undefined;
    const bytes = columnBytes(type.value);
    if (type.value >= 12 && type.value % 2 === 0) {
      blob = value + bytes <= payload.length ? payload.subarray(value, value + bytes) : undefined;
    }
    value += bytes;
    at = type.next;
  }
  return blob;
}

const NUMBER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8] as const;

/** Bytes of a column's value by its serial type. */
function columnBytes(type: number): number {
  return type < 12 ? (NUMBER_BYTES[type] ?? 0) : Math.floor((type - 12) / 2);
}

/** SQLite's big-endian varint; lengths beyond 2^53 are nonsense here. */
function varint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let index = 0; index < 9; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    if (index === 8) return { value: value * 256 + byte, next: at + 9 };
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: at + index + 1 };
  }
  return undefined;
}
