/** Packing of hours that are over: when, what it leaves alone, and what a crash, a full disk or damage in its midst cost. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { countValues, digestOf, HOUR_MS, openBatch, type TableRows } from '@kaiku/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gaugeRows, META } from '../testing/rows.ts';
import { openBuffer, type AgentBuffer } from './agent-buffer.ts';
import type { BufferOptions } from './options.ts';
import { REAL_DISK, type Disk } from './database.ts';
import { pack, type Packer } from './segment/pack.ts';

const START_MS = Date.UTC(2026, 5, 1, 12);
const FILE = '2026-06-01.db';
/** Whose syncs nobody waits for; what a disk does is played here. */
const MEMORY_DISK = '/dev/shm';

let root: string;
let nowMs: number;
beforeEach(() => {
  root = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'kaiku-pack-'));
  nowMs = START_MS;
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const here: Packer = (envelopes) => Promise.resolve(pack(envelopes));

function open(over: Partial<BufferOptions> = {}, dir = root): AgentBuffer {
  return openBuffer({ dir, agent: 'agent-a', now: () => nowMs, batchVersion: 2, pack: here, ...over });
}

/** The same series each time, as agents measure. */
function samples(seed: number): TableRows {
  const { data, ...rest } = gaugeRows('agent-a', 60, seed);
  return { ...rest, data: [new BigUint64Array(60).map((_, row) => BigInt(row)), ...data.slice(1)] };
}

/** One each second. Hashes by number. */
function sealMany(buffer: AgentBuffer, times: number): Map<number, string> {
  const out = new Map<number, string>();
  buffer.bulk(() => {
    for (let index = 0; index < times; index += 1) {
      nowMs += 1000;
      const { seq, bytes } = buffer.seal([samples(index)], META);
      const batch = openBatch(bytes);
      out.set(seq, batch.ok ? batch.sha256 : batch.reason);
    }
  });
  return out;
}

async function packAll(buffer: AgentBuffer): Promise<number> {
  let batches = 0;
  for (let done; (done = await buffer.compact()) !== undefined;) batches += done.batches;
  return batches;
}

function readable(buffer: AgentBuffer, epoch: number, sealed: ReadonlyMap<number, string>): number {
  let count = 0;
  for (const [seq, sha256] of sealed) {
    const bytes = buffer.read({ epoch, seq });
    if (bytes === undefined) continue;
    const batch = openBatch(bytes);
    expect(batch.ok && batch.sha256).toBe(sha256);
    count += 1;
  }
  return count;
}

describe('an hour', () => {
  test('is packed when it is over and published, by a thread of its own; all is told and audited as before', async () => {
    const buffer = openBuffer({ dir: root, agent: 'agent-a', now: () => nowMs, batchVersion: 2 });
    const { epoch } = buffer;
    const sealed = sealMany(buffer, 300);
    for (const seq of sealed.keys()) buffer.markPublished({ epoch, seq });
    expect(await packAll(buffer)).toBe(0);
    nowMs = START_MS + HOUR_MS + 6 * 60_000;
    const before = buffer.inventory();
    expect(await packAll(buffer)).toBe(300);
    expect(buffer.inventory()).toEqual(before);
    expect(readable(buffer, epoch, sealed)).toBe(300);
    expect(buffer.audit(epoch, START_MS, nowMs)).toEqual([
      { hourMs: START_MS, batches: 300, digest: digestOf(sealed.values()) },
    ]);
    expect(buffer.list(epoch, START_MS)).toHaveLength(300);
    buffer.close();
    const again = open();
    expect(again.epoch).toBe(epoch);
    expect(readable(again, epoch, sealed)).toBe(300);
    again.close();
  });

  test('that the broker lacks waits six hours', async () => {
    const buffer = open();
    sealMany(buffer, 20);
    nowMs = START_MS + 5 * HOUR_MS;
    expect(await packAll(buffer)).toBe(0);
    nowMs += HOUR_MS;
    expect(await packAll(buffer)).toBe(20);
    buffer.close();
  });

  test('of batches of version 1 stays as it is, of both is packed in part', async () => {
    const old = open({ batchVersion: 1 });
    const { epoch } = old;
    const first = sealMany(old, 20);
    old.close();
    const buffer = open();
    nowMs = START_MS + 7 * HOUR_MS;
    expect(await packAll(buffer)).toBe(0);
    nowMs = START_MS + 1000;
    const second = sealMany(buffer, 20);
    nowMs = START_MS + 7 * HOUR_MS;
    expect(await packAll(buffer)).toBe(20);
    expect(readable(buffer, epoch, first)).toBe(20);
    expect(readable(buffer, epoch, second)).toBe(20);
    buffer.close();
  });

  test('into which something is sealed later is packed again', async () => {
    const buffer = open();
    const sealed = sealMany(buffer, 20);
    nowMs = START_MS + 7 * HOUR_MS;
    expect(await packAll(buffer)).toBe(20);
    nowMs = START_MS + 60_000;
    const more = sealMany(buffer, 20);
    nowMs = START_MS + 30 * HOUR_MS;
    expect(await packAll(buffer)).toBe(20);
    expect(readable(buffer, buffer.epoch, new Map([...sealed, ...more]))).toBe(40);
    buffer.close();
  });

  test('gives its bytes back to the disk when its day is over', async () => {
    const buffer = open();
    const sealed = sealMany(buffer, 1000);
    const before = buffer.usage().bytes;
    nowMs = START_MS + 30 * HOUR_MS;
    expect(await packAll(buffer)).toBe(1000);
    expect(buffer.usage().bytes).toBeLessThan(before / 3);
    expect(readable(buffer, buffer.epoch, sealed)).toBe(1000);
    buffer.close();
  });
});

