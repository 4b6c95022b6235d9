/** Faults of the broker: killed, emptied, full, forgetful, damaged. */
import { join } from 'node:path';
import { mountProblem, smallDisk, type SmallDisk } from '../disk.ts';
import { flipStoredBits, purge, STREAM, messagesTaken } from '../nats-store.ts';
import type { Row, RowGroup, RowRun } from '../row.ts';
import { waitFor } from '../../servers/wait.ts';

function siteOf({ cluster }: RowRun) {
  const [site] = cluster.sites;
  if (site === undefined) throw new Error('the cluster has no broker');
  return site;
}

/** Messages confirmed by the broker that no logger has: the loggers are dead meanwhile. */
async function onlyInTheBroker(run: RowRun, seconds: number): Promise<void> {
  for (const logger of run.cluster.loggers) await logger.kill();
  await run.flow(seconds);
}

const ROWS: readonly Row[] = [
  {
    number: 15,
    title: 'broker killed',
    injection: 'kill -9, back after 2 s; twice',
    run: async (run) => {
      const { part } = siteOf(run);
      for (let turn = 0; turn < 2; turn += 1) {
        await run.flow(2);
        await part.kill();
        await run.flow(2);
        await part.start();
      }
      return undefined;
    },
  },
  {
    number: 16,
    title: "broker's storage wiped",
    injection: 'killed while both loggers were dead for 4 s, its folder removed, started',
    run: async (run) => {
      await run.flow(1);
      await onlyInTheBroker(run, 4);
      await siteOf(run).wipe();
      for (const logger of run.cluster.loggers) await logger.start();
      await run.flow(2);
      return undefined;
    },
  },
  {
    number: 18,
    title: 'confirmed messages lost by the broker',
    injection: 'streams purged while both loggers are dead: PubAcks were given, nothing is there',
    run: async (run) => {
      const { port } = siteOf(run);
      await onlyInTheBroker(run, 4);
      const gone = (await purge(port, STREAM.data)) + (await purge(port, STREAM.backlog));
      run.check(gone > 0, 'nothing was there to purge');
      run.note(`${gone} messages purged`);
      for (const logger of run.cluster.loggers) await logger.start();
      await run.flow(2);
      return undefined;
    },
  },
  {
    number: 19,
    title: 'bits flipped in stored messages',
    injection: 'a bit in every 3,001st byte of the live stream on disk, loggers dead meanwhile',
    run: async (run) => {
      const { part, dir } = siteOf(run);
      await onlyInTheBroker(run, 4);
      await part.kill();
      const flipped = flipStoredBits(dir, STREAM.data, 3001);
      run.check(flipped > 0, 'nothing was there to damage');
      run.note(`${flipped} bits flipped`);
      await part.start();
      for (const logger of run.cluster.loggers) await logger.start();
      await run.flow(2);
      return undefined;
    },
  },
];

/** The broker's disk of row 17, mounted before its cluster starts. */
let disk: SmallDisk | undefined;

const FULL_ROWS: readonly Row[] = [
  {
    number: 17,
    title: "broker's disk full",
    injection: 'no byte left for 6 s',
    skip: mountProblem,
    run: async (run) => {
      const { port, part } = siteOf(run);
      await run.flow(2);
      disk?.fill();
      const before = await messagesTaken(port, STREAM.data).catch(() => undefined);
      await run.flow(6);
      disk?.free();
      const after = await messagesTaken(port, STREAM.data).catch(() => undefined);
      if (before !== undefined && after !== undefined) {
        run.note(`${after - before} messages were taken while it was full`);
      }
      // A server whose disk was full switches its storage off; its operator starts it again.
      await part.restart();
      await waitFor(async () => (await messagesTaken(port, STREAM.data)) >= 0, 20_000, 'the broker to answer');
      await run.flow(2);
      return undefined;
    },
  },
];

export const BROKER_ROWS: RowGroup = {
  name: 'broker',
  part: 'broker',
  options: { agents: 2, series: 20, everyMs: 500 },
  rows: ROWS,
};
export const FULL_BROKER_ROWS: RowGroup = {
  name: "broker's disk",
  part: 'broker',
  options: { agents: 1, series: 20, everyMs: 500 },
  prepare: (folder) => {
    if (mountProblem() !== undefined) return { dataDirs: {}, remove: () => undefined };
    const mounted = smallDisk(join(folder, 'broker-disk'), 64);
    disk = mounted;
    return { dataDirs: { 'site-1': mounted.path }, remove: () => mounted.remove() };
  },
  rows: FULL_ROWS,
};
