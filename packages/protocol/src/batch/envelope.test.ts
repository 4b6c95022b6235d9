/** The envelope: golden file, refusal of all that is not a batch, and every limit. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBlock } from '../bytes/native.ts';
import { checkFrame } from './check-frame.ts';
import { contentOf, envelopeOf, openBatch, sealBatch, type BlockEncoding, type OpenedBatch } from './envelope.ts';
import { BATCH_LIMITS, type BatchVersion } from './header.ts';
import { SAMPLE_AGENT, SAMPLE_TABLES, sampleBatch, sampleTables } from './sample-batch.test-data.ts';
import { agentId } from './series-id.ts';
import { BATCH_TABLES, type BatchTable } from './tables.ts';

const GOLDEN: Readonly<Record<BatchVersion, URL>> = {
  1: new URL('../../golden/batch-v1.golden', import.meta.url),
  2: new URL('../../golden/batch-v2.golden', import.meta.url),
  3: new URL('../../golden/batch-v3.golden', import.meta.url),
};
const GOLDEN_SHA256: Readonly<Record<BatchVersion, string>> = {
  1: '87abfcc0bc2004b56412902681415c1c6841c693346481eb235c487a06e0cca2',
  2: '68fafe4be3fd9612df9a02b55c1995e0d78582be2a6307af8e0410e3bdefe7a3',
  3: 'ff7958a8f65714bdc782aa96d52b8a7ac2d820f5031ca98d5e2a862a8982e95d',
};
const VERSIONS = [1, 2, 3] as const;

function open(bytes: Uint8Array): OpenedBatch {
  const opened = openBatch(bytes);
  if (!opened.ok) throw new Error(opened.reason);
  return opened;
}

/** A well-formed envelope around any header and body, as a hostile sender could make one. */
function envelope(header: unknown, body: Uint8Array = new Uint8Array(), version: BatchVersion = 1): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const rest = Buffer.concat([Buffer.alloc(4), json, body]);
  rest.writeUInt32LE(json.length, 0);
  return sealedAs(version, rest);
}

/** Any content under a right hash. */
function sealedAs(version: BatchVersion, content: Uint8Array): Buffer {
  const digest = createHash('sha256').update(content).digest();
  return Buffer.concat([Buffer.from(`KKB${version}`), digest, version === 1 ? content : zstdCompressSync(content)]);
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

describe.each(VERSIONS)('golden file of version %i', (version) => {
  if (process.env['KAIKU_WRITE_GOLDEN'] === '1') writeFileSync(GOLDEN[version], sampleBatch(version).bytes);
  const golden = readFileSync(GOLDEN[version]);

  test("today's reader opens it", () => {
    const opened = open(golden);
    expect(opened.sha256).toBe(GOLDEN_SHA256[version]);
    expect(opened.header).toEqual({ ...sampleBatch(version).header, blocks: opened.header.blocks });
    expect(opened.blocks.map(({ table, rows }) => [table, rows])).toEqual([
      ['gauge', 2],
      ['counter', 2],
      ['series', 2],
      ['fact', 1],
      ['derived', 1],
      ['alarm_event', 1],
      ...(version === 3 ? [['event', 1]] : []),
    ]);
    opened.blocks.forEach((block, index) => {
      const check = checkFrame(block, agentId(SAMPLE_AGENT));
      if (!check.ok) throw new Error(check.reason);
      const { table, rows, data } = sampleTables(version)[index] ?? { table: 'gauge', rows: 0, data: [] };
      expect(Buffer.from(check.block)).toEqual(Buffer.from(encodeBlock(BATCH_TABLES[table], data, rows)));
    });
  });

  test("today's writer writes it, byte for byte", () => {
    expect(Buffer.from(sampleBatch(version).bytes).equals(golden)).toBe(true);
  });

  test('samples tell their time range, other tables none', () => {
    const times = open(golden).blocks.map((block) => {
      const check = checkFrame(block, agentId(SAMPLE_AGENT));
      return check.ok ? check.times : check.reason;
    });
    const { firstMs, lastMs } = HEAD;
    expect(times).toMatchObject([
      { firstMs, lastMs },
      { firstMs, lastMs },
      ...Array.from({ length: 4 }, () => undefined),
      ...(version === 3 ? [{ firstMs: lastMs, lastMs }] : []),
    ]);
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

describe.each(VERSIONS)('what is not a batch of version %i is refused, never thrown', (version) => {
  const good = Buffer.from(sampleBatch(version).bytes);

  test('random bytes, with and without a right beginning', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, magic) => {
        const input = magic ? Buffer.concat([Buffer.from(`KKB${version}`), bytes]) : bytes;
        expect(openBatch(input).ok).toBe(false);
      }),
    );
  });

  test('cut short anywhere', () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(openBatch(good.subarray(0, length)).ok).toBe(false);
    }
  });

  test('any bit flipped: refused, or of no consequence to the content', () => {
    const { sha256 } = sampleBatch(version);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(7), (at, bit) => {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ (1 << bit);
        const opened = openBatch(bad);
        if (version === 1 || at < 36) expect(opened.ok).toBe(false);
        else if (opened.ok) expect(opened.sha256).toBe(sha256);
      }),
      { numRuns: 500 },
    );
  });

  test('any header with a right hash', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (header) => {
        expect(openBatch(envelope(header, new Uint8Array(), version)).ok).toBe(false);
      }),
    );
  });

  test('bytes behind the envelope', () => {
    expect(openBatch(Buffer.concat([good, Buffer.of(0)])).ok).toBe(false);
    expect(openBatch(Buffer.concat([good, good])).ok).toBe(false);
  });

  test('a header that says another version', () => {
    const opened = openBatch(envelope({ ...HEAD, version: 3 - version }, new Uint8Array(), version));
    expect(opened.ok ? 'accepted' : opened.reason).toContain('header: version');
  });

  test('a header length beyond the bytes', () => {
    expect(openBatch(sealedAs(version, Buffer.alloc(4, 0xff)))).toEqual({ ok: false, reason: 'header length' });
    expect(openBatch(sealedAs(version, Buffer.alloc(3)))).toEqual({ ok: false, reason: 'header length' });
  });
});

