import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MinHeap } from './heap.ts';

test('pops in the order of keys, with each item on its key', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (keys) => {
      const heap = new MinHeap<number>();
      keys.forEach((key) => heap.push(key, key * 2));
      const out: number[] = [];
      while (heap.size > 0) {
        const key = heap.least;
        expect(heap.pop()).toBe(key * 2);
        out.push(key);
      }
      expect(out).toEqual(keys.toSorted((a, b) => a - b));
      expect(heap.least).toBe(Infinity);
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
