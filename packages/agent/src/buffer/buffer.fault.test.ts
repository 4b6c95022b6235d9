/**
 * What the disk can do to a buffer: full, refusing to sync, cut off from power, its files torn or spoilt. Real
 * SQLite on real file systems; what needs root or a tool that is not there is skipped and says so.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { countValues, openBatch } from '@kaiku/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gaugeRows, META } from '../testing/rows.ts';
import { openBuffer, type AgentBuffer } from './agent-buffer.ts';
import type { BufferEvent } from './events.ts';
import type { BufferOptions } from './options.ts';

const SEALER = fileURLToPath(new URL('fault-sealer.ts', import.meta.url));
const ROOT = process.getuid?.() === 0;
const has = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

let root: string;
const cleanups: (() => void)[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kaiku-b-fault-'));
});
afterEach(() => {
  for (const each of cleanups.splice(0).toReversed()) each();
  rmSync(root, { recursive: true, force: true });
});

/** A sealing process, and what it has told. */
class Sealer {
  readonly sealed = new Map<string, string>();
  readonly events: string[] = [];
  refused = 0;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(args: readonly string[], through: readonly string[] = []) {
    const [command = process.execPath, ...rest] = [...through, process.execPath, SEALER, ...args];
    // A group of its own: a tracer that is killed leaves what it traced.
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    this.#child = child;
    this.#ended = new Promise((done) => child.once('close', done));
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line));
    cleanups.push(() => this.#signal());
  }

  #hear(line: string): void {
    const [first = '', second = ''] = line.split(' ');
    if (first === 'refused') this.refused += 1;
    else if (first === 'event') this.events.push(second);
    else if (first.includes('/')) {
      expect(this.sealed.has(first), `${first} told twice`).toBe(false);
      this.sealed.set(first, second);
    }
  }

  async until(what: string, reached: () => boolean): Promise<void> {
    await expect.poll(reached, { timeout: 15_000, interval: 10, message: what }).toBe(true);
  }

  async kill(): Promise<void> {
    this.#signal();
    await this.#ended;
  }

  #signal(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
  }
}

function open(dir: string, over: Partial<BufferOptions> = {}): AgentBuffer {
  const buffer = openBuffer({ dir, agent: 'agent-a', ...over });
  cleanups.push(() => buffer.close());
  return buffer;
}

function sealMany(buffer: AgentBuffer, times: number, rows = 60): Map<string, string> {
  const out = new Map<string, string>();
  for (let index = 0; index < times; index += 1) {
    const { epoch, seq, bytes } = buffer.seal([gaugeRows('agent-a', rows, index * 7919)], META);
    const batch = openBatch(bytes);
    out.set(`${epoch}/${seq}`, batch.ok ? batch.sha256 : batch.reason);
  }
  return out;
}

/** Which of these can be read, each with the hash it was sealed with. */
function readable(buffer: AgentBuffer, sealed: ReadonlyMap<string, string>): ReadonlySet<string> {
  const out = new Set<string>();
  for (const [key, sha256] of sealed) {
    const [epoch = 0, seq = 0] = key.split('/').map(Number);
    const bytes = buffer.read({ epoch, seq });
    if (bytes === undefined) continue;
    const batch = openBatch(bytes);
    expect(batch.ok && batch.sha256).toBe(sha256);
    out.add(key);
  }
  return out;
}

/** How many of an epoch are held and how many lost, by what is told to loggers. */
function told(buffer: AgentBuffer, epoch: number): { held: number; lost: number } {
  const parts = buffer.inventory().filter((each) => each.epoch === epoch);
  return {
    held: parts.reduce((sum, { held }) => sum + countValues(held), 0),
    lost: parts.reduce((sum, { lost }) => sum + lost.reduce((all, { ranges }) => all + countValues(ranges), 0), 0),
  };
}

const dayFile = (dir: string): string =>
  join(
    dir,
    readdirSync(dir)
      .filter((name) => /^\d{4}-.*\.db$/.test(name))
      .toSorted()[0] ?? '',
  );

