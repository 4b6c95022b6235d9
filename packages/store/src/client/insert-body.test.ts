/** What goes into the body of an insert. */
import { zstdDecompressSync } from 'node:zlib';
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
    expect(await all(insertBodies(frames, 'zstd', false))).toEqual([{ chunks: frames, encoding: 'zstd' }]);
    expect(await all(insertBodies([], 'zstd', false))).toEqual([]);
    expect(await all(insertBodies([], 'identity', true))).toEqual([]);
  });

  test('plain blocks stay plain on this machine, in several inserts when they are many bytes', async () => {
    const half = PLAIN_BYTES / 2;
    const frames = blocks(half, half, 1, PLAIN_BYTES + 1, 2);
    const bodies = await all(insertBodies(frames, 'identity', true));
    expect(bodies.map(({ chunks }) => chunks.map(({ length }) => length))).toEqual([
      [half, half],
      [1],
      [PLAIN_BYTES + 1],
      [2],
    ]);
    expect(bodies.every(({ encoding }) => encoding === 'identity')).toBe(true);
  });

  test('plain blocks are compressed together for a store elsewhere', async () => {
    const [body] = await all(insertBodies(blocks(1000, 500), 'identity', false));
    expect(body?.encoding).toBe('zstd');
    expect(zstdDecompressSync(body?.chunks[0] ?? Buffer.alloc(0))).toEqual(Buffer.concat(blocks(1000, 500)));
  });

  test.each([
    ['http://127.0.0.1:8123', true],
    ['http://localhost:8123', true],
    ['http://[::1]:8123', true],
    ['https://store.example.net:8443', false],
  ])('%s near: %s', (url, near) => expect(isNear(url)).toBe(near));
});
