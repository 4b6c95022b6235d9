/** Any two catalogs: the difference leads from one to the other, and nothing differs from itself. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyOperations, catalogDigest, diffCatalogs, identityOf, type CatalogData } from './operations.ts';

const value = fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean(), fc.constant(null));
const fields = fc.dictionary(fc.constantFrom('nick', 'tags', 'address'), value, { maxKeys: 3 });
const entry = fc.oneof(
  fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), fields }),
  fc.record({ name: fc.constantFrom('noc', 'katja'), fields }),
  fc.record({ site: fc.constantFrom('x', 'y'), count: fc.nat(3) }),
);
const list = fc.uniqueArray(entry, { selector: identityOf, maxLength: 6 });
/** Parts that are lists stay lists, those that are none stay none: a schema sees to it. */
const catalog: fc.Arbitrary<CatalogData> = fc.record(
  { version: fc.constant(1), devices: list, users: list, costs: fc.dictionary(fc.constantFrom('p', 'q'), fc.nat()) },
  { requiredKeys: ['version'] },
);

describe('the difference of two catalogs', () => {
  test('leads from one to the other, and then nothing differs', () => {
    fc.assert(
      fc.property(catalog, catalog, (a, b) => {
        const after = applyOperations(a, diffCatalogs(a, b));
        expect(diffCatalogs(after, b)).toEqual([]);
        expect(catalogDigest(after)).toBe(catalogDigest(b));
      }),
    );
  });

  test('is nothing for the same entries in another order', () => {
    fc.assert(
      fc.property(list, fc.infiniteStream(fc.nat()), (devices, random) => {
        const order = devices.map((each) => [random.next().value, each] as const);
        const shuffled = order.toSorted(([a], [b]) => a - b).map(([, each]) => each);
        expect(diffCatalogs({ devices }, { devices: shuffled })).toEqual([]);
        expect(catalogDigest({ devices: shuffled })).toBe(catalogDigest({ devices }));
      }),
    );
  });

  test('an absent list is an empty one; a part that is no list is set as a whole', () => {
    expect(diffCatalogs({}, { devices: [] })).toEqual([]);
    expect(catalogDigest({ devices: [] })).toBe(catalogDigest({}));
    expect(diffCatalogs({ costs: { p: 1 } }, { costs: { p: 2 } })).toEqual([
      { op: 'set', part: 'costs', value: { p: 2 } },
    ]);
    expect(diffCatalogs({ costs: { p: 1 } }, {})).toEqual([{ op: 'remove', part: 'costs' }]);
  });

  test('what changes keeps its place, what is new comes last', () => {
    const before = { devices: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] };
    const after = { devices: [{ id: 'n' }, { id: 'b', nick: 'B' }, { id: 'a' }] };
    expect(applyOperations(before, diffCatalogs(before, after))).toEqual({
      devices: [{ id: 'a' }, { id: 'b', nick: 'B' }, { id: 'n' }],
    });
  });
});