describe('torn', () => {
  test.each([
    ['the day file cut short', '', 0.5],
    ['the day file’s end garbled', '', undefined],
    ['the log cut short', '-wal', 0.5],
    ['the log’s end garbled', '-wal', undefined],
  ])('%s: what is whole is kept, the rest is a loss, a new epoch begins', (_, suffix, cutAt) => {
    const first = open(join(root, 'a'));
    const sealed = sealMany(first, 200);
    if (suffix === '') first.close();
    const dir = join(root, 'b');
    cpSync(join(root, 'a'), dir, { recursive: true });
    const file = dayFile(dir) + suffix;
    const bytes = readFileSync(file);
    const from = Math.floor(bytes.length * (cutAt ?? 0.8));
    writeFileSync(file, cutAt === undefined ? bytes.fill(0x5a, from) : bytes.subarray(0, from));
    const second = open(dir);
    expect(second.epoch).toBeGreaterThan(first.epoch);
    const kept = readable(second, sealed);
    expect(kept.size).toBeGreaterThan(40);
    expect(kept.size).toBeLessThan(200);
    expect(told(second, first.epoch)).toEqual({ held: kept.size, lost: 200 - kept.size });
    expect(second.seal([gaugeRows('agent-a', 1, 1)], META).seq).toBe(1);
  });
});

describe('spoilt', () => {
  test('any one page of any old day: at most the batches on it are lost, the rest of the day is read', () => {
    let nowMs = Date.UTC(2026, 5, 1, 12);
    const now = (): number => nowMs;
    const source = join(root, 'source');
    const first = open(source, { now });
    const sealed = sealMany(first, 60, 300);
    const { epoch } = first;
    first.markAcked('logger-1', epoch, [[1, 60]]);
    nowMs += 86_400_000;
    sealMany(first, 1);
    first.close();
    const pages = readFileSync(dayFile(source)).length / 4096;
    for (let page = 0; page < pages; page += Math.ceil(pages / 40)) {
      const dir = join(root, `page-${page}`);
      cpSync(source, dir, { recursive: true });
      const bytes = readFileSync(dayFile(dir));
      writeFileSync(dayFile(dir), bytes.fill(0xee, page * 4096 + 40, page * 4096 + 1000));
      const events: BufferEvent[] = [];
      const second = open(dir, { now, onEvent: (event) => void events.push(event) });
      const kept = readable(second, sealed);
      // A leaf holds the beginnings of some ten batches; anything else costs one or none.
      expect(kept.size, `page ${page}`).toBeGreaterThanOrEqual(60 - 20);
      expect(told(second, epoch)).toEqual({ held: kept.size + 1, lost: 60 - kept.size });
      if (kept.size < 60) expect(events.some(({ kind }) => kind === 'damage')).toBe(true);
      second.close();
      rmSync(dir, { recursive: true });
    }
  });

  test('state.db: batches stay, a new epoch and a new instance begin', () => {
    const first = open(root);
    const sealed = sealMany(first, 20);
    const { instance, epoch } = first;
    first.close();
    writeFileSync(join(root, 'state.db'), Buffer.alloc(8192, 0x77));
    const second = open(root);
    expect(second.instance).not.toBe(instance);
    expect(second.epoch).toBeGreaterThan(epoch);
    expect(readable(second, sealed).size).toBe(20);
    expect(told(second, epoch)).toEqual({ held: 20, lost: 0 });
  });

  test('damage found by an audit’s list is told, and the hour agrees with what is left', () => {
    const first = open(root);
    sealMany(first, 50, 300);
    const { epoch } = first;
    first.close();
    const bytes = readFileSync(dayFile(root));
    const at = Math.floor(bytes.length * 0.6);
    writeFileSync(dayFile(root), bytes.fill(0xee, at, at + 20));
    const second = open(root);
    const hourMs = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    const left = [hourMs - 3_600_000, hourMs].flatMap((each) => second.list(epoch, each));
    expect(left.length).toBeLessThan(50);
    expect(told(second, epoch)).toEqual({ held: left.length, lost: 50 - left.length });
  });
});

