/** What the buffer promises, one thing at a time. buffer-model.test.ts mixes them; the disk's faults: buffer.fault.test.ts. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countValues, openBatch } from '@kaiku/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BufferLockedError } from '../errors.ts';
import { gaugeRows, META } from '../testing/rows.ts';
import { REAL_DISK } from './database.ts';
import { openBuffer, type AgentBuffer } from './agent-buffer.ts';
import type { BufferEvent } from './events.ts';
import type { BufferOptions } from './options.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 5, 1, 12);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kaiku-buffer-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function open(dir: string, over: Partial<BufferOptions> = {}): AgentBuffer {
  return openBuffer({ dir, agent: 'agent-a', ...over });
}

/** Spoils bytes of an envelope where they stand in a file. */
function spoil(file: string, envelope: Uint8Array): void {
  const content = readFileSync(file);
  const at = content.lastIndexOf(envelope.subarray(1000, 1032));
  expect(at).toBeGreaterThan(0);
  writeFileSync(file, content.fill(0xa5, at, at + 32));
}

describe('epochs', () => {
  const seal = (buffer: AgentBuffer, times: number): void => {
    for (let index = 0; index < times; index += 1) buffer.seal([gaugeRows('agent-a', 3, index)], META);
  };

  test('go on over a clean close', () => {
    const first = open(root);
    seal(first, 3);
    first.close();
    const second = open(root);
    expect(second.epoch).toBe(first.epoch);
    expect(second.lastSeq).toBe(3);
    expect(second.seal([gaugeRows('agent-a', 1, 9)], META).seq).toBe(4);
    second.close();
  });

  test('a copy on the same machine begins a new one', () => {
    const first = open(join(root, 'a'));
    seal(first, 3);
    first.close();
    cpSync(join(root, 'a'), join(root, 'b'), { recursive: true });
    const copy = open(join(root, 'b'));
    expect(copy.epoch).toBeGreaterThan(first.epoch);
    expect(countValues(copy.stored().get(first.epoch) ?? [])).toBe(3);
    copy.close();
  });

  test.each([
    ['the state behind the days', 'state.db'],
    ['a day behind the state', '.db'],
  ])('%s begins a new one', (_, suffix) => {
    const first = open(root);
    seal(first, 2);
    first.close();
    const name = readdirSync(root).find((each) =>
      suffix === 'state.db' ? each === suffix : each.endsWith(suffix) && each !== 'state.db',
    );
    const file = join(root, name ?? '');
    const old = mkdtempSync(join(tmpdir(), 'kaiku-old-'));
    cpSync(file, join(old, 'old.db'));
    const second = open(root);
    seal(second, 2);
    second.close();
    // Written in place, so that the file keeps its identity: the roll-back must show in the numbers.
    cpSync(join(old, 'old.db'), file);
    rmSync(old, { recursive: true });
    const third = open(root);
    expect(third.epoch).toBeGreaterThan(first.epoch);
    third.close();
  });

  test('a logger that knows a higher number shows that this buffer was rolled back', () => {
    const buffer = open(root);
    seal(buffer, 2);
    const { epoch } = buffer;
    buffer.markAcked('logger-1', epoch, [[1, 2]]);
    expect(buffer.epoch).toBe(epoch);
    buffer.markAcked('logger-1', epoch, [[5, 5]]);
    expect(buffer.epoch).toBeGreaterThan(epoch);
    buffer.close();
  });

  test('one buffer, one process', () => {
    const buffer = open(root);
    expect(() => open(root)).toThrow(BufferLockedError);
    buffer.close();
    open(root).close();
  });
});

