import { addRange, type RangeSet } from '@kaiku/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { common, count, exclude, gather, include, newest, subtract, type EpochRanges } from './epoch-ranges.ts';

const keys = fc.array(fc.record({ epoch: fc.integer({ min: 1, max: 4 }), seq: fc.integer({ min: 1, max: 30 }) }), {
  maxLength: 40,
});
const set = keys.map((list) => {
  const out = new Map<number, RangeSet>();
  for (const { epoch, seq } of list) out.set(epoch, addRange(out.get(epoch) ?? [], seq));
  return out;
});
const members = (ranges: EpochRanges): string[] =>
  [...ranges]
    .flatMap(([epoch, list]) =>
      list.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, at) => `${epoch}/${from + at}`)),
    )
    .toSorted();

test('sets subtract and intersect as sets do', () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      const inB = new Set(members(b));
      expect(members(subtract(a, b))).toEqual(members(a).filter((each) => !inB.has(each)));
      expect(members(common(a, b))).toEqual(members(a).filter((each) => inB.has(each)));
      expect(count(a)).toBe(members(a).length);
    }),
  );
});

test('a list of batches is gathered, added to and taken from one by one', () => {
  fc.assert(
    fc.property(keys, keys, (list, others) => {
      const names = (each: typeof list): string[] => [...new Set(each.map(({ epoch, seq }) => `${epoch}/${seq}`))];
      const ranges = gather(list);
      expect(members(ranges)).toEqual(names(list).toSorted());
      for (const each of others) include(ranges, each);
      expect(members(ranges)).toEqual(names([...list, ...others]).toSorted());
      for (const each of others) exclude(ranges, each);
      const gone = new Set(names(others));
      expect(members(ranges)).toEqual(
        names(list)
          .filter((each) => !gone.has(each))
          .toSorted(),
      );
    }),
  );
});

test('newest first: by epoch, then by number', () => {
  fc.assert(
    fc.property(set, fc.nat(50), (ranges, limit) => {
      const order = newest(ranges, limit).map(({ epoch, seq }) => epoch * 1000 + seq);
      expect(order).toEqual(order.toSorted((a, b) => b - a));
      expect(order.length).toBe(Math.min(limit, count(ranges)));
    }),
  );
});