describe('version 2', () => {
  const batch = sampleBatch(2);

  test('its hash is that of the content, whatever compresses it', () => {
    const found = contentOf(batch.bytes);
    if (!found.ok) throw new Error(found.reason);
    const again = zstdCompressSync(found.content, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
    const other = Buffer.concat([Buffer.from('KKB2'), found.digest, again]);
    expect(other.equals(batch.bytes)).toBe(false);
    expect(open(other)).toEqual(open(Buffer.from(batch.bytes)));
    expect(envelopeOf(found.content, found.digest)).toEqual(batch.bytes);
  });

  test('a bomb', () => {
    const bomb = sealedAs(2, Buffer.alloc(BATCH_LIMITS.contentBytes + 1));
    expect(bomb.length).toBeLessThan(100_000);
    expect(openBatch(bomb).ok).toBe(false);
  });

  test('more than a content may hold is not sealed', () => {
    const rows = BATCH_LIMITS.rows;
    const data = [BigUint64Array, BigInt64Array, BigUint64Array, Float64Array].map((column) => new column(rows));
    const gauges = { table: 'gauge' as const, rows, data: [...data, new Uint8Array(rows)] };
    expect(() => sealBatch(HEAD, [gauges, gauges], 2)).toThrow(RangeError);
  });

  test('holds the same rows as version 1', () => {
    const me = agentId(SAMPLE_AGENT);
    const blocks = VERSIONS.map((version) =>
      open(Buffer.from(sampleBatch(version).bytes)).blocks.map((block) => checkFrame(block, me)),
    );
    expect(blocks[1]).toEqual(blocks[0]);
  });
});

describe('a header of what is not a batch', () => {
  test.each([
    ['another version', { version: 3 }, 'header: version'],
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
        expect(checkFrame({ table: 'gauge', rows: 2, encoding: 'zstd', frame: bytes }, agent).ok).toBe(false);
        expect(
          checkFrame({ table: 'gauge', rows: 2, encoding: 'zstd', frame: zstdCompressSync(bytes) }, agent).ok,
        ).toBe(false);
      }),
    );
    const cut = (bytes: Uint8Array, encoding: BlockEncoding): void => {
      for (let length = 0; length < bytes.length; length += 1) {
        const part = { table: 'gauge' as const, rows: 2, encoding, frame: bytes.subarray(0, length) };
        expect(checkFrame(part, agent).ok).toBe(false);
      }
    };
    cut(frame, 'zstd');
    cut(block, 'identity');
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
