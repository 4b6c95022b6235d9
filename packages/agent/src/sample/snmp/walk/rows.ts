/**
 * A table's rows as they are known from walk to walk, in the order of their indexes. A walk mostly meets the rows it
 * met before, one after the other: a glance at the next one finds it, without a search and without making a text of its
 * index. Pure.
 */
import { compareOids, indexText, sameBytes } from '../codec/oid.ts';

export class TableRow<S> {
  readonly index: Uint8Array;
  /** Walk that saw it last, and its row in that walk's grid. */
  walk = 0;
  at = 0;
  state: S | undefined;
  #text: string | undefined;

  constructor(index: Uint8Array) {
    this.index = index;
  }

  /** `4.1.2` */
  get text(): string {
    return (this.#text ??= indexText(this.index));
  }
}

export class RowList<S> {
  #rows: TableRow<S>[] = [];
  /** Rises when positions change. */
  version = 0;

  get size(): number {
    return this.#rows.length;
  }

  at(position: number): TableRow<S> | undefined {
    return this.#rows[position];
  }

  /** Position of an index, which may be at `hint`; when it is not there yet, the complement (~) of where it belongs. */
  find(bytes: Uint8Array, start: number, end: number, hint: number): number {
    const guess = this.#rows[hint];
    if (guess !== undefined && sameBytes(bytes, start, end, guess.index)) return hint;
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const index = this.#rows[middle]?.index ?? bytes;
      const order = compareOids(index, 0, index.length, bytes, start, end);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return ~low;
  }

  insert(position: number, index: Uint8Array): TableRow<S> {
    const row = new TableRow<S>(index);
    this.#rows.splice(position, 0, row);
    this.version += 1;
    return row;
  }

  /** Rows of a walk, in order. */
  seenBy(walk: number): readonly TableRow<S>[] {
    return this.#rows.every((row) => row.walk === walk) ? this.#rows : this.#rows.filter((row) => row.walk === walk);
  }

  /** Forgets what this walk has not seen. */
  keepSeenBy(walk: number): void {
    if (this.#rows.every((row) => row.walk === walk)) return;
    this.#rows = this.#rows.filter((row) => row.walk === walk);
    this.version += 1;
  }
}
