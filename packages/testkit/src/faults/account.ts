/**
 * The generating agents' own account: one line `epoch seq tick rows [slice slices]` for each batch they sealed, appended after
 * `seal` had answered. It is read on as it grows; a half-written last line waits for its end.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface AccountLine {
  readonly epoch: number;
  readonly seq: number;
  readonly tick: number;
  readonly rows: number;
  /** Of a tick sealed in slices of its devices: which, of how many. */
  readonly slice?: number;
  readonly slices?: number;
}

export class Account {
  readonly agent: string;
  readonly everyMs: number;
  readonly #file: string;
  readonly #lines: AccountLine[] = [];
  #offset = 0;
  #rest = '';

  constructor(agent: string, file: string, everyMs: number) {
    this.agent = agent;
    this.everyMs = everyMs;
    this.#file = file;
  }

  /** Lines whose tick lies in [fromMs, toMs), in the order they were written. */
  between(fromMs: number, toMs: number): readonly AccountLine[] {
    this.#readOn();
    const from = Math.ceil(fromMs / this.everyMs);
    const to = Math.ceil(toMs / this.everyMs);
    return this.#lines.filter(({ tick }) => tick >= from && tick < to);
  }

  /** Everything sealed so far. */
  all(): readonly AccountLine[] {
    this.#readOn();
    return this.#lines;
  }

  #readOn(): void {
    let file: number;
    try {
      file = openSync(this.#file, 'r');
    } catch {
      return;
    }
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#offset));
      const read = readSync(file, bytes, 0, bytes.length, this.#offset);
      this.#offset += read;
      const text = this.#rest + bytes.toString('latin1', 0, read);
      const lines = text.split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        const [epoch, seq, tick, rows, slice = 0, slices = 1] = line.split(' ').map(Number);
        if (epoch === undefined || seq === undefined || tick === undefined || rows === undefined) continue;
        // A line torn by a kill: its batch is in the buffer and counts as one the account does not know.
        if (![epoch, seq, tick, rows, slice, slices].every(Number.isSafeInteger)) continue;
        this.#lines.push({ epoch, seq, tick, rows, slice, slices });
      }
    } finally {
      closeSync(file);
    }
  }
}
