/** A binary min-heap of items by a number, for timers. Stale entries are the owner's business. Pure. */
export class MinHeap<T> {
  readonly #keys: number[] = [];
  readonly #items: T[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** Smallest key; Infinity when empty. */
  get least(): number {
    return this.#keys[0] ?? Infinity;
  }

  push(key: number, item: T): void {
    let at = this.#keys.length;
    this.#keys.push(key);
    this.#items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#keys[parent] ?? 0) <= (this.#keys[at] ?? 0)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): T | undefined {
    const top = this.#items[0];
    const key = this.#keys.pop();
    const item = this.#items.pop();
    if (this.#keys.length === 0 || key === undefined || item === undefined) return top;
    this.#keys[0] = key;
    this.#items[0] = item;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < this.#keys.length && this.#key(left) < this.#key(least)) least = left;
      if (right < this.#keys.length && this.#key(right) < this.#key(least)) least = right;
      if (least === at) return top;
      this.#swap(at, least);
      at = least;
    }
  }

  clear(): void {
    this.#keys.length = 0;
    this.#items.length = 0;
  }

  #key(at: number): number {
    return this.#keys[at] ?? Infinity;
  }

  #swap(a: number, b: number): void {
    const key = this.#keys[a];
    const item = this.#items[a];
    if (key === undefined || item === undefined) return;
    this.#keys[a] = this.#keys[b] ?? 0;
    this.#items[a] = this.#items[b] ?? item;
    this.#keys[b] = key;
    this.#items[b] = item;
  }
}