describe('kill -9', () => {
  test('while sealing: everything told is there, and no number is given out twice', async () => {
    const told = new Map<string, string>();
    for (let round = 0; round < 4; round += 1) {
      const child = spawn(process.execPath, [
        fileURLToPath(new URL('../testing/seal-until-killed.ts', import.meta.url)),
        root,
      ]);
      let text = '';
      child.stdout.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        if (text.length > 20_000 + round * 7000) child.kill('SIGKILL');
      });
      await new Promise((done) => child.once('close', done));
      for (const line of text.split('\n').slice(0, -1)) {
        const [key = '', sha256 = ''] = line.split(' ');
        expect(told.has(key)).toBe(false);
        told.set(key, sha256);
      }
    }
    const buffer = open(root);
    expect(told.size).toBeGreaterThan(800);
    for (const [key, sha256] of told) {
      const [epoch = 0, seq = 0] = key.split('/').map(Number);
      const batch = openBatch(buffer.read({ epoch, seq }) ?? new Uint8Array());
      expect(batch.ok && batch.sha256).toBe(sha256);
    }
    buffer.close();
  }, 60_000);
});

describe('contents', () => {
  test('a batch too large is split, and every row is there once', () => {
    const buffer = open(root);
    const rows = 1_000_100;
    const sealed: number[] = [];
    buffer.onSealed(({ bytes }) => {
      const batch = openBatch(bytes);
      if (batch.ok) sealed.push(...batch.blocks.map((block) => block.rows));
    });
    buffer.seal([gaugeRows('agent-a', rows, 0)], META);
    expect(sealed.length).toBeGreaterThan(1);
    expect(sealed.reduce((sum, each) => sum + each, 0)).toBe(rows);
    buffer.close();
  });

  test('bulk history goes to the days of its sealing and is kept', () => {
    let nowMs = START_MS;
    const buffer = open(root, { now: () => nowMs });
    buffer.bulk(() => {
      for (let day = 7; day >= 1; day -= 1) {
        buffer.seal([gaugeRows('agent-a', 5, day)], { ...META, sealedMs: nowMs - day * DAY_MS });
      }
    });
    const { epoch } = buffer;
    buffer.seal([gaugeRows('agent-a', 5, 0)], META);
    buffer.close();
    nowMs += 1000;
    const again = open(root, { now: () => nowMs });
    expect(again.epoch).toBe(epoch);
    expect(again.usage().days).toBe(8);
    expect(again.stored().get(epoch)).toEqual([[1, 8]]);
    expect(openBatch(again.read({ epoch, seq: 1 }) ?? new Uint8Array())).toMatchObject({ ok: true });
    again.close();
  });

  test('who has what survives a restart', () => {
    const buffer = open(root);
    const { epoch } = buffer;
    for (let index = 0; index < 5; index += 1) buffer.seal([gaugeRows('agent-a', 1, index)], META);
    buffer.markPublished({ epoch, seq: 1 });
    buffer.markPublished({ epoch, seq: 2 });
    buffer.markAcked('logger-1', epoch, [[1, 2]]);
    buffer.markAcked('logger-2', epoch, [[2, 4]]);
    buffer.close();
    const again = open(root);
    expect(again.published.get(epoch)).toEqual([[1, 2]]);
    expect(again.loggers.get('logger-2')?.epochs.get(epoch)).toEqual([[2, 4]]);
    again.close();
  });
});

describe('the version of batches', () => {
  const sealed = (buffer: AgentBuffer): number => {
    const batch = openBatch(buffer.seal([gaugeRows('agent-a', 3, 1)], META).bytes);
    return batch.ok ? batch.header.version : 0;
  };

  test('is the newest that every logger reads; what was said is kept', () => {
    let nowMs = START_MS;
    const buffer = open(root, { now: () => nowMs });
    const { epoch } = buffer;
    expect(sealed(buffer)).toBe(1);
    buffer.markReads('logger-1', 2);
    buffer.markAcked('logger-1', epoch, [[1, 1]]);
    expect(sealed(buffer)).toBe(2);
    buffer.markReads('logger-2', 1);
    buffer.markAcked('logger-2', epoch, [[1, 1]]);
    expect(sealed(buffer)).toBe(1);
    buffer.markReads('logger-2', 3);
    expect(sealed(buffer)).toBe(2);
    buffer.markReads('logger-2', 1);
    buffer.close();
    const again = open(root, { now: () => nowMs });
    expect(sealed(again)).toBe(1);
    nowMs += 5 * DAY_MS;
    again.markAcked('logger-1', epoch, [[2, 2]]);
    nowMs += 5 * DAY_MS;
    // The old one is silent for so long that it no longer counts.
    expect(sealed(again)).toBe(2);
    for (const [, ranges] of again.stored()) expect(countValues(ranges)).toBe(6);
    again.close();
  });

  test('that is asked for, whoever reads it', () => {
    const buffer = open(root, { batchVersion: 2 });
    expect(sealed(buffer)).toBe(2);
    buffer.close();
  });
});

