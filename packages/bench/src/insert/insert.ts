/**
 * Rows per second into a store: sealed frames, as a logger has them, through the HTTP interface of the
 * embedded store, on disk when answered. Beside it the usual way: the same rows as JSONEachRow into the
 * same engine, tables and settings. Sealing and writing JSON are not measured; rounds of both alternate.
 */
import { zstdCompressSync } from 'node:zlib';
import { describeMachine } from '../machine.ts';
import { median } from '../median.ts';
import type { BenchOptions } from '../bench.ts';
import type { BenchResult } from '../result.ts';
import { jsonLines, nativeBlock, sampleCycles, SERIES, type SampleTable } from './data.ts';
import { StoreProcess } from './store-process.ts';

export interface InsertBenchOptions {
  /** Rows to insert in all, half of them gauges, half counters. */
  readonly rows?: number;
  /** End after this time, with what was inserted until then. */
  readonly seconds?: number;
  readonly progress?: BenchOptions['progress'];
}

const TABLES = ['gauge', 'counter'] as const satisfies readonly SampleTable[];
/** Rows of one frame: what agents seal in some minutes; frames of one insert: what a busy logger collects. */
const FRAME_CYCLES = 10;
const FRAMES = 10;
const ROUND_ROWS = SERIES * FRAME_CYCLES * FRAMES;
/** Text goes in smaller bodies, as clients send it. */
const JSON_CYCLES = 25;
/** A batch of a small site: the least a logger inserts at once. */
const SMALL_INSERTS = 20;

interface Spent {
  rows: number;
  ms: number;
}

const rate = ({ rows, ms }: Spent): number => Math.round((rows / ms) * 1000);

export async function benchInsert(options: InsertBenchOptions = {}): Promise<BenchResult> {
  const machine = describeMachine();
  const process = await StoreProcess.open();
  try {
    return await measure(process, machine, options);
  } finally {
    await process.close();
  }
}

async function timed(spent: Spent, rows: number, work: () => Promise<void>): Promise<void> {
  const startMs = performance.now();
  await work();
  spent.ms += performance.now() - startMs;
  spent.rows += rows;
}

async function measure(
  process: StoreProcess,
  machine: BenchResult['machine'],
  { rows = 4_000_000, seconds = 120, progress }: InsertBenchOptions,
): Promise<BenchResult> {
  const { store } = process;
  for (const table of TABLES) await process.send(`CREATE TABLE ${table}_json AS ${table}`);
  const spent = { gauge: { rows: 0, ms: 0 }, counter: { rows: 0, ms: 0 } };
  const json = { gauge: { rows: 0, ms: 0 }, counter: { rows: 0, ms: 0 } };
  let wireBytes = 0;
  let jsonBytes = 0;
  const rounds = Math.max(1, Math.ceil(rows / 2 / ROUND_ROWS));
  const deadline = performance.now() + seconds * 1000;
  // Round 0 warms up both ways and is not counted.
  for (let round = 0; round <= rounds && (round < 2 || performance.now() < deadline); round += 1) {
    for (const table of TABLES) {
      const first = round * FRAMES * FRAME_CYCLES;
      const frames = Array.from({ length: FRAMES }, (_, frame) =>
        zstdCompressSync(nativeBlock(sampleCycles(table, first + frame * FRAME_CYCLES, FRAME_CYCLES))),
      );
      const text = jsonLines(sampleCycles(table, first, JSON_CYCLES));
      const ours = round === 0 ? { rows: 0, ms: 0 } : spent[table];
      const theirs = round === 0 ? { rows: 0, ms: 0 } : json[table];
      await timed(ours, ROUND_ROWS, () => store.insertFrames(table, frames));
      await timed(theirs, SERIES * JSON_CYCLES, () =>
        process.send(`INSERT INTO ${table}_json FORMAT JSONEachRow`, text),
      );
      if (round === 0) continue;
      wireBytes += frames.reduce((sum, frame) => sum + frame.length, 0);
      jsonBytes += Buffer.byteLength(text);
    }
    progress?.(round === 0 ? 'warmed up' : `round ${round} of ${rounds}`);
  }
  const resident = await process.residentMib();
  const smallMs = await smallInserts(process, rounds + 1);
  const disk = await diskBytesPerRow(process);
  const both: Spent = { rows: spent.gauge.rows + spent.counter.rows, ms: spent.gauge.ms + spent.counter.ms };
  const bothJson: Spent = { rows: json.gauge.rows + json.counter.rows, ms: json.gauge.ms + json.counter.ms };
  return {
    bench: 'insert',
    machine,
    ours: {
      rows_per_s: rate(both),
      gauge_rows_per_s: rate(spent.gauge),
      counter_rows_per_s: rate(spent.counter),
      sent_per_row_bytes: wireBytes / both.rows,
      on_disk_per_row_bytes: rounded((disk.gauge + disk.counter) / 2),
      gauge_on_disk_per_row_bytes: rounded(disk.gauge),
      counter_on_disk_per_row_bytes: rounded(disk.counter),
      ...(await columnBytesPerRow(process)),
      small_insert_ms: smallMs,
      ...(resident === undefined ? {} : { store_resident_mib: resident }),
    },
    peers: {
      json_each_row: {
        rows_per_s: rate(bothJson),
        gauge_rows_per_s: rate(json.gauge),
        counter_rows_per_s: rate(json.counter),
        sent_per_row_bytes: jsonBytes / bothJson.rows,
      },
    },
    ratio: { json_each_row: rate(both) / rate(bothJson) },
  };
}

/** Median time of an insert of one cycle, on disk when answered. */
async function smallInserts({ store }: StoreProcess, round: number): Promise<number> {
  const times: number[] = [];
  for (let insert = 0; insert < SMALL_INSERTS; insert += 1) {
    const cycle = round * FRAMES * FRAME_CYCLES + insert;
    const frame = zstdCompressSync(nativeBlock(sampleCycles('gauge', cycle, 1)));
    const startMs = performance.now();
    await store.insertFrames('gauge', [frame]);
    times.push(performance.now() - startMs);
  }
  return Math.round(median(times) * 10) / 10;
}

async function diskBytesPerRow(process: StoreProcess): Promise<Record<SampleTable, number>> {
  const out = { gauge: Number.NaN, counter: Number.NaN };
  for (const table of TABLES) {
    await process.send(`OPTIMIZE TABLE ${table} FINAL`);
    const [row] = await process.store.query(
      `SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts
       WHERE active AND database = currentDatabase() AND table = {table:String}`,
      { table },
    );
    out[table] = Number(row?.['bytes']);
  }
  return out;
}

const rounded = (bytes: number): number => Math.round(bytes * 1000) / 1000;

/** Where the bytes go: each column's share of a row. The rest is key, marks and checksums. */
async function columnBytesPerRow(process: StoreProcess): Promise<Record<string, number>> {
  const columns = await process.store.query(
    `SELECT table, column, sum(column_data_compressed_bytes) / sum(rows) AS bytes FROM system.parts_columns
     WHERE active AND database = currentDatabase() AND table IN ('gauge', 'counter')
     GROUP BY table, column ORDER BY table DESC, bytes DESC`,
  );
  return Object.fromEntries(
    columns.map(({ table, column, bytes }) => [
      `${String(table)}_column_${String(column)}_per_row_bytes`,
      rounded(Number(bytes)),
    ]),
  );
}
