/**
 * What every Store must do, whichever engine stands behind it: run against the embedded one, and against
 * a ClickHouse server when one is given. Each test uses series and names of its own.
 */
import {
  agentId,
  alarmEventRows,
  alarmId,
  derivedRows,
  factRows,
  openBatch,
  sealBatch,
  seriesId,
  seriesRows,
  VERDICT,
  type AlarmEvent,
  type TableRows,
  type VerdictCode,
} from '@kaiku/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerRow, Store } from '../api.ts';
import { StoreError } from '../errors.ts';

/** Samples lie on a fixed day in the past, at the start of an hour. */
const T0 = Date.UTC(2026, 4, 20, 12);
const STEP = 30_000;
const HOUR = 3_600_000;
const A1 = agentId('agent-1');
const A2 = agentId('agent-2');

/** Seals tables as an agent does and inserts their frames as a logger does. */
async function insert(store: Store, tables: readonly TableRows[]): Promise<void> {
  const head = { agent: 'agent-1', epoch: 1, seq: 1, firstMs: T0, lastMs: T0, sealedMs: T0, missedSlots: 0 };
  const opened = openBatch(sealBatch({ ...head, clock: { offsetMs: null, monotonicMs: 0 } }, tables).bytes);
  if (!opened.ok) throw new Error(opened.reason);
  for (const { table, frame } of opened.blocks) await store.insertFrames(table, [frame]);
}

type GaugeRow = readonly [series: bigint, ts: number, agent: bigint, value: number, status?: number];

function gaugeRows(rows: readonly GaugeRow[]): TableRows {
  return {
    table: 'gauge',
    rows: rows.length,
    data: [
      BigUint64Array.from(rows, (row) => row[0]),
      BigInt64Array.from(rows, (row) => BigInt(row[1])),
      BigUint64Array.from(rows, (row) => row[2]),
      Float64Array.from(rows, (row) => row[3]),
      Uint8Array.from(rows, (row) => row[4] ?? 0),
    ],
  };
}

type CounterRow = readonly [
  series: bigint,
  ts: number,
  agent: bigint,
  value: bigint,
  verdict: VerdictCode,
  intervalMs?: number,
];

function counterRows(rows: readonly CounterRow[]): TableRows {
  return {
    table: 'counter',
    rows: rows.length,
    data: [
      BigUint64Array.from(rows, (row) => row[0]),
      BigInt64Array.from(rows, (row) => BigInt(row[1])),
      BigUint64Array.from(rows, (row) => row[2]),
      BigUint64Array.from(rows, (row) => row[3]),
      Uint32Array.from(rows, (row) => row[5] ?? STEP),
      Uint8Array.from(rows, (row) => row[4]),
    ],
  };
}

let unique = 0;
const ownSeries = (): bigint => seriesId({ entity: `contract-${(unique += 1)}`, metric: 'rtt', instance: '' });
const count = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));
const NAN = Number.NaN;

