/** What the buffer makes of other times: a clock that jumps, and files of version 0.1. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { sealBatch } from '@kaiku/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gaugeRows, META } from '../testing/rows.ts';
import { openBuffer, type AgentBuffer } from './agent-buffer.ts';
import { DAY_MS } from './retention.ts';
import { TrustedTime } from './trusted-time.ts';

const START_MS = Date.UTC(2026, 5, 1, 12);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kaiku-b-age-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('trusted time', () => {
  test('follows the clock, stands still when it jumps back, waits a day when it jumps ahead', () => {
    let nowMs = START_MS;
    let uptimeMs = 0;
    const trusted = new TrustedTime(undefined, { nowMs, uptimeMs, offsetMs: null });
    const after = (ms: number, jumpMs = 0, offsetMs: number | null = null): number => {
      nowMs += ms + jumpMs;
      uptimeMs += ms;
      return trusted.advance({ nowMs, uptimeMs, offsetMs });
    };
    expect(after(5000)).toBe(START_MS + 5000);
    expect(after(5000, -DAY_MS)).toBe(START_MS + 5000);
    expect(after(5000, DAY_MS)).toBe(START_MS + 15_000);
    expect(after(1000, 365 * DAY_MS)).toBe(START_MS + 16_000);
    expect(after(DAY_MS / 2)).toBe(START_MS + 16_000 + DAY_MS / 2);
    expect(after(DAY_MS / 2)).toBe(START_MS + 16_000 + 366 * DAY_MS);
  });

  test('believes a clock that the centre confirms', () => {
    const trusted = new TrustedTime(START_MS, { nowMs: START_MS, uptimeMs: 0, offsetMs: null });
    const later = START_MS + 30 * DAY_MS;
    expect(trusted.advance({ nowMs: later, uptimeMs: 10, offsetMs: 30 * DAY_MS })).toBe(START_MS + 10);
    expect(trusted.advance({ nowMs: later, uptimeMs: 20, offsetMs: -40 })).toBe(later);
  });
});

describe('a clock that jumps', () => {
  test.each([
    ['a year ahead', 365],
    ['a year back', -365],
    ['a day ahead', 1],
    ['a day back', -1],
  ])('%s and home again: nothing is deleted early, and the order stays', (_, days) => {
    let nowMs = START_MS;
    let uptimeMs = 0;
    const buffer = openBuffer({ dir: root, agent: 'agent-a', now: () => nowMs, uptimeMs: () => uptimeMs });
    const seal = (): number => {
      const { epoch, seq } = buffer.seal([gaugeRows('agent-a', 3, seq0++)], META);
      nowMs += 2000;
      uptimeMs += 2000;
      return epoch * 1e6 + seq;
    };
    let seq0 = 0;
    const order = [seal(), seal()];
    nowMs += days * DAY_MS;
    order.push(seal(), seal());
    buffer.prune();
    nowMs -= days * DAY_MS;
    order.push(seal(), seal());
    buffer.prune();
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(buffer.stored().get(buffer.epoch)).toEqual([[1, 6]]);
    expect(buffer.losses()).toEqual([]);
    buffer.close();
  });
});

/** A buffer as version 0.1 wrote it: one table a day, no table of epochs. */
function writeOld(dir: string): Map<number, string> {
  const state = new Database(join(dir, 'state.db'));
  state.exec(`
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE published (epoch INTEGER PRIMARY KEY, ranges TEXT NOT NULL);
    CREATE TABLE acked (logger TEXT NOT NULL, epoch INTEGER NOT NULL, ranges TEXT NOT NULL, last_ms INTEGER NOT NULL,
      PRIMARY KEY (logger, epoch)) WITHOUT ROWID;
    CREATE TABLE lost (at_ms INTEGER NOT NULL, day TEXT NOT NULL, reason TEXT NOT NULL, epoch INTEGER NOT NULL,
      ranges TEXT NOT NULL);
    INSERT INTO meta VALUES ('epoch', '${START_MS}'), ('next_seq', '21');
    INSERT INTO published VALUES (${START_MS}, '[[1,20]]');
    INSERT INTO acked VALUES ('logger-1', ${START_MS}, '[[1,18]]', ${START_MS});
    INSERT INTO lost VALUES (${START_MS}, '2026-05-30', 'space', ${START_MS - DAY_MS}, '[[3,5]]');`);
  const day = new Database(join(dir, '2026-06-01.db'));
  day.pragma('journal_mode = WAL');
  day.exec(`CREATE TABLE batch (epoch INTEGER NOT NULL, seq INTEGER NOT NULL, sealed_ms INTEGER NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL,
    envelope BLOB NOT NULL, UNIQUE (epoch, seq))`);
  const add = day.prepare('INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const hashes = new Map<number, string>();
  // 1 to 4 were deleted with their day, when every logger had them.
  for (let seq = 5; seq <= 20; seq += 1) {
    const head = { ...META, agent: 'agent-a', epoch: START_MS, seq, sealedMs: START_MS + seq * 2000 };
    const { bytes, sha256 } = sealBatch(head, [gaugeRows('agent-a', 40, seq * 100)]);
    add.run(START_MS, seq, head.sealedMs, head.firstMs, head.lastMs, bytes.length, Buffer.from(sha256, 'hex'), bytes);
    hashes.set(seq, sha256);
  }
  state.prepare("INSERT INTO meta VALUES ('identity', ?)").run('elsewhere');
  state.close();
  day.close();
  return hashes;
}

describe('files of version 0.1', () => {
  let buffer: AgentBuffer;
  let hashes: Map<number, string>;
  const now = (): number => START_MS + 60_000;
  beforeEach(() => {
    hashes = writeOld(root);
    buffer = openBuffer({ dir: root, agent: 'agent-a', now });
  });
  afterEach(() => buffer.close());

  test('are read, told and audited', () => {
    for (const [seq, sha256] of hashes) {
      const bytes = buffer.read({ epoch: START_MS, seq });
      expect(
        createHash('sha256')
          .update(bytes?.subarray(36) ?? '')
          .digest('hex'),
      ).toBe(sha256);
    }
    expect(buffer.list(START_MS, START_MS).map(({ seq, sha256 }) => [seq, sha256])).toEqual([...hashes]);
    expect(buffer.audit(START_MS, START_MS, START_MS + DAY_MS)[0]?.batches).toBe(16);
    expect(buffer.inventory().find(({ epoch }) => epoch === START_MS)).toEqual({
      epoch: START_MS,
      from: 1,
      to: 20,
      held: [[5, 20]],
      waiting: [],
      lost: [{ reason: 'expired', ranges: [[1, 4]] }],
    });
    expect(buffer.inventory().find(({ epoch }) => epoch === START_MS - DAY_MS)?.lost).toContainEqual({
      reason: 'space',
      ranges: [[3, 5]],
    });
    expect(buffer.loggers.get('logger-1')?.epochs.get(START_MS)).toEqual([[1, 18]]);
  });

  test('are written on, and salvaged when damaged', () => {
    const { epoch, seq } = buffer.seal([gaugeRows('agent-a', 3, 1)], META);
    buffer.close();
    const file = join(root, '2026-06-01.db');
    // The end of the first page: where SQLite keeps what tables there are.
    writeFileSync(file, readFileSync(file).fill(0xee, 3000, 4096));
    const again = openBuffer({ dir: root, agent: 'agent-a', now });
    expect(again.read({ epoch, seq })).toBeDefined();
    for (const old of hashes.keys()) expect(again.read({ epoch: START_MS, seq: old })).toBeDefined();
    expect(again.epoch).toBeGreaterThan(epoch);
    again.close();
  });
});
