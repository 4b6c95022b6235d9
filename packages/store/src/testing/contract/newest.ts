/** Contract of a store: newest values, results, facts. */
import { derivedRows, factRows, VERDICT } from '@kaiku/protocol';
import { expect, it } from 'vitest';
import type { Store } from '../../api.ts';
import { T0, STEP, HOUR, A1, A2, insert, gaugeRows, counterRows, ownSeries, NAN } from './rows.ts';

export function newestContract(open: () => Store): void {
  it('gives the newest values: gauges, rates, results', async () => {
    const [gauge, failed, counter, derived, old] = [ownSeries(), ownSeries(), ownSeries(), ownSeries(), ownSeries()];
    await insert(open(), [
      gaugeRows([
        [gauge, T0, A1, 1],
        [gauge, T0 + STEP, A1, 2],
        [failed, T0 + STEP, A1, NAN, 3],
        [old, T0 - HOUR, A1, 1],
      ]),
      counterRows([
        [counter, T0, A1, 100n, VERDICT.ok],
        [counter, T0 + STEP, A1, 400n, VERDICT.ok],
      ]),
      derivedRows([
        { series: derived, tsMs: T0, windowMs: 300_000, value: 0.9, observed: 1, final: false, version: 1n },
        { series: derived, tsMs: T0, windowMs: 300_000, value: 0.8, observed: 1, final: true, version: 2n },
      ]),
    ]);
    const latest = await open().read.latest(
      [
        { id: gauge, kind: 'gauge' },
        { id: failed, kind: 'gauge' },
        { id: old, kind: 'gauge' },
        { id: counter, kind: 'counter' },
        { id: derived, kind: 'derived' },
      ],
      T0,
    );
    const of = (series: bigint): unknown => latest.find((value) => value.series === series);
    expect(of(gauge)).toEqual({ series: gauge, ts: T0 + STEP, value: 2, status: 0 });
    expect(of(failed)).toEqual({ series: failed, ts: T0 + STEP, value: NAN, status: 3 });
    expect(of(counter)).toEqual({ series: counter, ts: T0 + STEP, value: 10, status: 0 });
    expect(of(derived)).toEqual({ series: derived, ts: T0, value: 0.8, status: 0 });
    expect(of(old)).toBeUndefined();
  });

  it('keeps apart what each agent saw', async () => {
    const gauge = ownSeries();
    await insert(open(), [gaugeRows([[gauge, T0, A1, 1]]), gaugeRows([[gauge, T0 + STEP, A1, NAN, 1]])]);
    await insert(open(), [gaugeRows([[gauge, T0 + STEP, A2, 3]])]);
    const seen = await open().read.seenBy([gauge], T0);
    expect(seen.toSorted((a, b) => a.status - b.status)).toEqual([
      { series: gauge, agent: A2, ts: T0 + STEP, value: 3, status: 0 },
      { series: gauge, agent: A1, ts: T0 + STEP, value: NAN, status: 1 },
    ]);
    expect(await open().read.seenBy([gauge], T0 + HOUR)).toEqual([]);
  });

  it('keeps of a result the highest version', async () => {
    const id = ownSeries();
    const result = { series: id, tsMs: T0, windowMs: 300_000, observed: 0.5 };
    await insert(open(), [derivedRows([{ ...result, value: 2, final: true, version: 7n }])]);
    await insert(open(), [derivedRows([{ ...result, value: 1, final: false, version: 6n }])]);
    expect(await open().read.derived([id], T0, T0 + 1)).toEqual([
      { series: id, ts: T0, windowMs: 300_000, value: 2, observed: 0.5, final: true },
    ]);
    const [grid] = await open().read.grid({
      series: [{ id, kind: 'derived' }],
      fromMs: T0,
      toMs: T0 + HOUR,
      stepMs: HOUR,
    });
    expect([...(grid?.avg ?? [])]).toEqual([2]);
  });

  it('gives each fact as last known', async () => {
    const fact = { entity: 'contract-facts', name: 'ifAlias', instance: 'Gi0/1' };
    await insert(open(), [factRows([{ ...fact, tsMs: T0, value: 'old' }])]);
    await insert(open(), [factRows([{ ...fact, tsMs: T0 + 1, value: 'new — ä' }])]);
    expect(await open().read.facts(['contract-facts', 'none'])).toEqual([{ ...fact, ts: T0 + 1, value: 'new — ä' }]);
    expect(await open().read.facts([])).toEqual([]);
  });
}
