import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lockDataDir, readRunFile, takeTurn } from './lock.ts';

const dir = mkdtempSync(join(tmpdir(), 'kaiku-lock-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('one holder for each data folder, named to the second; free again after release', async () => {
  const lock = await lockDataDir(join(dir, 'data'));
  lock.write({ pid: 4711, startedMs: 1, config: 'kaiku.yaml', children: [] });
  await expect(lockDataDir(join(dir, 'data'))).rejects.toThrow(
    /another kaiku up already runs on .*data \(process 4711\)/,
  );
  const other = await lockDataDir(join(dir, 'other'));
  await other.release();
  await lock.release();
  expect(readRunFile(join(dir, 'data'))).toBeUndefined();
  await (await lockDataDir(join(dir, 'data'))).release();
});

test('a folder that cannot be made says so', async () => {
  await expect(lockDataDir('/dev/null/kaiku-data')).rejects.toThrow(
    'the data folder /dev/null/kaiku-data cannot be made',
  );
});

test('one has the turn at a time; who waits too long goes on', async () => {
  const name = `test-${process.pid}`;
  const first = await takeTurn(name, 0);
  const order: string[] = [];
  const second = takeTurn(name, 60_000).then((turn) => {
    order.push('second');
    return turn;
  });
  (await takeTurn(name, 0)).end();
  order.push('first ends');
  first.end();
  (await second).end();
  expect(order).toEqual(['first ends', 'second']);
});
