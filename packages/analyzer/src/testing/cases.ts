/**
 * Cases as readable text, for tests: one reading a column, times in seconds.
 *
 * `0:10 60:12 120:x` are gauge readings, `x` a failed probe, `m` one the agent had no time for; `0:100? 60:160 120:20w` counter readings with a verdict
 * (`?` unknown, `w` wrapped, `r` reset, none: ok).
 */
import { PROBE_STATUS, VERDICT } from '@kaiku/protocol';
import type { CounterColumns } from '@kaiku/store';
import type { Readings } from '../read/readings.ts';

const STATUS: Readonly<Record<string, number>> = { x: PROBE_STATUS.timeout, m: PROBE_STATUS.missed };

export function gauges(text: string): Readings {
  const cells = text.split(/\s+/).filter((cell) => cell !== '');
  const parts = cells.map((cell) => cell.split(':'));
  return {
    ts: Float64Array.from(parts, ([at]) => Number(at) * 1000),
    value: Float64Array.from(parts, ([, value]) => (value === 'x' || value === 'm' ? Number.NaN : Number(value))),
    status: Uint8Array.from(parts, ([, value]) => STATUS[value ?? ''] ?? PROBE_STATUS.ok),
  };
}

const VERDICTS: Readonly<Record<string, number>> = {
  '': VERDICT.ok,
  '?': VERDICT.unknown,
  w: VERDICT.wrapped,
  r: VERDICT.reset,
};

/** @param agents one text for each agent, of series 1 */
export function counters(agents: readonly string[], everyMs: number): CounterColumns {
  const rows = agents.flatMap((text, agent) =>
    text
      .split(/\s+/)
      .filter((cell) => cell !== '')
      .map((cell) => {
        const match = /^(\d+):(\d+)([?wr]?)$/.exec(cell);
        if (match === null) throw new RangeError(`not a counter reading: ${cell}`);
        const [, at = '', value = '', verdict = ''] = match;
        return {
          agent: BigInt(agent + 1),
          ts: Number(at) * 1000,
          value: BigInt(value),
          verdict: VERDICTS[verdict] ?? 3,
        };
      }),
  );
  return {
    series: new BigUint64Array(rows.length).fill(1n),
    agent: BigUint64Array.from(rows, (row) => row.agent),
    ts: Float64Array.from(rows, (row) => row.ts),
    value: BigUint64Array.from(rows, (row) => row.value),
    intervalMs: new Uint32Array(rows.length).fill(everyMs),
    verdict: Uint8Array.from(rows, (row) => row.verdict),
  };
}

/** `60:1.5 120:2` */
export function showReadings({ ts, value, status }: Readings): string {
  return Array.from(ts, (at, row) => `${at / 1000}:${status[row] === 0 ? String(value[row]) : 'x'}`).join(' ');
}
