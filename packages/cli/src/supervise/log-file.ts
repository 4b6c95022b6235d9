/**
 * The log files of supervised children, bounded: `<name>.log` is renamed to `.1`, `.1` to `.2`, when
 * it has grown to its share. Written at once, so that the last words before a crash are there.
 * A full disk loses log lines, never the supervisor.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const MAX_BYTES = 8 * 1024 * 1024;
const OLD_FILES = 2;

export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #fd: number | undefined;
  #bytes = 0;

  constructor(path: string, maxBytes = MAX_BYTES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  write(line: string): void {
    try {
      const fd = this.#open();
      this.#bytes += writeSync(fd, `${line}\n`);
      if (this.#bytes >= this.#maxBytes) this.#rotate();
    } catch {
      this.close();
    }
  }

  #open(): number {
    if (this.#fd === undefined) {
      mkdirSync(dirname(this.#path), { recursive: true });
      this.#fd = openSync(this.#path, 'a');
      this.#bytes = fstatSync(this.#fd).size;
    }
    return this.#fd;
  }

  #rotate(): void {
    this.close();
    for (let age = OLD_FILES; age >= 1; age -= 1) {
      const from = age === 1 ? this.#path : `${this.#path}.${age - 1}`;
      try {
        renameSync(from, `${this.#path}.${age}`);
      } catch {
        // There is none of that age yet.
      }
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
