/** The envelope: golden file, refusal of all that is not a batch, and every limit. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBlock } from '../bytes/native.ts';
import { BATCH_LIMITS, checkFrame, openBatch, sealBatch, type OpenedBatch } from './envelope.ts';
import { SAMPLE_AGENT, SAMPLE_TABLES, sampleBatch } from './sample-batch.test-data.ts';
import { agentId } from './series-id.ts';
import { BATCH_TABLES, type BatchTable } from './tables.ts';

const GOLDEN = new URL('../../golden/batch-v1.golden', import.meta.url);

function open(bytes: Uint8Array): OpenedBatch {
  const opened = openBatch(bytes);
  if (!opened.ok) throw new Error(opened.reason);
  return opened;
}

/** A well-formed envelope around any header and body, as a hostile sender could make one. */
function envelope(header: unknown, body: Uint8Array = new Uint8Array()): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const rest = Buffer.concat([Buffer.alloc(4), json, body]);
  rest.writeUInt32LE(json.length, 0);
  return Buffer.concat([Buffer.from('KKB1'), createHash('sha256').update(rest).digest(), rest]);
}

const HEAD = { ...sampleBatch().header, blocks: [] as { table: BatchTable; rows: number; bytes: number }[] };

/** An envelope with one hand-made block. */
function withBlock(table: BatchTable, rows: number, frame: Uint8Array): OpenedBatch {
  return open(envelope({ ...HEAD, blocks: [{ table, rows, bytes: frame.length }] }, frame));
}

const firstBlock = (opened: OpenedBatch): OpenedBatch['blocks'][number] => {
  const [block] = opened.blocks;
  if (block === undefined) throw new Error('no block');
  return block;
};

describe('golden file', () => {
  if (process.env['KAIKU_WRITE_GOLDEN'] === '1') writeFileSync(GOLDEN, sampleBatch().bytes);
  const golden = readFileSync(GOLDEN);

  test("today's reader opens it", () => {
    const opened = open(golden);
    expect(opened.sha256).toBe('87abfcc0bc2004b56412902681415c1c6841c693346481eb235c487a06e0cca2');
    expect(opened.header).toEqual({ ...sampleBatch().header, blocks: opened.header.blocks });
    expect(opened.blocks.map(({ table, rows }) => [table, rows])).toEqual([
      ['gauge', 2],
      ['counter', 2],
      ['series', 2],
      ['fact', 1],
      ['derived', 1],
      ['alarm_event', 1],
    ]);
    opened.blocks.forEach((block, index) => {
      const check = checkFrame(block, agentId(SAMPLE_AGENT));
      if (!check.ok) throw new Error(check.reason);
      const { table, rows, data } = SAMPLE_TABLES[index] ?? { table: 'gauge', rows: 0, data: [] };
      expect(Buffer.from(check.block)).toEqual(Buffer.from(encodeBlock(BATCH_TABLES[table], data, rows)));
    });
  });

  test("today's writer writes it, byte for byte", () => {
    expect(Buffer.from(sampleBatch().bytes).equals(golden)).toBe(true);
  });

  test('samples tell their time range, other tables none', () => {
    const times = open(golden).blocks.map((block) => {
      const check = checkFrame(block, agentId(SAMPLE_AGENT));
      return check.ok ? check.times : check.reason;
    });
    const { firstMs, lastMs } = HEAD;
    expect(times).toMatchObject([{ firstMs, lastMs }, { firstMs, lastMs }, undefined, undefined, undefined, undefined]);
  });

  test('samples are counted by hour of their time, across the hours they span', () => {
    const hourMs = 3_600_000;
    const at = [-1, 0, 1, hourMs - 1, hourMs, 5 * hourMs].map((ms) => BigInt(1_800_000_000_000 + ms));
    const rows = at.length;
    const sealed = sealBatch(HEAD, [
      {
        table: 'gauge',
        rows,
        data: [
          new BigUint64Array(rows),
          BigInt64Array.from(at),
          new BigUint64Array(rows).fill(agentId(SAMPLE_AGENT)),
          new Float64Array(rows),
          new Uint8Array(rows),
        ],
      },
    ]);
    const [block] = open(sealed.bytes).blocks;
    const check = block === undefined ? undefined : checkFrame(block, agentId(SAMPLE_AGENT));
    expect(check?.ok === true ? check.times?.hours : check).toEqual([
      { hourMs: 1_800_000_000_000 - hourMs, rows: 1 },
      { hourMs: 1_800_000_000_000, rows: 3 },
      { hourMs: 1_800_000_000_000 + hourMs, rows: 1 },
      { hourMs: 1_800_000_000_000 + 5 * hourMs, rows: 1 },
    ]);
  });
});

