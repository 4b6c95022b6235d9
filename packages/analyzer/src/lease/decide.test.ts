import { describe, expect, it } from 'vitest';
import { decideLeases, validUntilMs, type HeldLease, type LeaseInput, type SeenLease } from './decide.ts';
import { rankMembers } from './rendezvous.ts';

const LEASE_MS = 3000;
const SELF = 'a/1';

function decide(change: Partial<LeaseInput>) {
  return decideLeases({
    self: SELF,
    members: [SELF],
    partitions: 1,
    leaseMs: LEASE_MS,
    nowMs: 100_000,
    seen: new Map(),
    held: new Map(),
    leaving: false,
    ...change,
  });
}
const seen = (lease: Partial<SeenLease>): ReadonlyMap<number, SeenLease> =>
  new Map([[0, { holder: '', token: 7, revision: 12, seenAtMs: 100_000, ...lease }]]);
const held = (lease: Partial<HeldLease>): ReadonlyMap<number, HeldLease> =>
  new Map([[0, { partition: 0, token: 7, acquiredAtMs: 100_000, renewedAtMs: 100_000, ...lease }]]);
const OURS = seen({ holder: SELF });
const LOST = seen({ holder: '?', token: 0, revision: 0 });
/** Another member that owns partition 0 (or does not). */
const other = (owns: boolean): string => {
  for (let at = 0; ; at += 1) if ((rankMembers(0, [SELF, `b${at}/1`])[0] !== SELF) === owns) return `b${at}/1`;
};

describe('decideLeases', () => {
  it.each([
    ['nothing was looked at yet: waits', {}, []],
    ['free and ours: takes it at once', { seen: seen({}) }, ['acquire']],
    ['free but another owns it: leaves it to the owner', { seen: seen({}), members: [SELF, other(true)] }, []],
    [
      'free and unclaimed for a lease time: stands in for the owner',
      { seen: seen({ seenAtMs: 97_000 }), members: [SELF, other(true)] },
      ['acquire'],
    ],
    ['held by another, renewed a moment ago: waits', { seen: seen({ holder: 'z/1', seenAtMs: 97_001 }) }, []],
    [
      'held by another, silent for a lease time: takes it',
      { seen: seen({ holder: 'z/1', seenAtMs: 97_000 }) },
      ['acquire'],
    ],
    [
      'the silent holder still counts as living: it is no candidate for its own lease',
      { seen: seen({ holder: other(true), seenAtMs: 97_000 }), members: [SELF, other(true)] },
      ['acquire'],
    ],
    ['held by our own former run: waits like for anybody', { seen: seen({ holder: 'a/0', seenAtMs: 98_000 }) }, []],
    [
      'said to be ours, but we do not know of it: waits like for anybody',
      { seen: seen({ holder: SELF, seenAtMs: 97_001 }) },
      [],
    ],
    ['and takes it then', { seen: seen({ holder: SELF, seenAtMs: 97_000 }) }, ['acquire']],
    ['absent: its holder may still act', { seen: seen({ holder: '?', revision: 0, seenAtMs: 97_001 }) }, []],
    ['absent for a lease time: takes it', { seen: seen({ holder: '?', revision: 0, seenAtMs: 97_000 }) }, ['acquire']],
    ['held, not looked at since the bucket was opened: waits', { held: held({}) }, []],
    ['held, renewed lately: nothing', { held: held({ renewedAtMs: 99_500 }), seen: OURS }, []],
    ['held, a third of the lease gone: renews', { held: held({ renewedAtMs: 99_000 }), seen: OURS }, ['renew']],
    ['held, and run out meanwhile: renews', { held: held({ renewedAtMs: 90_000 }), seen: OURS }, ['renew']],
    ['held, but another has it', { held: held({}), seen: seen({ holder: 'z/1' }) }, ['drop']],
    ['held, but under a later token', { held: held({}), seen: seen({ holder: SELF, token: 8 }) }, ['drop']],
    ['held, the bucket was lost: writes it again', { held: held({}), seen: LOST }, ['renew']],
    ['held, the bucket was lost and it ran out', { held: held({ renewedAtMs: 97_600 }), seen: LOST }, ['drop']],
    [
      'held, the owner has joined just now: keeps it a while',
      { held: held({}), seen: OURS, members: [SELF, other(true)] },
      [],
    ],
    [
      'held for long, the owner lives: hands over',
      { held: held({ acquiredAtMs: 90_000 }), seen: OURS, members: [SELF, other(true)] },
      ['release'],
    ],
    ['leaving: releases', { held: held({}), seen: OURS, leaving: true, members: [] }, ['release']],
    ['leaving: takes nothing', { seen: seen({ seenAtMs: 0 }), leaving: true, members: [] }, []],
  ] as const)('%s', (_, change, expected) => {
    expect(decide(change).map(({ act }) => act)).toEqual(expected);
  });

  it('stops being valid before it can expire for others', () => {
    const [lease] = held({}).values();
    expect(lease && validUntilMs(lease, LEASE_MS)).toBe(100_000 + 2400);
  });
});
