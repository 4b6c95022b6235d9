/** Contract of a store: grids from raw data, rollups, and both. */
import { VERDICT } from '@kaiku/protocol';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../api.ts';
import {
  T0,
  STEP,
  HOUR,
  A1,
  A2,
  insert,
  type GaugeRow,
  gaugeRows,
  type CounterRow,
  counterRows,
  ownSeries,
  count,
  NAN,
} from './rows.ts';

export function gridsContract(open: () => Store): void {
  const gaugeGrid = async (id: bigint, stepMs: number, toMs: number): Promise<readonly number[]> => {
    const [grid] = await open().read.grid({ series: [{ id, kind: 'gauge' }], fromMs: T0, toMs, stepMs });
    return [...(grid?.avg ?? [])];
  };
  const counterGrid = async (id: bigint, stepMs: number, toMs: number, fromMs = T0): Promise<readonly number[]> => {
    const [grid] = await open().read.grid({ series: [{ id, kind: 'counter' }], fromMs, toMs, stepMs });
    return [...(grid?.avg ?? [])];
  };

  describe('grids of gauges', () => {
    it('average what a step holds, leave gaps empty, and pass over failures', async () => {
      const id = ownSeries();
      await insert(open(), [
        gaugeRows([
          [id, T0, A1, 10],
          [id, T0 + STEP, A1, 20],
          [id, T0 + 2 * STEP, A1, NAN, 1],
          [id, T0 + 6 * STEP, A1, 7],
        ]),
      ]);
      expect(await gaugeGrid(id, 2 * STEP, T0 + 8 * STEP)).toEqual([15, NAN, NAN, 7]);
    });

    it('let the agent with most samples speak in each step', async () => {
      const id = ownSeries();
      await insert(open(), [
        gaugeRows([
          [id, T0, A1, 10],
          [id, T0 + 1000, A2, 99],
          [id, T0 + STEP, A1, 12],
          [id, T0 + 2 * STEP, A1, NAN, 1],
          [id, T0 + 2 * STEP + 1000, A2, 50],
        ]),
      ]);
      expect(await gaugeGrid(id, 2 * STEP, T0 + 4 * STEP)).toEqual([11, 50]);
    });

    it('agree between raw data, rollups, and both together', async () => {
      const id = ownSeries();
      const rows = count(4 * 120, (index): GaugeRow => [
        id,
        T0 + index * STEP,
        A1,
        index % 7 === 0 ? NAN : index,
        index % 7 === 0 ? 1 : 0,
      ]);
      await insert(open(), [gaugeRows(rows)]);
      const request = { series: [{ id, kind: 'gauge' as const }], fromMs: T0, toMs: T0 + 4 * HOUR };
      for (const stepMs of [300_000, HOUR]) {
        const before = await open().read.grid({ ...request, stepMs });
        await open().refine.rollup(T0, T0 + 2 * HOUR, 1);
        const half = await open().read.grid({ ...request, stepMs });
        await open().refine.rollup(T0, T0 + 4 * HOUR, 2);
        const all = await open().read.grid({ ...request, stepMs });
        expect(half).toEqual(before);
        expect(all).toEqual(before);
        expect(before[0]?.min[0]).toBe(1);
      }
    });
  });

  describe('grids of counters', () => {
    it('give rates per second; wraps count, resets, first readings and holes do not', async () => {
      const id = ownSeries();
      await insert(open(), [
        counterRows([
          [id, T0, A1, 2n ** 32n - 600n, VERDICT.unknown],
          [id, T0 + STEP, A1, 2n ** 32n - 300n, VERDICT.ok],
          [id, T0 + 2 * STEP, A1, 300n, VERDICT.wrapped],
          [id, T0 + 3 * STEP, A1, 30n, VERDICT.reset],
          [id, T0 + 4 * STEP, A1, 930n, VERDICT.ok],
          [id, T0 + 7 * STEP, A1, 9930n, VERDICT.ok],
          [id, T0 + 8 * STEP, A1, 9990n, VERDICT.ok],
        ]),
      ]);
      expect(await counterGrid(id, STEP, T0 + 9 * STEP)).toEqual([NAN, 10, 20, NAN, 30, NAN, NAN, NAN, 2]);
    });

    it('begin with the step that began before the range', async () => {
      const id = ownSeries();
      await insert(open(), [
        counterRows(count(10, (index) => [id, T0 + index * STEP, A1, BigInt(index * 60), VERDICT.ok])),
      ]);
      expect(await counterGrid(id, STEP, T0 + 8 * STEP, T0 + 5 * STEP)).toEqual([2, 2, 2]);
    });

    it('take an interval that spans a failed poll, and the agent that covers most', async () => {
      const id = ownSeries();
      await insert(open(), [
        counterRows([
          [id, T0, A1, 0n, VERDICT.unknown],
          [id, T0 + 2 * STEP, A1, 600n, VERDICT.ok, 2 * STEP],
          [id, T0 + 1000, A2, 0n, VERDICT.unknown],
          [id, T0 + STEP + 1000, A2, 990n, VERDICT.ok],
        ]),
      ]);
      expect(await counterGrid(id, 3 * STEP, T0 + 3 * STEP)).toEqual([10]);
    });

    it('agree between raw data, rollups, and both together', async () => {
      const id = ownSeries();
      let value = 0n;
      const rows = count(3 * 120, (index): CounterRow => {
        value += BigInt(300 + (index % 5) * 30);
        return [
          id,
          T0 + index * STEP,
          A1,
          value,
          index === 0 ? VERDICT.unknown : index % 50 === 0 ? VERDICT.reset : VERDICT.ok,
        ];
      });
      await insert(open(), [counterRows(rows)]);
      const request = { series: [{ id, kind: 'counter' as const }], fromMs: T0, toMs: T0 + 3 * HOUR };
      for (const stepMs of [300_000, HOUR]) {
        const before = await open().read.grid({ ...request, stepMs });
        await open().refine.rollup(T0, T0 + HOUR, 3);
        const half = await open().read.grid({ ...request, stepMs });
        await open().refine.rollup(T0, T0 + 3 * HOUR, 4);
        const all = await open().read.grid({ ...request, stepMs });
        for (const grids of [half, all]) {
          expect(grids[0]?.avg.length).toBe(before[0]?.avg.length);
          grids[0]?.avg.forEach((rate, step) => expect(rate).toBeCloseTo(before[0]?.avg[step] ?? NAN, 9));
          expect(grids[0]?.min).toEqual(before[0]?.min);
          expect(grids[0]?.max).toEqual(before[0]?.max);
        }
      }
      const resets = await open().query(`SELECT sum(resets) AS resets FROM counter_1h FINAL WHERE series = ${id}`);
      expect(Number(resets[0]?.['resets'])).toBe(7);
    });
  });
}
