/**
 * The buffer against a model: whatever is done to it (crashed, copied, rolled back, damaged, out of room, its clock
 * turned), no key is given to two contents, everything sealed is readable or recorded as lost, and what it
 * tells loggers adds up. Real files; only the clocks and a full disk are played. fast-check prints the seed.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { addAll, countValues, digestOf, EMPTY_RANGES, hasValue, HOUR_MS, intersect, openBatch } from '@kaiku/protocol';
import type { RangeSet, TableRows } from '@kaiku/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BufferError } from '../errors.ts';
import { gaugeRows, META } from '../testing/rows.ts';
import { openBuffer, type AgentBuffer } from './agent-buffer.ts';
import { REAL_DISK, type Disk } from './database.ts';
import { DAY_MS } from './retention.ts';
import { pack } from './segment/pack.ts';

/** Some five seconds of a machine that does nothing else; as many on any. */
const RUNS = Number(process.env['KAIKU_BUFFER_RUNS'] ?? 250);
const MOST_MS = 100_000;
const START_MS = Date.UTC(2026, 5, 1, 12);
const MEMORY_DISK = '/dev/shm';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'kaiku-model-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ACTS = [
  'publish',
  'ack',
  'lacks',
  'flush',
  'prune',
  'reopen',
  'crash',
  'copy',
  'save',
  'restore',
  'dropState',
  'nextDay',
  'contest',
  'release',
  'full',
  'room',
  'failOnce',
  'new epoch',
] as const;
type Step =
  | { readonly act: 'seal'; readonly rows: number }
  | { readonly act: (typeof ACTS)[number] }
  | { readonly act: 'compact' }
  | { readonly act: 'jump'; readonly hours: number }
  | {
      readonly act: 'garble';
      readonly file: number;
      readonly at: number;
      readonly bytes: number;
      readonly cut: boolean;
    };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ act: 'compact' as const }) },
  { weight: 12, arbitrary: fc.record({ act: fc.constant('seal' as const), rows: fc.integer({ min: 1, max: 120 }) }) },
  { weight: 10, arbitrary: fc.record({ act: fc.constantFrom(...ACTS) }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('jump' as const), hours: fc.integer({ min: -9000, max: 9000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('garble' as const),
      file: fc.nat(9),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      bytes: fc.integer({ min: 1, max: 300 }),
      cut: fc.boolean(),
    }),
  },
);

/** What a full or failing disk does, in front of a real one. */
class PlayedDisk implements Disk {
  full = false;
  failOnce = false;
  totalBytes(dir: string): number {
    return REAL_DISK.totalBytes(dir);
  }
  freeBytes(): number {
    return this.full ? 0 : 1e12;
  }
  beforeWrite(what: 'state' | 'day'): void {
    if (this.full) throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
    if (!this.failOnce || what === 'state') return;
    this.failOnce = false;
    throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
  }
}

const keyOf = (epoch: number, seq: number): string => `${epoch}/${seq}`;

/** The same series each time, as agents measure. */
function samples(rows: number, seed: number): TableRows {
  const { data, ...rest } = gaugeRows('agent-a', rows, seed);
  return { ...rest, data: [new BigUint64Array(rows).map((_, row) => BigInt(row)), ...data.slice(1)] };
}

/** Batches packed in all runs. */
let packed = 0;

/** The buffer under test, and what the outside knows of it. */
class Subject {
  buffer: AgentBuffer;
  /** Hash of every key ever given out, also by lives that were rolled back. Never changes for a key. */
  readonly contents = new Map<string, { readonly sha256: string; readonly sealedMs: number }>();
  /** Keys this life has sealed. */
  sealed = new Set<string>();
  /** Something was done that may cost batches already sealed. */
  harmed = false;
  nowMs = START_MS;
  uptimeMs = 0;
  readonly #disk = new PlayedDisk();
  #dir: string;
  #generation = 0;
  #saved: { readonly dir: string; readonly sealed: ReadonlySet<string> } | undefined;
  #seed = 0;

