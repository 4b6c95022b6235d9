/** Counter cases as a table: reading before, reading now, what the step means and how far it rose. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counterDelta, judgeCounter, VERDICT } from './counter.ts';

/**
 * speed: units per second, 0 unknown; 4294967296 is 2^32.
 * delta `-`: none, a gap.
 */
const CASES = `
bits  before      atMs  now         atMs     restarted  speed      verdict  delta
64    100         0     100         30000    no         0          ok       0
64    100         0     400         30000    no         0          ok       300
64    100         0     400         30000    no         125000000  ok       300
64    -           -     400         30000    no         125000000  unknown  -
64    100         5000  400         5000     no         0          unknown  -
64    100         5000  400         4000     no         0          unknown  -
64    400         0     100         30000    no         125000000  reset    -
64    400         0     100         30000    no         0          reset    -
64    100         0     400         30000    yes        125000000  reset    -
64    100         5000  400         5000     yes        0          reset    -
64    0           0     4125000000  30000    no         125000000  ok       4125000000
64    0           0     4125000001  30000    no         125000000  reset    -
64    18446744073709551615 0  5     30000    no         125000000  reset    -
32    100         0     400         30000    no         12500000   ok       300
32    4294967290  0     4           30000    no         12500000   wrapped  10
32    4294967295  0     0           1000     no         12500000   wrapped  1
32    4294967290  0     4           30000    yes        12500000   reset    -
32    4294967290  0     4           30000    no         0          reset    -
32    4000000000  0     3000        30000    no         12500000   wrapped  294970296
32    3000000000  0     3000        30000    no         12500000   reset    -
32    4294967290  0     4           343597    no        12500000   wrapped  10
32    4294967290  0     4           343598    no        12500000   reset    -
32    0           0     4294967295  30000    no         0          ok       4294967295
`;

describe('counter steps', () => {
  const rows = CASES.trim().split('\n').slice(1);
  test.each(rows)('%s', (row) => {
    const [bits, before, beforeMs, now, nowMs, restarted, speed, verdict, delta] = row.trim().split(/\s+/);
    const reading = before === '-' ? undefined : { value: BigInt(before ?? 0), atMs: Number(beforeMs) };
    const judged = judgeCounter(
      reading,
      { value: BigInt(now ?? 0), atMs: Number(nowMs) },
      { bits: bits === '32' ? 32 : 64, restarted: restarted === 'yes', maxPerSecond: Number(speed) },
    );
    expect(judged).toBe(verdict);
    expect(counterDelta(reading?.value ?? 0n, BigInt(now ?? 0), VERDICT[judged])).toBe(
      delta === '-' ? undefined : Number(delta),
    );
  });

  test('a step is never negative and never above what the speed allows', () => {
    const value32 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
    fc.assert(
      fc.property(
        value32,
        value32,
        fc.integer({ min: 1, max: 600_000 }),
        fc.integer({ min: 1, max: 10 ** 9 }),
        (a, b, ms, speed) => {
          const verdict = judgeCounter(
            { value: a, atMs: 0 },
            { value: b, atMs: ms },
            { bits: 32, restarted: false, maxPerSecond: speed },
          );
          const delta = counterDelta(a, b, VERDICT[verdict]);
          if (delta === undefined) return;
          expect(delta).toBeGreaterThanOrEqual(0);
          expect(delta).toBeLessThanOrEqual(speed * 1.1 * (ms / 1000));
        },
      ),
    );
  });

  test('a rise that could hide a whole wrap at line rate is not known; of errors, which never run so fast, it is', () => {
    const judge = (rise: bigint, seconds: number, lineRate: boolean, bits: 32 | 64 = 32): string =>
      judgeCounter(
        { value: 1000n, atMs: 0 },
        { value: 1000n + rise, atMs: seconds * 1000 },
        { bits, restarted: false, maxPerSecond: 125_000_000, lineRate },
      );
    // A full gigabit port passes 2^32 octets in 34.36 s and shows the same reading again.
    expect(judge(0n, 34, true)).toBe('ok');
    expect(judge(0n, 35, true)).toBe('unknown');
    expect(judge(3_000_000_000n, 60, true)).toBe('unknown');
    expect(judge(4_000_000_000n, 60, true)).toBe('ok');
    expect(judge(0n, 60, false)).toBe('ok');
    expect(judge(0n, 60, true, 64)).toBe('ok');
  });

  test('a falling reading that claims to be fine has no delta', () => {
    expect(counterDelta(5n, 4n, VERDICT.ok)).toBeUndefined();
  });
});
