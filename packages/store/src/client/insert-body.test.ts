/** What goes into the body of an insert. */
import { zstdDecompressSync } from 'node:zlib';
import { BATCH_TABLES, encodeBlock } from '@kaiku/protocol';
import { describe, expect, test } from 'vitest';
import type { InsertBody } from './clickhouse.ts';
import { insertBodies, isNear, PLAIN_BYTES } from './insert-body.ts';

const blocks = (...sizes: number[]): Buffer[] => sizes.map((size, index) => Buffer.alloc(size, index + 1));

async function all(bodies: AsyncIterable<InsertBody>): Promise<readonly InsertBody[]> {
  const out: InsertBody[] = [];
  for await (const body of bodies) out.push(body);
  return out;
}

describe('bodies of inserts', () => {
  test('compressed blocks go on as they came, all in one', async () => {
    const frames = blocks(10, PLAIN_BYTES);
    expect(await all(insertBodies('series', frames, 'zstd', false))).toEqual([{ chunks: frames, encoding: 'zstd' }]);
    expect(await all(insertBodies('gauge', [], 'zstd', false))).toEqual([]);
    expect(await all(insertBodies('gauge', [], 'identity', true))).toEqual([]);
  });

  test('plain blocks stay plain on this machine, in several inserts when they are many bytes', async () => {
    const half = PLAIN_BYTES / 2;
    const frames = blocks(half, half, 1, PLAIN_BYTES + 1, 2);
    const bodies = await all(insertBodies('series', frames, 'identity', true));
    expect(bodies.map(({ chunks }) => chunks.map(({ length }) => length))).toEqual([
      [half, half],
      [1],
      [PLAIN_BYTES + 1],
      [2],
    ]);
    expect(bodies.every(({ encoding }) => encoding === 'identity')).toBe(true);
  });

  test('plain blocks are compressed together for a store elsewhere', async () => {
    const [body] = await all(insertBodies('series', blocks(1000, 500), 'identity', false));
    expect(body?.encoding).toBe('zstd');
    expect(zstdDecompressSync(body?.chunks[0] ?? Buffer.alloc(0))).toEqual(Buffer.concat(blocks(1000, 500)));
  });

  test('plain blocks of columns of fixed width are joined to one', async () => {
    const block = (...values: number[]): Uint8Array =>
      encodeBlock(
        BATCH_TABLES.gauge,
        [
          BigUint64Array.from(values, BigInt),
          BigInt64Array.from(values, (value) => BigInt(value * 1000)),
          new BigUint64Array(values.length).fill(7n),
          Float64Array.from(values, (value) => value / 3),
          Uint8Array.from(values),
        ],
        values.length,
      );
    const long = Array.from({ length: 200 }, (_, index) => index);
    const [body] = await all(insertBodies('gauge', [block(1, 2), block(), block(...long), block(3)], 'identity', true));
    expect(body?.chunks).toHaveLength(1);
    expect(Buffer.compare(body?.chunks[0] ?? Buffer.alloc(0), block(1, 2, ...long, 3))).toBe(0);
  });

  test.each([
    ['http://127.0.0.1:8123', true],
    ['http://localhost:8123', true],
    ['http://[::1]:8123', true],
    ['https://store.example.net:8443', false],
  ])('%s near: %s', (url, near) => expect(isNear(url)).toBe(near));
});