  constructor(dir: string) {
    this.#dir = dir;
    this.buffer = this.#open();
  }

  #open(): AgentBuffer {
    const full = this.#disk.full;
    // A full disk at a start is another matter: the agent does not start.
    this.#disk.full = false;
    const buffer = openBuffer({
      dir: this.#dir,
      agent: 'agent-a',
      maxDays: 30,
      now: () => this.nowMs,
      uptimeMs: () => this.uptimeMs,
      disk: this.#disk,
      pack: (envelopes) => Promise.resolve(pack(envelopes)),
      // Some lives seal what older loggers read.
      batchVersion: this.#seed % 300 === 0 ? 1 : 2,
    });
    this.#disk.full = full;
    return buffer;
  }

  #reopened(change: () => void = () => undefined): void {
    this.buffer.close();
    change();
    this.buffer = this.#open();
  }

  async apply(step: Step): Promise<void> {
    if (step.act === 'compact') await this.#compact();
    else this.#apply(step);
  }

  /** Seven hours later everything is over. What every batch holds is the same, wherever it stands. */
  async #compact(): Promise<void> {
    this.nowMs += 7 * HOUR_MS;
    this.uptimeMs += 7 * HOUR_MS;
    try {
      for (let done; (done = await this.buffer.compact()) !== undefined;) packed += done.batches;
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
    }
  }

  #apply(step: Exclude<Step, { act: 'compact' }>): void {
    this.nowMs += 1000;
    this.uptimeMs += 1000;
    switch (step.act) {
      case 'seal':
        return this.#seal(step.rows);
      case 'publish':
        return this.#someHeld((epoch, ranges) => {
          for (const [from] of ranges) this.buffer.markPublished({ epoch, seq: from });
        });
      case 'ack':
        return this.#someHeld((epoch, ranges) => this.buffer.markAcked('logger-1', epoch, ranges));
      case 'lacks':
        return this.#someHeld((epoch, ranges) => this.buffer.lacks('logger-1', epoch, ranges));
      case 'flush':
        if (!this.#disk.full) this.buffer.flush();
        return;
      case 'prune':
        return this.buffer.prune();
      case 'reopen':
        return this.#reopened();
      case 'crash':
        return this.#crash();
      case 'copy':
        return this.#move(this.#dir);
      case 'save':
        return this.#save();
      case 'restore':
        if (this.#saved === undefined) return;
        this.sealed = new Set(this.#saved.sealed);
        this.harmed = true;
        return this.#move(this.#saved.dir);
      case 'dropState':
        this.harmed = true;
        return this.#reopened(() => rmSync(join(this.#dir, 'state.db')));
      case 'nextDay':
        this.nowMs += DAY_MS;
        this.uptimeMs += DAY_MS;
        return;
      case 'jump':
        this.nowMs = Math.max(START_MS - 400 * DAY_MS, this.nowMs + step.hours * HOUR_MS);
        return;
      case 'contest':
        return this.buffer.contest();
      case 'release':
        return this.buffer.release();
      case 'full':
        this.#disk.full = true;
        return;
      case 'room':
        this.#disk.full = false;
        return;
      case 'failOnce':
        this.#disk.failOnce = true;
        return;
      case 'new epoch':
        return this.buffer.beginEpoch('asked');
      case 'garble':
        return this.#garble(step);
    }
  }

  #seal(rows: number): void {
    this.#seed += 100;
    const before = this.buffer.epoch;
    try {
      const { epoch, seq, bytes } = this.buffer.seal([samples(rows, this.#seed)], META);
      const batch = openBatch(bytes);
      if (!batch.ok) throw new Error(batch.reason);
      expect(batch.header).toMatchObject({ epoch, seq, agent: 'agent-a' });
      expect(this.contents.has(keyOf(epoch, seq)), `${keyOf(epoch, seq)} given out twice`).toBe(false);
      expect(epoch).toBeGreaterThanOrEqual(before);
      this.contents.set(keyOf(epoch, seq), { sha256: batch.sha256, sealedMs: batch.header.sealedMs });
      this.sealed.add(keyOf(epoch, seq));
    } catch (error) {
      // A disk that refuses costs this moment's samples and nothing else.
      if (!(error instanceof BufferError)) throw error;
      expect(this.buffer.refused).toBeDefined();
    }
  }

  #someHeld(use: (epoch: number, ranges: RangeSet) => void): void {
    for (const [epoch, ranges] of this.buffer.stored()) use(epoch, ranges);
  }

  /** The files as a killed process leaves them, in place: same names, same state.db. */
  #crash(): void {
    const files = readdirSync(this.#dir).map((name) => [name, readFileSync(join(this.#dir, name))] as const);
    this.#reopened(() => {
      for (const name of readdirSync(this.#dir)) if (name !== 'state.db') rmSync(join(this.#dir, name));
      for (const [name, bytes] of files) writeFileSync(join(this.#dir, name), bytes);
    });
  }

  #move(from: string): void {
    this.#generation += 1;
    const to = `${this.#dir.replace(/-g\d+$/, '')}-g${this.#generation}`;
    const { instance } = this.buffer;
    this.#reopened(() => {
      cpSync(from, to, { recursive: true });
      this.#dir = to;
    });
    expect(this.buffer.instance).not.toBe(instance);
  }

  #save(): void {
    this.#generation += 1;
    const dir = `${this.#dir}-s${this.#generation}`;
    this.#reopened(() => cpSync(this.#dir, dir, { recursive: true }));
    this.#saved = { dir, sealed: new Set(this.sealed) };
  }

  #garble({ file, at, bytes, cut }: Extract<Step, { act: 'garble' }>): void {
    this.harmed = true;
    const snapshot = readdirSync(this.#dir).map((name) => [name, readFileSync(join(this.#dir, name))] as const);
    const victims = snapshot.filter(([name]) => /\.db(-wal)?$/.test(name));
    const [victim = '', content = Buffer.alloc(0)] = victims[file % victims.length] ?? [];
    const from = Math.floor(at * content.length);
    content.fill(0xa5, from, Math.min(from + bytes, content.length));
    this.#reopened(() => {
      for (const name of readdirSync(this.#dir)) if (name !== 'state.db') rmSync(join(this.#dir, name));
      for (const [name, each] of snapshot) {
        writeFileSync(join(this.#dir, name), cut && name === victim ? each.subarray(0, from) : each);
      }
    });
  }

  /** What must hold whatever was done. */
  check(): void {
    const readable = new Set<string>();
    for (const key of this.sealed) {
      const [epoch = 0, seq = 0] = key.split('/').map(Number);
      const bytes = this.buffer.read({ epoch, seq });
      if (bytes === undefined) continue;
      readable.add(key);
      const batch = openBatch(bytes);
      expect(batch.ok && batch.sha256).toBe(this.contents.get(key)?.sha256);
    }
    const held = new Set<string>();
    const lost = new Map<string, string>();
    const ends = new Map<number, number>();
    for (const part of this.buffer.inventory()) {
      const { epoch, from, to } = part;
      // Newest part first: each ends where the one before began.
      expect(to).toBe((ends.get(epoch) ?? to + 1) - 1);
      ends.set(epoch, from);
      let sum = countValues(part.held);
      let all = addAll(EMPTY_RANGES, part.held);
      for (const { ranges, reason } of part.lost) {
        sum += countValues(ranges);
        all = addAll(all, ranges);
        for (const [a, b] of ranges) for (let seq = a; seq <= b; seq += 1) lost.set(keyOf(epoch, seq), reason);
      }
      expect(all).toEqual([[from, to]]);
      expect(sum).toBe(to - from + 1);
      expect(intersect(part.waiting, part.held)).toEqual(part.waiting);
      expect(intersect(part.waiting, this.buffer.published.get(epoch) ?? EMPTY_RANGES)).toEqual([]);
      for (const [a, b] of part.held) for (let seq = a; seq <= b; seq += 1) held.add(keyOf(epoch, seq));
    }
    for (const from of ends.values()) expect(from).toBe(1);
    for (const key of held) expect(readable.has(key), `${key} held but not readable`).toBe(true);
    for (const key of this.sealed) {
      const told = held.has(key) || lost.has(key);
      // Only when state.db went too may a whole epoch be forgotten; a logger calls that lost as well.
      if (!this.harmed) expect(told, `${key} neither held nor lost`).toBe(true);
      if (readable.has(key)) expect(held.has(key) || lost.get(key) === 'contested').toBe(true);
      if (!this.harmed && !held.has(key)) expect(['contested', 'expired', 'space']).toContain(lost.get(key));
    }
    this.#checkAudit(held);
  }

  #checkAudit(held: ReadonlySet<string>): void {
    const hours = new Map<string, string[]>();
    for (const key of held) {
      const { sha256, sealedMs } = this.contents.get(key) ?? { sha256: '', sealedMs: 0 };
      const hour = `${key.split('/')[0]}/${Math.floor(sealedMs / HOUR_MS) * HOUR_MS}`;
      hours.set(hour, [...(hours.get(hour) ?? []), sha256]);
    }
    for (const [hour, hashes] of hours) {
      const [epoch = 0, hourMs = 0] = hour.split('/').map(Number);
      expect(
        this.buffer
          .list(epoch, hourMs)
          .map(({ sha256 }) => sha256)
          .toSorted(),
      ).toEqual(hashes.toSorted());
      expect(this.buffer.audit(epoch, hourMs, hourMs + HOUR_MS)).toEqual([
        { hourMs, batches: hashes.length, digest: digestOf(hashes) },
      ]);
    }
  }

  close(): void {
    this.buffer.close();
  }
}

