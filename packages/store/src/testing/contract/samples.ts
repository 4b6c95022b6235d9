/** Contract of a store: samples and what describes them. */
import { seriesId, seriesRows, VERDICT } from '@kaiku/protocol';
import { expect, it } from 'vitest';
import type { Store } from '../../api.ts';
import { StoreError } from '../../errors.ts';
import {
  T0,
  STEP,
  HOUR,
  A1,
  A2,
  insert,
  blockOf,
  VERSIONS,
  type GaugeRow,
  gaugeRows,
  counterRows,
  ownSeries,
  count,
  NAN,
} from './rows.ts';

export function samplesContract(open: () => Store): void {
  it('answers pings, and has nothing left to migrate', async () => {
    expect(await open().ping()).toBe(true);
    expect(await open().migrate()).toEqual([]);
  });

  it('shows a sample once, however often its batch is inserted', async () => {
    const id = ownSeries();
    const rows = gaugeRows([
      [id, T0, A1, 1.5],
      [id, T0 + STEP, A1, NAN, 1],
      [id, T0, A2, 2.5],
    ]);
    for (let times = 0; times < 3; times += 1) await insert(open(), [rows]);
    const read = await open().read.gauges([id], T0, T0 + HOUR);
    expect([...read.value]).toHaveLength(3);
    expect(new Set(read.value)).toEqual(new Set([1.5, 2.5, NAN]));
    expect([...read.ts]).toEqual([T0, T0, T0 + STEP]);
    expect([...read.status]).toEqual([0, 0, 1]);
    expect(new Set(read.series)).toEqual(new Set([id]));
  });

  it.each(VERSIONS)('shows a sample once that came twice in one insert of version %i', async (version) => {
    const id = ownSeries();
    // A day of its own, so that its one part was never merged.
    const day = T0 + 3 * 24 * HOUR + Number(id % 50n) * 24 * HOUR;
    const { frame, encoding } = blockOf(gaugeRows(count(100, (index) => [id, day + index * STEP, A1, index])), version);
    await open().insertFrames('gauge', [frame, frame, frame], encoding);
    const read = await open().read.gauges([id], day, day + 24 * HOUR);
    expect([...read.value]).toEqual(count(100, (index) => index));
    const [row] = await open().query('SELECT count() AS rows FROM gauge FINAL WHERE series = {id:UInt64}', {
      id: String(id),
    });
    expect(Number(row?.['rows'])).toBe(100);
  });

  it.each(VERSIONS)('takes several blocks of version %i in one insert', async (version) => {
    const id = ownSeries();
    const blocks = count(5, (part) =>
      blockOf(gaugeRows(count(1000, (index) => [id, T0 + (part * 1000 + index) * 1000, A1, index])), version),
    );
    await open().insertFrames(
      'gauge',
      blocks.map(({ frame }) => frame),
      blocks[0]?.encoding,
    );
    expect((await open().read.gauges([id], T0, T0 + 24 * HOUR)).ts).toHaveLength(5000);
  });

  it.each(VERSIONS)('refuses a block of version %i that was cut, and keeps nothing of it', async (version) => {
    const id = ownSeries();
    const { frame, encoding } = blockOf(gaugeRows(count(1000, (index) => [id, T0 + index, A1, index])), version);
    const cut = frame.subarray(0, frame.length - 5);
    await expect(open().insertFrames('gauge', [cut], encoding)).rejects.toThrow(StoreError);
    expect((await open().read.gauges([id], T0, T0 + HOUR)).ts).toHaveLength(0);
  });

  it('keeps 64 bits exact', async () => {
    const id = 2n ** 64n - 2n;
    await insert(open(), [counterRows([[id, T0, 2n ** 64n - 3n, 2n ** 64n - 1n, VERDICT.ok, 2 ** 32 - 1]])]);
    const read = await open().read.counters([id], T0, T0 + 1);
    expect([read.series[0], read.agent[0], read.value[0], read.intervalMs[0], read.ts[0]]).toEqual([
      id,
      2n ** 64n - 3n,
      2n ** 64n - 1n,
      2 ** 32 - 1,
      T0,
    ]);
  });

  it('reads many series in order of series and time', async () => {
    const ids = count(300, ownSeries);
    await insert(open(), [gaugeRows(ids.flatMap((id) => count(3, (index): GaugeRow => [id, T0 - index, A1, index])))]);
    const read = await open().read.gauges(ids, T0 - HOUR, T0 + 1);
    expect(read.series).toHaveLength(900);
    for (let row = 1; row < 900; row += 1) {
      const [before, now] = [read.series[row - 1] ?? 0n, read.series[row] ?? 0n];
      expect(before < now || (before === now && (read.ts[row - 1] ?? 0) < (read.ts[row] ?? 0))).toBe(true);
    }
    expect((await open().read.gauges([], T0, T0 + HOUR)).ts).toHaveLength(0);
  });

  it('describes series, and filters them', async () => {
    const described = [
      { entity: 'contract-described', metric: 'ifHCInOctets', instance: "Gi0/1 'uplink' \\ ä", kind: 'counter' },
      { entity: 'contract-described', metric: 'rtt', instance: '', kind: 'gauge' },
    ] as const;
    await insert(open(), [seriesRows(described, T0)]);
    await insert(open(), [seriesRows(described, T0 + 1)]);
    const all = await open().read.series({ entities: ['contract-described', "o'brien"] });
    expect(all).toEqual(described.map((each) => Object.assign({ id: seriesId(each) }, each)));
    expect(await open().read.series({ entities: ['contract-described'], metrics: ['rtt'] })).toHaveLength(1);
    expect(await open().read.series({ entities: [] })).toEqual([]);
  });
}
