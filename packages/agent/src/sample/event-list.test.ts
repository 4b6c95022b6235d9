/** Events on their way to the disk: bounded in number and size, in batches that are sealed in a moment. */
import { expect, test } from 'vitest';
import type { EventRecord } from '@kaiku/protocol';
import { EventList } from './event-list.ts';

const MIB = 1024 * 1024;
const event = (rawBytes: number, tsMs = 1): EventRecord => ({
  tsMs,
  entity: 'a',
  source: '',
  kind: 'syslog',
  name: 'x',
  severity: 5,
  message: 'm',
  fields: {},
  raw: new Uint8Array(rawBytes),
});

test('batches hold a thousand small ones, or a mebibyte of large ones, and each once', () => {
  const list = new EventList('agent-a');
  for (let index = 0; index < 1500; index += 1) list.add(event(10, index));
  for (let index = 0; index < 300; index += 1) list.add(event(8192, 2000 + index));
  const sizes: number[] = [];
  const ids = new Set<unknown>();
  for (let taken = list.take(); taken !== undefined; taken = list.take()) {
    sizes.push(taken.rows.rows);
    for (const id of taken.rows.data[0] as BigUint64Array) ids.add(id);
  }
  expect(sizes[0]).toBe(1000);
  expect(Math.max(...sizes.slice(2))).toBeLessThan(MIB / 8192);
  expect([sizes.reduce((sum, size) => sum + size), ids.size, list.length]).toEqual([1800, 1800, 0]);
});

test('what is too much is refused at once, and there is room again when some were taken', () => {
  const list = new EventList('agent-a');
  const told: boolean[] = [];
  for (let index = 0; index < 3000; index += 1) list.add(event(8192), (sealed) => told.push(sealed));
  expect(told.length).toBe(list.refused);
  expect(told.every((sealed) => !sealed)).toBe(true);
  expect(list.length).toBeLessThan((17 * MIB) / 8192);
  const { refused } = list;
  list.take();
  list.add(event(8192));
  expect(list.refused).toBe(refused);
});