export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`a store: ${name}`, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
      await store.migrate();
    }, 30_000);
    afterAll(async () => store.close());

    const gaugeGrid = async (id: bigint, stepMs: number, toMs: number): Promise<readonly number[]> => {
      const [grid] = await store.read.grid({ series: [{ id, kind: 'gauge' }], fromMs: T0, toMs, stepMs });
      return [...(grid?.avg ?? [])];
    };
    const counterGrid = async (id: bigint, stepMs: number, toMs: number, fromMs = T0): Promise<readonly number[]> => {
      const [grid] = await store.read.grid({ series: [{ id, kind: 'counter' }], fromMs, toMs, stepMs });
      return [...(grid?.avg ?? [])];
    };

    it('answers pings, and has nothing left to migrate', async () => {
      expect(await store.ping()).toBe(true);
      expect(await store.migrate()).toEqual([]);
    });

    it('shows a sample once, however often its batch is inserted', async () => {
      const id = ownSeries();
      const rows = gaugeRows([
        [id, T0, A1, 1.5],
        [id, T0 + STEP, A1, NAN, 1],
        [id, T0, A2, 2.5],
      ]);
      for (let times = 0; times < 3; times += 1) await insert(store, [rows]);
      const read = await store.read.gauges([id], T0, T0 + HOUR);
      expect([...read.value]).toHaveLength(3);
      expect(new Set(read.value)).toEqual(new Set([1.5, 2.5, NAN]));
      expect([...read.ts]).toEqual([T0, T0, T0 + STEP]);
      expect([...read.status]).toEqual([0, 0, 1]);
      expect(new Set(read.series)).toEqual(new Set([id]));
    });

    it('takes several frames in one insert', async () => {
      const id = ownSeries();
      const frames = count(5, (part) => {
        const head = { agent: 'agent-1', epoch: 1, seq: 1, firstMs: T0, lastMs: T0, sealedMs: T0, missedSlots: 0 };
        const rows = gaugeRows(count(1000, (index) => [id, T0 + (part * 1000 + index) * 1000, A1, index]));
        const opened = openBatch(sealBatch({ ...head, clock: { offsetMs: null, monotonicMs: 0 } }, [rows]).bytes);
        return opened.ok ? (opened.blocks[0]?.frame ?? new Uint8Array(0)) : new Uint8Array(0);
      });
      await store.insertFrames('gauge', frames);
      expect((await store.read.gauges([id], T0, T0 + 24 * HOUR)).ts).toHaveLength(5000);
    });

    it('refuses a frame that was cut, and keeps nothing of it', async () => {
      const id = ownSeries();
      const head = { agent: 'agent-1', epoch: 1, seq: 1, firstMs: T0, lastMs: T0, sealedMs: T0, missedSlots: 0 };
      const rows = gaugeRows(count(1000, (index) => [id, T0 + index, A1, index]));
      const opened = openBatch(sealBatch({ ...head, clock: { offsetMs: null, monotonicMs: 0 } }, [rows]).bytes);
      const frame = opened.ok ? (opened.blocks[0]?.frame ?? new Uint8Array(0)) : new Uint8Array(0);
      await expect(store.insertFrames('gauge', [frame.subarray(0, frame.length - 5)])).rejects.toThrow(StoreError);
      expect((await store.read.gauges([id], T0, T0 + HOUR)).ts).toHaveLength(0);
    });

    it('keeps 64 bits exact', async () => {
      const id = 2n ** 64n - 2n;
      await insert(store, [counterRows([[id, T0, 2n ** 64n - 3n, 2n ** 64n - 1n, VERDICT.ok, 2 ** 32 - 1]])]);
      const read = await store.read.counters([id], T0, T0 + 1);
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
      await insert(store, [gaugeRows(ids.flatMap((id) => count(3, (index): GaugeRow => [id, T0 - index, A1, index])))]);
      const read = await store.read.gauges(ids, T0 - HOUR, T0 + 1);
      expect(read.series).toHaveLength(900);
      for (let row = 1; row < 900; row += 1) {
        const [before, now] = [read.series[row - 1] ?? 0n, read.series[row] ?? 0n];
        expect(before < now || (before === now && (read.ts[row - 1] ?? 0) < (read.ts[row] ?? 0))).toBe(true);
      }
      expect((await store.read.gauges([], T0, T0 + HOUR)).ts).toHaveLength(0);
    });

    it('describes series, and filters them', async () => {
      const described = [
        { entity: 'contract-described', metric: 'ifHCInOctets', instance: "Gi0/1 'uplink' \\ ä", kind: 'counter' },
        { entity: 'contract-described', metric: 'rtt', instance: '', kind: 'gauge' },
      ] as const;
      await insert(store, [seriesRows(described, T0)]);
      await insert(store, [seriesRows(described, T0 + 1)]);
      const all = await store.read.series({ entities: ['contract-described', "o'brien"] });
      expect(all).toEqual(described.map((each) => Object.assign({ id: seriesId(each) }, each)));
      expect(await store.read.series({ entities: ['contract-described'], metrics: ['rtt'] })).toHaveLength(1);
      expect(await store.read.series({ entities: [] })).toEqual([]);
    });

    describe('grids of gauges', () => {
      it('average what a step holds, leave gaps empty, and pass over failures', async () => {
        const id = ownSeries();
        await insert(store, [
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
        await insert(store, [
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
        await insert(store, [gaugeRows(rows)]);
        const request = { series: [{ id, kind: 'gauge' as const }], fromMs: T0, toMs: T0 + 4 * HOUR };
        for (const stepMs of [300_000, HOUR]) {
          const before = await store.read.grid({ ...request, stepMs });
          await store.refine.rollup(T0, T0 + 2 * HOUR, 1);
          const half = await store.read.grid({ ...request, stepMs });
          await store.refine.rollup(T0, T0 + 4 * HOUR, 2);
          const all = await store.read.grid({ ...request, stepMs });
          expect(half).toEqual(before);
          expect(all).toEqual(before);
          expect(before[0]?.min[0]).toBe(1);
        }
      });
    });

    describe('grids of counters', () => {
      it('give rates per second; wraps count, resets, first readings and holes do not', async () => {
        const id = ownSeries();
        await insert(store, [
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
        await insert(store, [
          counterRows(count(10, (index) => [id, T0 + index * STEP, A1, BigInt(index * 60), VERDICT.ok])),
        ]);
        expect(await counterGrid(id, STEP, T0 + 8 * STEP, T0 + 5 * STEP)).toEqual([2, 2, 2]);
      });

      it('take an interval that spans a failed poll, and the agent that covers most', async () => {
        const id = ownSeries();
        await insert(store, [
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
        await insert(store, [counterRows(rows)]);
        const request = { series: [{ id, kind: 'counter' as const }], fromMs: T0, toMs: T0 + 3 * HOUR };
        for (const stepMs of [300_000, HOUR]) {
          const before = await store.read.grid({ ...request, stepMs });
          await store.refine.rollup(T0, T0 + HOUR, 3);
          const half = await store.read.grid({ ...request, stepMs });
          await store.refine.rollup(T0, T0 + 3 * HOUR, 4);
          const all = await store.read.grid({ ...request, stepMs });
          for (const grids of [half, all]) {
            expect(grids[0]?.avg.length).toBe(before[0]?.avg.length);
            grids[0]?.avg.forEach((rate, step) => expect(rate).toBeCloseTo(before[0]?.avg[step] ?? NAN, 9));
            expect(grids[0]?.min).toEqual(before[0]?.min);
            expect(grids[0]?.max).toEqual(before[0]?.max);
          }
        }
        const resets = await store.query(`SELECT sum(resets) AS resets FROM counter_1h FINAL WHERE series = ${id}`);
        expect(Number(resets[0]?.['resets'])).toBe(7);
      });
    });

    it('recomputes a bucket from what there is now: late data counts, repeats change nothing', async () => {
      const id = ownSeries();
      const bucket = async (): Promise<unknown> =>
        (await store.query(`SELECT samples, value_sum FROM gauge_1h FINAL WHERE series = ${id}`))[0];
      await insert(store, [gaugeRows([[id, T0, A1, 1]])]);
      await store.refine.rollup(T0, T0 + 1, 10);
      await store.refine.rollup(T0, T0 + 1, 10);
      expect(await bucket()).toEqual({ samples: 1, value_sum: 1 });
      await insert(store, [gaugeRows([[id, T0 + 1000, A1, 5]])]);
      await store.refine.rollup(T0 + 2000, T0 + 3000, 11);
      expect(await bucket()).toEqual({ samples: 2, value_sum: 6 });
    });

    it('keeps the refiner’s cursor', async () => {
      expect(await store.refine.cursor()).toBe(0);
      await store.refine.setCursor(1000);
      await store.refine.setCursor(900);
      expect(await store.refine.cursor()).toBe(900);
    });

    it('gives the newest values: gauges, rates, results', async () => {
      const [gauge, failed, counter, derived, old] = [ownSeries(), ownSeries(), ownSeries(), ownSeries(), ownSeries()];
      await insert(store, [
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
      const latest = await store.read.latest(
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

    it('keeps of a result the highest version', async () => {
      const id = ownSeries();
      const result = { series: id, tsMs: T0, windowMs: 300_000, observed: 0.5 };
      await insert(store, [derivedRows([{ ...result, value: 2, final: true, version: 7n }])]);
      await insert(store, [derivedRows([{ ...result, value: 1, final: false, version: 6n }])]);
      expect(await store.read.derived([id], T0, T0 + 1)).toEqual([
        { series: id, ts: T0, windowMs: 300_000, value: 2, observed: 0.5, final: true },
      ]);
      const [grid] = await store.read.grid({
        series: [{ id, kind: 'derived' }],
        fromMs: T0,
        toMs: T0 + HOUR,
        stepMs: HOUR,
      });
      expect([...(grid?.avg ?? [])]).toEqual([2]);
    });

    it('gives each fact as last known', async () => {
      const fact = { entity: 'contract-facts', name: 'ifAlias', instance: 'Gi0/1' };
      await insert(store, [factRows([{ ...fact, tsMs: T0, value: 'old' }])]);
      await insert(store, [factRows([{ ...fact, tsMs: T0 + 1, value: 'new — ä' }])]);
      expect(await store.read.facts(['contract-facts', 'none'])).toEqual([{ ...fact, ts: T0 + 1, value: 'new — ä' }]);
      expect(await store.read.facts([])).toEqual([]);
    });

    it('knows the alarms that stand, and their acknowledgement', async () => {
      const event = (rule: string, tsMs: number, kind: AlarmEvent['event'], token = 1): AlarmEvent => ({
        v: 1,
        alarm: String(alarmId('contract-alarms', rule, '')),
        tsMs,
        event: kind,
        entity: 'contract-alarms',
        rule,
        instance: '',
        severity: 'major',
        value: kind === 'raised' ? 93.5 : null,
        message: `${rule} ${kind}`,
        actor: kind === 'acknowledged' ? 'anna' : 'analyzer',
        token: kind === 'acknowledged' ? 0 : token,
      });
      const events = [
        event('stands', T0, 'raised'),
        event('cleared', T0, 'raised'),
        event('cleared', T0 + 1, 'cleared'),
        event('acked', T0, 'raised'),
        event('acked', T0 + 5, 'acknowledged'),
        event('acked', T0 + 6, 'changed'),
        event('unacked', T0, 'raised'),
        event('unacked', T0 + 5, 'acknowledged'),
        event('unacked', T0 + 6, 'unacknowledged'),
        event('again', T0, 'raised'),
        event('again', T0 + 1, 'acknowledged'),
        event('again', T0 + 2, 'cleared'),
        event('again', T0 + 3, 'raised'),
        event('at-once', T0, 'raised'),
        event('at-once', T0, 'cleared'),
      ];
      await insert(store, [alarmEventRows(events)]);
      await insert(store, [alarmEventRows([{ ...event('stands', T0, 'raised', 9), message: 'by the later lease' }])]);
      const active = (await store.read.activeAlarms()).filter((each) => each.entity === 'contract-alarms');
      const text = active.map((each) => `${each.rule} ${each.event} ${each.tsMs - T0}`).toSorted();
      expect(text).toEqual([
        'acked acknowledged 5',
        'acked changed 6',
        'again raised 3',
        'stands raised 0',
        'unacked raised 0',
      ]);
      const stands = active.find((each) => each.rule === 'stands');
      expect(stands).toEqual({ ...event('stands', T0, 'raised', 9), message: 'by the later lease' });
      expect(active.find((each) => each.event === 'changed')?.value).toBeNull();

      const range = { fromMs: T0, toMs: T0 + 6, entities: ['contract-alarms'] };
      const history = await store.read.alarmEvents({ ...range, limit: 3 });
      expect(history.map((each) => each.tsMs - T0)).toEqual([5, 5, 3]);
      expect(await store.read.alarmEvents({ ...range, entities: ['other'], limit: 3 })).toEqual([]);
    });

    it('keeps the ledger: ranges, hashes, order of insertion', async () => {
      const day = Date.UTC(2026, 4, 20, 23, 59);
      const row = (seq: number): LedgerRow => ({
        agent: 'contract-ledger',
        epoch: 1_779_000_000_000,
        seq,
        sha256: `${seq}`.padStart(64, '0'),
        rows: 10,
        firstMs: T0 + seq,
        lastMs: T0 + seq + 5,
        sealedMs: T0 + seq + 9,
      });
      await store.ledger.record([row(1), row(2), row(3), row(7)], day);
      await store.ledger.record([row(4), row(3)], day + 120_000);
      await store.ledger.record([], day);
      const summary = (await store.ledger.summaries()).find((each) => each.agent === 'contract-ledger');
      expect(summary).toEqual({
        agent: 'contract-ledger',
        epoch: 1_779_000_000_000,
        ranges: [
          [1, 4],
          [7, 7],
        ],
        batches: 5,
        rows: 50,
        firstMs: T0 + 1,
        lastMs: T0 + 12,
      });
      expect(await store.ledger.hashOf('contract-ledger', 1_779_000_000_000, 7)).toBe(row(7).sha256);
      expect(await store.ledger.hashOf('contract-ledger', 1_779_000_000_000, 5)).toBeUndefined();
      const since = (await store.ledger.since(day + 1, 10)).filter((each) => each.agent === 'contract-ledger');
      expect(new Set(since.map((each) => each.seq))).toEqual(new Set([3, 4]));
      expect(since[0]?.insertedMs).toBe(day + 120_000);
      const first = (await store.ledger.since(day, 1)).filter((each) => each.agent === 'contract-ledger');
      expect(first.length, 'rows of one moment are not split').toBeGreaterThanOrEqual(3);
    });

    it('keeps unreadable batches with their bytes', async () => {
      const before = await store.ledger.quarantined();
      const bytes = Uint8Array.of(0, 255, 10, 39);
      await store.ledger.quarantine({ agent: 'agent-1', epoch: 1, seq: 9, reason: "hash 'x'", bytes }, T0);
      expect(await store.ledger.quarantined()).toBe(before + 1);
      const [row] = await store.query('SELECT reason, body_base64 FROM quarantine WHERE seq = 9');
      expect(row).toEqual({ reason: "hash 'x'", body_base64: Buffer.from(bytes).toString('base64') });
    });

    it('counts distinct rows and their bytes', async () => {
      const rowsOf = async (): Promise<number> =>
        (await store.counts()).find(({ table }) => table === 'gauge')?.rows ?? NAN;
      const before = await rowsOf();
      const rows = gaugeRows([[ownSeries(), T0, A1, 1]]);
      await insert(store, [rows]);
      await insert(store, [rows]);
      expect(await rowsOf()).toBe(before + 1);
      expect((await store.counts()).every((each) => each.bytesOnDisk >= 0)).toBe(true);
    });

    it('answers free questions, and only questions', async () => {
      const asked = await store.query('SELECT {a:String} AS a, {b:Array(String)} AS b, {c:UInt64} AS c;', {
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
        const error = await store.query(sql).catch((caught: unknown) => caught);
        expect(error, sql).toBeInstanceOf(StoreError);
        expect(error instanceof StoreError && error.retryable, sql).toBe(false);
      }
    });
  });
}
