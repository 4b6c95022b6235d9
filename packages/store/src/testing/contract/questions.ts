/** Contract of a store: counts and free questions. */
import { expect, it } from 'vitest';
import type { Store } from '../../api.ts';
import { StoreError } from '../../errors.ts';
import { T0, A1, insert, gaugeRows, ownSeries, NAN } from './rows.ts';

export function questionsContract(open: () => Store): void {
  it('counts distinct rows and their bytes', async () => {
    const rowsOf = async (): Promise<number> =>
      (await open().counts()).find(({ table }) => table === 'gauge')?.rows ?? NAN;
    const before = await rowsOf();
    const rows = gaugeRows([[ownSeries(), T0, A1, 1]]);
    await insert(open(), [rows]);
    await insert(open(), [rows]);
    expect(await rowsOf()).toBe(before + 1);
    expect((await open().counts()).every((each) => each.bytesOnDisk >= 0)).toBe(true);
  });

  it('answers free questions, and only questions', async () => {
    const asked = await open().query('SELECT {a:String} AS a, {b:Array(String)} AS b, {c:UInt64} AS c;', {
      a: "it's \t\\ x",
      b: ["it's", 't\tab\\'],
      c: 18446744073709551615n,
    });
    expect(asked).toEqual([{ a: "it's \t\\ x", b: ["it's", 't\tab\\'], c: '18446744073709551615' }]);
    for (const sql of [
      'DROP TABLE gauge',
      'INSERT INTO fact SELECT * FROM fact',
      'SELECT 1; SELECT 2',
      'SELECT nope',
    ]) {
      const error = await open()
        .query(sql)
        .catch((caught: unknown) => caught);
      expect(error, sql).toBeInstanceOf(StoreError);
      expect(error instanceof StoreError && error.retryable, sql).toBe(false);
    }
  });
}