/** Packs for certain, however few runs there is time for. */
const PACKED: readonly Step[] = [
  { act: 'seal', rows: 90 },
  { act: 'seal', rows: 90 },
  { act: 'seal', rows: 90 },
  { act: 'compact' },
];

test(
  'whatever is done to it, the buffer tells the truth',
  async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 4, maxLength: 30 }), async (steps) => {
        runs += 1;
        const subject = new Subject(join(root, String(runs)));
        try {
          for (const each of steps) {
            const { epoch } = subject.buffer;
            await subject.apply(each);
            if (each.act !== 'restore' && each.act !== 'dropState' && each.act !== 'garble') {
              expect(subject.buffer.epoch).toBeGreaterThanOrEqual(epoch);
            }
          }
          subject.check();
          // And the same again after a restart.
          await subject.apply({ act: 'reopen' });
          subject.check();
        } finally {
          subject.close();
          for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
        }
      }),
      {
        numRuns: RUNS,
        interruptAfterTimeLimit: MOST_MS,
        markInterruptAsFailure: false,
        examples: [[[...PACKED]], [[...PACKED, { act: 'crash' }, ...PACKED, { act: 'copy' }]]],
      },
    );
    expect(runs).toBeGreaterThan(20);
    expect(packed).toBeGreaterThanOrEqual(9);
  },
  MOST_MS + 60_000,
);

test('a set of many ranges is told in parts', () => {
  const buffer = openBuffer({ dir: join(root, 'parts'), agent: 'agent-a' });
  buffer.bulk(() => {
    for (let index = 0; index < 4100; index += 1) buffer.seal([gaugeRows('agent-a', 1, index)], META);
  });
  const { epoch } = buffer;
  for (let seq = 1; seq <= 4100; seq += 2) buffer.markPublished({ epoch, seq });
  const parts = buffer.inventory();
  expect(parts).toHaveLength(3);
  expect(parts.map(({ to }) => to)[0]).toBe(4100);
  expect(parts.every(({ waiting }) => waiting.length <= 1000)).toBe(true);
  expect(parts.reduce((sum, { waiting }) => sum + countValues(waiting), 0)).toBe(2050);
  expect(hasValue(parts[0]?.held ?? [], 4100)).toBe(true);
  buffer.close();
});
