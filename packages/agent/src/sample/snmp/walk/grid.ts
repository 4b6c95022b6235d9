/**
 * The cells of a walk: which message holds each, and where in it. Values are read when all columns of a row are there
 * (its name and its speed are among them), so messages are kept until then. Flat arrays, used again. Pure.
 */
import type { DeviceTime } from '../device/device-clock.ts';

/** An answer of the device with the time it was given. */
interface Message {
  readonly bytes: Uint8Array;
  readonly time: DeviceTime;
}

const FIRST_CELLS = 512;
/** Grids of large tables are let go. */
const MOST_KEPT_CELLS = 16_384;
const MOST_SPARE = 8;
const spare: Grid[] = [];

export class Grid {
  width = 1;
  rows = 0;
  messages: Message[] = [];
  /** By row * width + column; tag 0: no cell. */
  tag = new Uint8Array(FIRST_CELLS);
  message = new Uint16Array(FIRST_CELLS);
  start = new Uint16Array(FIRST_CELLS);
  end = new Uint16Array(FIRST_CELLS);

  static open(width: number): Grid {
    const grid = spare.pop() ?? new Grid();
    grid.width = width;
    return grid;
  }

  /** Nobody reads it any more. */
  release(): void {
    this.tag.fill(0, 0, this.rows * this.width);
    this.rows = 0;
    this.messages = [];
    if (this.tag.length <= MOST_KEPT_CELLS && spare.length < MOST_SPARE) spare.push(this);
  }

  addRow(): number {
    const row = this.rows;
    this.rows += 1;
    while (this.rows * this.width > this.tag.length) this.#grow();
    return row;
  }

  put(row: number, column: number, tag: number, start: number, end: number): void {
    const cell = row * this.width + column;
    this.tag[cell] = tag;
    this.message[cell] = this.messages.length - 1;
    this.start[cell] = start;
    this.end[cell] = end;
  }

  #grow(): void {
    const size = this.tag.length * 2;
    const tag = new Uint8Array(size);
    tag.set(this.tag);
    this.tag = tag;
    this.message = enlarged(this.message, size);
    this.start = enlarged(this.start, size);
    this.end = enlarged(this.end, size);
  }
}

function enlarged(old: Uint16Array<ArrayBuffer>, size: number): Uint16Array<ArrayBuffer> {
  const larger = new Uint16Array(size);
  larger.set(old);
  return larger;
}
