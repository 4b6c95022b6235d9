/** Faults of everything at once: half of it killed, everybody back in the same second, two versions together. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareAll } from '../whole.ts';
import { isWhole } from '../check.ts';
import type { Row, RowGroup } from '../row.ts';
import { countOf } from '../store-query.ts';
import { historyProblem, previousTree } from '../versions.ts';
import { waitFor } from '../../servers/wait.ts';

const CROWD = 500;
const CROWD_BATCHES = 4;

const HALF: Row = {
  number: 26,
  title: 'half of everything killed',
  injection: 'site 1, store 1, logger 1 and half of the agents at once, for 10 s',
  run: async (run) => {
    const { cluster } = run;
    const [, twin] = cluster.stores;
    if (twin === undefined) throw new Error('the cluster has one store only');
    const dead = ['site-1', 'store-1', 'logger-1', 'agent-1'];
    const living = cluster.agents.filter(({ part }) => !dead.includes(part.name));
    await run.flow(2);
    await Promise.all(dead.map((name) => cluster.part(name).kill()));
    const killedMs = Date.now();
    await run.flow(10);
    // Intake goes on meanwhile: what was sealed in the middle of it arrives while half is still away.
    const upToMs = killedMs + 8000;
    await waitFor(
      async () => (await compareAll(living, [twin], killedMs, upToMs)).every((one) => one.found > 0 && isWhole(one)),
      30_000,
      'samples of the meantime in the store that is left',
    );
    run.note(
      `samples of the first 8 s were in the store that was left after ${((Date.now() - killedMs) / 1000).toFixed(1)} s`,
    );
    return undefined;
  },
};

const REUNION: Row = {
  number: 28,
  title: '500 agents reconnect at once',
  injection: `${CROWD} connections, ${CROWD_BATCHES} batches each, broker killed and started; one process, no buffers`,
  deadlineMs: 120_000,
  run: async (run) => {
    const { cluster } = run;
    const [site] = cluster.sites;
    if (site === undefined) throw new Error('the cluster has no broker');
    const crowd = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('../crowd.ts', import.meta.url)),
        `nats://127.0.0.1:${site.port}`,
        `${CROWD}`,
        `${CROWD_BATCHES}`,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const heard: string[] = [];
    createInterface({ input: crowd.stdout }).on('line', (line) => heard.push(line));
    try {
      await waitFor(() => heard.includes('connected'), 60_000, 'the crowd to connect');
      await site.part.kill();
      await run.flow(3);
      crowd.stdin.write('go\n');
      await site.part.start();
      const beganMs = Date.now();
      await waitFor(() => heard.includes('sent'), 90_000, 'the crowd to send');
      run.note(`all batches confirmed by the broker ${((Date.now() - beganMs) / 1000).toFixed(1)} s after its start`);
      const due = CROWD * CROWD_BATCHES;
      for (const { door } of cluster.stores) {
        await waitFor(
          async () => (await countOf(door, `SELECT count() FROM ledger FINAL WHERE agent LIKE 'crowd-%'`)) === due,
          60_000,
          `${due} batches in ${door.name}`,
        );
        const rows = await countOf(
          door,
          `SELECT count() FROM gauge FINAL WHERE series IN (SELECT series FROM gauge) AND agent IN (SELECT agent FROM gauge) AND ts >= fromUnixTimestamp64Milli(${run.fromMs - 60_000})`,
        );
        run.check(rows >= due * 10, `${door.name} has ${rows} gauge rows`);
      }
      run.note(`in every store after ${((Date.now() - beganMs) / 1000).toFixed(1)} s`);
    } finally {
      crowd.kill('SIGKILL');
    }
    return undefined;
  },
};

const MIXED: Row = {
  number: 32,
  title: 'versions N and N-1 together',
  injection:
    'agent 1, store 1 and logger 1 of the version before, agent 2, store 2 and logger 2 of this one; broker killed',
  run: async (run) => {
    await run.flow(4);
    const [site] = run.cluster.sites;
    await site?.part.kill();
    await run.flow(2);
    await site?.part.start();
    await run.flow(4);
    return undefined;
  },
};

export const HALF_ROWS: RowGroup = {
  name: 'half of everything',
  part: 'all',
  options: { agents: 2, sites: 2, series: 20, everyMs: 500 },
  rows: [HALF],
};
export const CROWD_ROWS: RowGroup = {
  name: 'crowd',
  part: 'all',
  options: { agents: 1, series: 20, everyMs: 500 },
  rows: [REUNION],
};
export const MIXED_ROWS = (root: string): RowGroup => ({
  name: 'versions',
  part: 'all',
  options: { agents: 2, series: 20, everyMs: 500 },
  prepare: (folder) => {
    if (historyProblem(root) !== undefined) return { remove: () => undefined };
    const tree = previousTree(root, join(folder, 'previous'));
    return { trees: { 'agent-1': tree, 'store-1': tree, 'logger-1': tree }, remove: () => undefined };
  },
  rows: [{ ...MIXED, skip: () => historyProblem(root) }],
});