describe.skipIf(!ROOT)('a full disk (needs root for a small tmpfs)', () => {
  test('goes on by itself when room returns; no number twice; what every logger has goes first', async () => {
    const disk = join(root, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk]);
    cleanups.push(() => execFileSync('umount', ['-l', disk]));
    const dir = join(disk, 'buffer');
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(2 * 1024 * 1024));
    const sealer = new Sealer([dir, '3000', '5']);
    await sealer.until('the disk is full', () => sealer.refused > 20);
    expect(sealer.events).toContain('refused');
    const before = sealer.sealed.size;
    rmSync(join(disk, 'ballast'));
    await sealer.until('it goes on', () => sealer.sealed.size > before + 5);
    expect(sealer.events).toContain('resumed');
    await sealer.kill();

    const copy = join(root, 'copy');
    cpSync(dir, copy, { recursive: true });
    const after = open(copy);
    expect(readable(after, sealer.sealed).size).toBe(sealer.sealed.size);
    const reasons = new Set(after.losses().map(({ reason }) => reason));
    expect([...reasons].filter((reason) => reason !== 'unwritten')).toEqual([]);
    // No number is used up for each sample that could not be written.
    expect(after.losses().reduce((sum, { ranges }) => sum + countValues(ranges), 0)).toBeLessThan(10);
  });

  test('an acknowledged day makes room for today', () => {
    const disk = join(root, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
    cleanups.push(() => execFileSync('umount', ['-l', disk]));
    let nowMs = Date.UTC(2026, 5, 1, 12);
    const dir = join(disk, 'buffer');
    const buffer = openBuffer({ dir, agent: 'agent-a', maxDiskPercent: 100, now: () => nowMs });
    sealMany(buffer, 60, 3000);
    const { epoch } = buffer;
    buffer.markAcked('logger-1', epoch, [[1, buffer.lastSeq]]);
    nowMs += 86_400_000;
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - 1_500_000));
    sealMany(buffer, 60, 3000);
    expect(buffer.usage().days).toBe(1);
    expect(buffer.refused).toBeUndefined();
    expect(buffer.losses().find(({ reason }) => reason === 'space')).toMatchObject({
      day: '2026-06-01',
      ranges: [[1, 60]],
    });
    buffer.close();
  });
});

describe.skipIf(!has('strace'))('a disk that refuses to sync (needs strace)', () => {
  test('no false success, no number twice, and it goes on', async () => {
    const dir = join(root, 'buffer');
    const sealer = new Sealer(
      [dir, '50', '2'],
      [
        'strace',
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-e',
        'trace=fsync,fdatasync',
        '-e',
        'inject=fsync,fdatasync:error=EIO:when=60+25',
      ],
    );
    await sealer.until('sealed', () => sealer.sealed.size >= 100);
    await sealer.kill();
    const after = open(dir);
    expect(readable(after, sealer.sealed).size).toBe(sealer.sealed.size);
    expect(sealer.events.filter((event) => event === 'epoch').length).toBeGreaterThan(1);
  });
});

describe.skipIf(!ROOT || !has('mkfs.ext4'))('a power cut (needs root and a loop device)', () => {
  test('everything told as sealed is there, and no number is used twice', async () => {
    const image = join(root, 'disk.img');
    const disk = join(root, 'disk');
    mkdirSync(disk);
    writeFileSync(image, '');
    truncateSync(image, 64 * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    execFileSync('mount', ['-o', 'loop', image, disk]);
    cleanups.push(() => execFileSync('umount', ['-l', disk]));
    const sealer = new Sealer([join(disk, 'buffer'), '80', '2']);
    const used = new Set<string>();
    for (let cut = 0; cut < 3; cut += 1) {
      const wanted = sealer.sealed.size + 60;
      await sealer.until('sealed', () => sealer.sealed.size >= wanted);
      // What had been told before the copy began must be in it: a copy takes time, so it may hold more.
      const before = new Map(sealer.sealed);
      const copy = join(root, `cut-${cut}.img`);
      execFileSync('cp', ['--sparse=always', image, copy]);
      const seen = join(root, `cut-${cut}`);
      mkdirSync(seen);
      execFileSync('mount', ['-o', 'loop', copy, seen]);
      cleanups.push(() => execFileSync('umount', ['-l', seen]));
      const buffer = open(join(seen, 'buffer'));
      expect(readable(buffer, before).size).toBe(before.size);
      const { epoch, seq } = buffer.seal([gaugeRows('agent-a', 3, cut)], META);
      expect(sealer.sealed.has(`${epoch}/${seq}`)).toBe(false);
      expect(used.has(`${epoch}/${seq}`)).toBe(false);
      used.add(`${epoch}/${seq}`);
      buffer.close();
    }
    await sealer.kill();
  });
});
