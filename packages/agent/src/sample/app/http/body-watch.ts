/**
 * Looks through a body while it streams by, so that its size costs no memory: sought texts are found across chunk
 * borders, and only the head is kept for patterns and extraction. Pure.
 */

const HEAD_BYTES = 65_536;

export class BodyWatch {
  readonly #sought: readonly { readonly text: string; readonly bytes: Buffer }[];
  readonly #found = new Set<string>();
  readonly #head: Buffer[] = [];
  readonly #keepHead: boolean;
  readonly #charset: 'utf8' | 'latin1';
  readonly #overlap: number;
  #tail: Buffer = Buffer.alloc(0);
  #headBytes = 0;
  #size = 0;

  constructor(sought: readonly string[], keepHead: boolean, charset: 'utf8' | 'latin1' = 'utf8') {
    this.#sought = sought.map((text) => ({ text, bytes: Buffer.from(text, charset) }));
    this.#keepHead = keepHead;
    this.#charset = charset;
    this.#overlap = Math.max(0, ...this.#sought.map(({ bytes }) => bytes.length - 1));
  }

  feed(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#keepHead && this.#headBytes < HEAD_BYTES) {
      const part = chunk.subarray(0, HEAD_BYTES - this.#headBytes);
      this.#head.push(part);
      this.#headBytes += part.length;
    }
    if (this.#found.size === this.#sought.length) return;
    const window = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    for (const { text, bytes } of this.#sought) {
      if (!this.#found.has(text) && window.includes(bytes)) this.#found.add(text);
    }
    this.#tail = Buffer.from(window.subarray(Math.max(0, window.length - this.#overlap)));
  }

  get size(): number {
    return this.#size;
  }

  found(text: string): boolean {
    return this.#found.has(text);
  }

  /** The first 64 KiB as text. */
  head(): string {
    return Buffer.concat(this.#head).toString(this.#charset);
  }

  /** Whether the head is the whole body. */
  get headIsAll(): boolean {
    return this.#headBytes === this.#size;
  }
}
