import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankMembers } from './rendezvous.ts';

const members = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}-\d{1,2}$/), { minLength: 1, maxLength: 6 });

describe('rankMembers', () => {
  it('answers the same to everybody, whatever the order in which members were met', () => {
    fc.assert(
      fc.property(members, fc.nat(255), (names, partition) => {
        expect(rankMembers(partition, names.toReversed())).toEqual(rankMembers(partition, names));
      }),
    );
  });

  it('moves only the partitions of a member that leaves', () => {
    fc.assert(
      fc.property(members, fc.nat(255), (names, partition) => {
        const [owner] = rankMembers(partition, names);
        for (const gone of names.filter((name) => name !== owner)) {
          const rest = names.filter((name) => name !== gone);
          expect(rankMembers(partition, rest)[0]).toBe(owner);
        }
      }),
    );
  });

  it('shares 256 partitions among four so that nobody has less than half of its share', () => {
    const names = ['analyzer-1', 'analyzer-2', 'analyzer-3', 'analyzer-4'];
    const counts = new Map(names.map((name) => [name, 0]));
    for (let partition = 0; partition < 256; partition += 1) {
      const owner = rankMembers(partition, names)[0] ?? '';
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(32);
  });
});
