/** Contract of a store: rollups and the cursor of whoever makes them. */
import { expect, it } from 'vitest';
import type { Store } from '../../api.ts';
import { T0, A1, insert, gaugeRows, ownSeries } from './rows.ts';

export function refineContract(open: () => Store): void {
  it('recomputes a bucket from what there is now: late data counts, repeats change nothing', async () => {
    const id = ownSeries();
    const bucket = async (): Promise<unknown> =>
      (await open().query(`SELECT samples, value_sum FROM gauge_1h FINAL WHERE series = ${id}`))[0];
    await insert(open(), [gaugeRows([[id, T0, A1, 1]])]);
    await open().refine.rollup(T0, T0 + 1, 10);
    await open().refine.rollup(T0, T0 + 1, 10);
    expect(await bucket()).toEqual({ samples: 1, value_sum: 1 });
    await insert(open(), [gaugeRows([[id, T0 + 1000, A1, 5]])]);
    await open().refine.rollup(T0 + 2000, T0 + 3000, 11);
    expect(await bucket()).toEqual({ samples: 2, value_sum: 6 });
  });

  it('keeps the refiner’s cursor', async () => {
    expect(await open().refine.cursor()).toBe(0);
    await open().refine.setCursor(1000);
    await open().refine.setCursor(900);
    expect(await open().refine.cursor()).toBe(900);
  });
}