describe('bounds', () => {
  test('days past their age are deleted and recorded, with the event telling what nobody had', () => {
    let nowMs = START_MS;
    const events: BufferEvent[] = [];
    const options = { now: () => nowMs, maxDays: 3, onEvent: (event: BufferEvent) => void events.push(event) };
    const buffer = open(root, options);
    for (let day = 0; day < 6; day += 1) {
      buffer.seal([gaugeRows('agent-a', 5, day)], META);
      nowMs += DAY_MS;
    }
    const { epoch } = buffer;
    buffer.markAcked('logger-1', epoch, [[1, 1]]);
    buffer.prune();
    expect(buffer.usage().days).toBe(3);
    expect(buffer.read({ epoch, seq: 3 })).toBeUndefined();
    expect(buffer.losses().map(({ day, reason }) => [day, reason])).toEqual([
      ['2026-06-01', 'expired'],
      ['2026-06-02', 'expired'],
      ['2026-06-03', 'expired'],
    ]);
    expect(events.filter(({ kind }) => kind === 'dropped')).toHaveLength(3);
    buffer.close();
  });

  test('when space runs out, the oldest day that every logger has goes first', () => {
    let nowMs = START_MS;
    const buffer = open(root, {
      now: () => nowMs,
      maxDiskPercent: 50,
      disk: { ...REAL_DISK, totalBytes: () => 400_000 },
    });
    for (let day = 0; day < 4; day += 1) {
      for (let index = 0; index < 10; index += 1) buffer.seal([gaugeRows('agent-a', 600, index * 7919)], META);
      nowMs += DAY_MS;
    }
    const { epoch } = buffer;
    buffer.markAcked('logger-1', epoch, [[11, 40]]);
    buffer.markAcked('logger-2', epoch, [[11, 20]]);
    const before = buffer.usage().days;
    buffer.prune();
    expect(before).toBe(4);
    expect(buffer.read({ epoch, seq: 15 })).toBeUndefined();
    expect(buffer.usage().bytes).toBeLessThanOrEqual(200_000);
    buffer.close();
  });

  test('damage inside a batch is confined to it and reported', () => {
    const events: BufferEvent[] = [];
    const first = open(root);
    for (let index = 0; index < 30; index += 1) first.seal([gaugeRows('agent-a', 400, index * 977)], META);
    const victim = first.read({ epoch: first.epoch, seq: 20 }) ?? new Uint8Array();
    first.close();
    const name = readdirSync(root).find((each) => each.startsWith('20')) ?? '';
    spoil(join(root, name), victim);
    const second = open(root, { onEvent: (event) => void events.push(event) });
    const readable = Array.from({ length: 30 }, (_, index) =>
      second.read({ epoch: first.epoch, seq: index + 1 }),
    ).filter((bytes) => bytes !== undefined);
    expect(readable.length).toBe(29);
    expect(events.some(({ kind }) => kind === 'damage')).toBe(true);
    expect(second.losses().length).toBeGreaterThan(0);
    expect(second.seal([gaugeRows('agent-a', 1, 1)], META).seq).toBeGreaterThan(0);
    second.close();
  });
});