describe('what goes wrong', () => {
  test('no room, or a disk that fails: everything stays as it was and is packed later', async () => {
    const played = { free: 1e12, fails: false };
    const disk: Disk = {
      totalBytes: (dir) => REAL_DISK.totalBytes(dir),
      freeBytes: () => played.free,
      beforeWrite: () => {
        if (played.fails) throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
      },
    };
    const buffer = open({ disk });
    const { epoch } = buffer;
    const sealed = sealMany(buffer, 50);
    nowMs = START_MS + 7 * HOUR_MS;
    played.free = 2 * 1024 * 1024;
    expect(await packAll(buffer)).toBe(0);
    expect(await packAll(buffer)).toBe(0);
    played.free = 1e12;
    played.fails = true;
    nowMs += HOUR_MS;
    await expect(packAll(buffer)).rejects.toThrow('disk I/O error');
    expect(readable(buffer, epoch, sealed)).toBe(50);
    played.fails = false;
    nowMs += HOUR_MS;
    expect(await packAll(buffer)).toBe(50);
    expect(readable(buffer, epoch, sealed)).toBe(50);
    expect(buffer.epoch).toBe(epoch);
    buffer.close();
  });

  test('a packer that gives up, or an end in its midst', async () => {
    const buffer = open({ pack: () => Promise.reject(new Error('no memory')) });
    const sealed = sealMany(buffer, 20);
    nowMs = START_MS + 7 * HOUR_MS;
    await expect(buffer.compact()).rejects.toThrow('no memory');
    expect(readable(buffer, buffer.epoch, sealed)).toBe(20);
    buffer.close();
    const other = openBuffer({ dir: root, agent: 'agent-a', now: () => nowMs, batchVersion: 2 });
    const packing = other.compact();
    await other.endCompaction();
    expect(await packing).toBeUndefined();
    expect(readable(other, other.epoch, sealed)).toBe(20);
    other.close();
  });

  test('a garbled segment costs its hour, the others are read; it is told', async () => {
    const buffer = open();
    const { epoch } = buffer;
    const first = sealMany(buffer, 300);
    nowMs = START_MS + HOUR_MS;
    const second = sealMany(buffer, 300);
    nowMs = START_MS + 30 * HOUR_MS;
    expect(await packAll(buffer)).toBe(600);
    buffer.close();
    const db = new Database(join(root, FILE));
    const [bytes = Buffer.alloc(0)] = db
      .prepare<[], Buffer>('SELECT bytes FROM segment ORDER BY id DESC')
      .pluck()
      .all();
    bytes.fill(0xee, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 20);
    db.prepare('UPDATE segment SET bytes = ? WHERE id = (SELECT max(id) FROM segment)').run(bytes);
    db.close();
    const again = open();
    expect(readable(again, epoch, first) + readable(again, epoch, second)).toBe(300);
    const parts = again.inventory().filter((each) => each.epoch === epoch);
    expect(parts.reduce((sum, { held }) => sum + countValues(held), 0)).toBe(300);
    expect(again.losses().map(({ reason, ranges }) => [reason, countValues(ranges)])).toEqual([['damage', 300]]);
    again.close();
  });

  test('a damaged file is salvaged with its segments', async () => {
    const buffer = open();
    const { epoch } = buffer;
    const first = sealMany(buffer, 300);
    nowMs = START_MS + 7 * HOUR_MS;
    expect(await packAll(buffer)).toBe(300);
    const second = sealMany(buffer, 20);
    buffer.close();
    const file = join(root, FILE);
    // Where SQLite keeps what tables there are.
    writeFileSync(file, readFileSync(file).fill(0xee, 2000, 4096));
    const again = open();
    expect(again.epoch).toBeGreaterThan(epoch);
    expect(readable(again, epoch, first)).toBe(300);
    expect(readable(again, epoch, second)).toBe(20);
    again.close();
  });

  test('kill -9 again and again while hours are packed: everything told as sealed is there', async () => {
    const told = new Map<string, string>();
    let packings = 0;
    for (let round = 0; round < 4; round += 1) {
      const child = spawn(process.execPath, [
        fileURLToPath(new URL('../testing/pack-until-killed.ts', import.meta.url)),
        root,
      ]);
      const ended = new Promise((done) => child.once('close', done));
      let lines = 0;
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [key = '', sha256 = ''] = line.split(' ');
        if (key === 'packed') packings += 1;
        else told.set(key, sha256);
        lines += 1;
        if (lines === 120 + round * 57) child.kill('SIGKILL');
      });
      await ended;
      const copy = join(root, '..', `${root.split('/').at(-1)}-copy`);
      cpSync(root, copy, { recursive: true });
      const buffer = open({}, copy);
      for (const [key, sha256] of told) {
        const [epoch = 0, seq = 0] = key.split('/').map(Number);
        const batch = openBatch(buffer.read({ epoch, seq }) ?? new Uint8Array());
        expect(batch.ok && batch.sha256).toBe(sha256);
      }
      buffer.close();
      rmSync(copy, { recursive: true });
    }
    expect(packings).toBeGreaterThan(0);
    expect(told.size).toBeGreaterThan(300);
  }, 120_000);
});
