/** Faults of stores: emptied, cut from power, slow, aborted. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { imageDisk, imageProblem, type ImageDisk } from '../disk.ts';
import type { Row, RowGroup, RowRun } from '../row.ts';
import { command, countOf } from '../store-query.ts';

const MIB = 1024 * 1024;
/** A logger that holds everything a slow store does not take would pass this soon. */
const LOGGER_MIB = 400;

function firstStore({ cluster }: RowRun) {
  const [store] = cluster.stores;
  if (store === undefined) throw new Error('the cluster has no store');
  return store;
}

const ROWS: readonly Row[] = [
  {
    number: 21,
    title: 'store emptied',
    injection: 'killed, its folder removed, started empty; its logger runs on',
    deadlineMs: 120_000,
    run: async (run) => {
      await run.flow(4);
      await firstStore(run).wipe();
      await run.flow(2);
      return undefined;
    },
  },
  {
    number: 22,
    title: 'store forgets rows',
    injection: 'samples and ledger rows of the last seconds deleted behind the logger, store killed',
    deadlineMs: 120_000,
    run: async (run) => {
      const { door, part } = firstStore(run);
      await run.flow(5);
      const count = (): Promise<number> =>
        countOf(door, `SELECT count() FROM ledger FINAL WHERE inserted >= fromUnixTimestamp64Milli(${run.fromMs})`);
      const before = await count();
      for (const [table, column] of [
        ['gauge', 'ts'],
        ['counter', 'ts'],
        ['ledger', 'inserted'],
      ] as const) {
        await command(
          door,
          `ALTER TABLE ${table} DELETE WHERE ${column} >= fromUnixTimestamp64Milli(${run.fromMs}) SETTINGS mutations_sync = 1`,
        );
      }
      run.note(`${before} ledger rows deleted with their samples`);
      run.check(before > 0, 'nothing was there to delete');
      await part.restart();
      await run.flow(1);
      return undefined;
    },
  },
  {
    number: 23,
    title: 'slow store',
    injection: 'runs 0.3 s of every 1.8 s, for 12 s',
    run: async (run) => {
      const { part } = firstStore(run);
      const logger = run.cluster.part('logger-1');
      let most = 0;
      for (let turn = 0; turn < 7; turn += 1) {
        part.pause();
        await sleep(1500);
        part.resume();
        await sleep(300);
        most = Math.max(most, logger.residentBytes());
      }
      run.note(`its logger took ${Math.round(most / MIB)} MiB at most`);
      run.check(most < LOGGER_MIB * MIB, `its logger took ${Math.round(most / MIB)} MiB`);
      return undefined;
    },
  },
  {
    number: 24,
    title: 'engine aborts',
    injection: 'SIGABRT, three times, started again each time',
    run: async (run) => {
      const { part } = firstStore(run);
      for (let turn = 0; turn < 3; turn += 1) {
        await run.flow(1.5);
        await part.kill('SIGABRT');
        await part.start();
      }
      return undefined;
    },
  },
];

let disk: ImageDisk | undefined;

const POWER_ROWS: readonly Row[] = [
  {
    number: 22,
    title: "store's machine loses power",
    injection: 'its disk goes back to what was synced; the rest is gone',
    deadlineMs: 120_000,
    skip: imageProblem,
    run: async (run) => {
      const { part } = firstStore(run);
      await run.flow(5);
      part.pause();
      disk?.snapshot();
      await part.kill();
      disk?.cut();
      await part.start();
      await run.flow(2);
      return undefined;
    },
  },
];

export const STORE_ROWS: RowGroup = {
  name: 'store',
  part: 'store',
  options: { agents: 2, series: 20, everyMs: 500 },
  rows: ROWS,
};
export const STORE_POWER_ROWS: RowGroup = {
  name: "store's disk",
  part: 'store',
  options: { agents: 1, series: 20, everyMs: 500 },
  prepare: (folder) => {
    if (imageProblem() !== undefined) return { dataDirs: {}, remove: () => undefined };
    const mounted = imageDisk(join(folder, 'store-disk'), 512);
    disk = mounted;
    return { dataDirs: { 'store-1': mounted.path }, remove: () => mounted.remove() };
  },
  rows: POWER_ROWS,
};