describe('what is not a batch is refused, never thrown', () => {
  const good = Buffer.from(sampleBatch().bytes);

  test('random bytes, with and without a right beginning', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, magic) => {
        const input = magic ? Buffer.concat([Buffer.from('KKB1'), bytes]) : bytes;
        expect(openBatch(input).ok).toBe(false);
      }),
    );
  });

  test('cut short anywhere', () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(openBatch(good.subarray(0, length)).ok).toBe(false);
    }
  });

  test('any bit flipped', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(7), (at, bit) => {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ (1 << bit);
        expect(openBatch(bad).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('any header with a right hash', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (header) => {
        expect(openBatch(envelope(header)).ok).toBe(false);
      }),
    );
  });

  test.each([
    ['another version', { version: 2 }, 'header: version'],
    ['a name that is no subject token', { agent: 'a.b' }, 'header: agent'],
    ['seq 0', { seq: 0 }, 'header: seq'],
    ['a fraction', { epoch: 1.5 }, 'header: epoch'],
    ['a negative time', { firstMs: -1 }, 'header: firstMs'],
    ['an unknown key', { extra: 1 }, 'header:'],
    ['an unknown table', { blocks: [{ table: 'users', rows: 1, bytes: 1 }] }, 'header: blocks.0.table'],
    ['too many rows', { blocks: [{ table: 'gauge', rows: 2_000_000, bytes: 1 }] }, 'header: blocks.0.rows'],
    [
      'too many blocks',
      { blocks: Array.from({ length: 9 }, () => ({ table: 'gauge', rows: 1, bytes: 1 })) },
      'header: blocks',
    ],
    ['a body that is not there', { blocks: [{ table: 'gauge', rows: 1, bytes: 10 }] }, 'body is cut short'],
  ])('%s', (_, change, reason) => {
    const opened = openBatch(envelope({ ...HEAD, ...change }));
    expect(opened.ok ? 'accepted' : opened.reason).toContain(reason);
  });

  test('bytes behind the body', () => {
    expect(openBatch(envelope(HEAD, Buffer.from([1])))).toEqual({ ok: false, reason: 'bytes behind the body' });
  });

  test('a header length beyond the bytes', () => {
    const bad = envelope(HEAD);
    bad.writeUInt32LE(0xffff_ffff, 36);
    createHash('sha256').update(bad.subarray(36)).digest().copy(bad, 4);
    expect(openBatch(bad)).toEqual({ ok: false, reason: 'header length' });
  });

  test('more than the limit', () => {
    expect(openBatch(Buffer.alloc(BATCH_LIMITS.envelopeBytes + 1)).ok).toBe(false);
  });
});

describe('frames', () => {
  const agent = agentId(SAMPLE_AGENT);
  const gauge = SAMPLE_TABLES[0] ?? { table: 'gauge' as const, rows: 0, data: [] };
  const block = encodeBlock(BATCH_TABLES.gauge, gauge.data, 2);

  test('rows of another agent are refused', () => {
    const opened = firstBlock(open(sampleBatch().bytes));
    expect(checkFrame(opened, agentId('agent-oulu'))).toEqual({ ok: false, reason: 'gauge: rows of another agent' });
    const mixed = encodeBlock(BATCH_TABLES.gauge, gauge.data.with(2, new BigUint64Array([agent, agent + 1n])), 2);
    expect(checkFrame(firstBlock(withBlock('gauge', 2, zstdCompressSync(mixed))), agent).ok).toBe(false);
  });

  test('a row count other than the header said', () => {
    const check = checkFrame(firstBlock(withBlock('gauge', 1, zstdCompressSync(block))), agent);
    expect(check).toEqual({ ok: false, reason: 'gauge: 2 rows, not 1' });
  });

  test('a block of another table', () => {
    expect(checkFrame(firstBlock(withBlock('counter', 2, zstdCompressSync(block))), agent).ok).toBe(false);
  });

  test('what grows beyond the limit when decompressed', () => {
    const bomb = zstdCompressSync(Buffer.alloc(BATCH_LIMITS.blockBytes + 1));
    expect(bomb.length).toBeLessThan(100_000);
    expect(checkFrame(firstBlock(withBlock('gauge', 2, bomb)), agent).ok).toBe(false);
  });

  test('two blocks in one frame', () => {
    const twice = zstdCompressSync(Buffer.concat([block, block]));
    expect(checkFrame(firstBlock(withBlock('gauge', 2, twice)), agent).ok).toBe(false);
  });

  test('random, cut and flipped frames never throw and are refused', () => {
    const frame = zstdCompressSync(block);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        expect(checkFrame({ table: 'gauge', rows: 2, frame: bytes }, agent).ok).toBe(false);
        expect(checkFrame({ table: 'gauge', rows: 2, frame: zstdCompressSync(bytes) }, agent).ok).toBe(false);
      }),
    );
    for (let length = 0; length < frame.length; length += 1) {
      expect(checkFrame({ table: 'gauge', rows: 2, frame: frame.subarray(0, length) }, agent).ok).toBe(false);
    }
  });
});

describe('sealing', () => {
  test('what is sealed opens again, empty tables left out', () => {
    const empty = { table: 'fact' as const, rows: 0, data: [] };
    const sealed = sealBatch({ ...HEAD, seq: 7 }, [empty, ...SAMPLE_TABLES.slice(0, 1)]);
    const opened = open(sealed.bytes);
    expect(opened.sha256).toBe(sealed.sha256);
    expect(opened.header).toEqual(sealed.header);
    expect(opened.blocks.map(({ table }) => table)).toEqual(['gauge']);
  });

  test('a batch of nothing is a batch: a sign of life', () => {
    expect(open(sealBatch(HEAD, []).bytes).blocks).toEqual([]);
  });

  test("limits are the sender's too", () => {
    const rows = BATCH_LIMITS.rows + 1;
    expect(() => sealBatch(HEAD, [{ table: 'gauge', rows, data: [] }])).toThrow(RangeError);
  });
});
