import { describe, expect, test } from 'vitest';
import { isWhole, judge, worst } from './check.ts';
import { previousTickSums } from './known.ts';

const WHOSE = { agent: 'agent-1', store: 'store-1', everyMs: 500, series: 4, sums: previousTickSums };
/** Two ticks sealed as 7/1 and 7/2. */
const LINES = [
  { epoch: 7, seq: 1, tick: 100, rows: 4 },
  { epoch: 7, seq: 2, tick: 101, rows: 4 },
];

/** What a store holds of a tick, whole. */
function whole(tick: number): [number, { rows: number; gaugeSum: number; counterSum: bigint }] {
  const { gaugeSum, counterSum } = previousTickSums('agent-1', 4, tick);
  return [tick * 500, { rows: 4, gaugeSum, counterSum }];
}

const BOTH = new Set(['7/1', '7/2']);

describe('judge', () => {
  test('all there', () => {
    const result = judge(WHOSE, LINES, { samples: new Map([whole(100), whole(101)]), ledger: BOTH, gaps: [] });
    expect(result).toMatchObject({ generated: 8, found: 8, lost: 0, doubled: 0, wrong: 0, recorded: 0, unlisted: 0 });
    expect(isWhole(result)).toBe(true);
  });

  test('missing and not recorded is lost, also in part', () => {
    const [time, rows] = whole(101);
    const samples = new Map([[time, { ...rows, rows: 3 }]]);
    const result = judge(WHOSE, LINES, { samples, ledger: BOTH, gaps: [] });
    expect(result).toMatchObject({ generated: 8, found: 3, lost: 5 });
    expect(result.details).toHaveLength(2);
    expect(isWhole(result)).toBe(false);
  });

  test('missing and recorded is a recorded gap', () => {
    const gaps = [{ epoch: 7, from: 1, to: 1, reason: 'damage' }];
    const result = judge(WHOSE, LINES, { samples: new Map([whole(101)]), ledger: new Set(['7/2']), gaps });
    expect(result).toMatchObject({ lost: 0, recorded: 4, untrue: 0 });
    expect(isWhole(result)).toBe(true);
  });

  test('a gap of another epoch explains nothing', () => {
    const gaps = [{ epoch: 8, from: 1, to: 9, reason: 'damage' }];
    const result = judge(WHOSE, LINES, { samples: new Map([whole(101)]), ledger: new Set(['7/2']), gaps });
    expect(result).toMatchObject({ lost: 4, recorded: 0 });
  });

  test('recorded as lost and yet there', () => {
    const gaps = [{ epoch: 7, from: 1, to: 2, reason: 'space' }];
    const samples = new Map([whole(100), whole(101)]);
    expect(judge(WHOSE, LINES, { samples, ledger: new Set(['7/2']), gaps })).toMatchObject({ untrue: 4 });
    // In the ledger it is known to have come after all.
    expect(isWhole(judge(WHOSE, LINES, { samples, ledger: BOTH, gaps }))).toBe(true);
  });

  test('more samples than were sealed are doubled; right counts with other sums are wrong', () => {
    const [time, rows] = whole(100);
    const more = new Map([[time, { ...rows, rows: 6 }], whole(101)]);
    expect(judge(WHOSE, LINES, { samples: more, ledger: BOTH, gaps: [] })).toMatchObject({ doubled: 2, found: 8 });
    const other = new Map([[time, { ...rows, counterSum: rows.counterSum + 1n }], whole(101)]);
    expect(judge(WHOSE, LINES, { samples: other, ledger: BOTH, gaps: [] })).toMatchObject({ wrong: 1, lost: 0 });
  });

  test('samples without a ledger row, and of ticks nobody wrote down', () => {
    const samples = new Map([whole(100), whole(101), whole(102)]);
    const result = judge(WHOSE, LINES, { samples, ledger: new Set(['7/1']), gaps: [] });
    expect(result).toMatchObject({ unlisted: 1, unsealed: 4, lost: 0 });
    expect(isWhole(result)).toBe(false);
  });

  test('of two stores the worse one is told, its agents summed up', () => {
    const good = judge(WHOSE, LINES, { samples: new Map([whole(100), whole(101)]), ledger: BOTH, gaps: [] });
    const bad = { ...judge(WHOSE, LINES, { samples: new Map(), ledger: new Set(), gaps: [] }), store: 'store-2' };
    expect(worst([good, good, bad, bad])).toMatchObject({ store: 'store-2', lost: 16, generated: 16 });
  });
});
