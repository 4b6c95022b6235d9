/** Faults of the way between agents and the broker. The first agent's way is spoilt; the second's is good. */
import { waitFor } from '../../servers/wait.ts';
import type { GeneratingAgent } from '../cluster.ts';
import type { Proxy } from '../proxy.ts';
import type { Row, RowGroup, RowRun } from '../row.ts';
import { samplesOf } from '../store-query.ts';

/** What the design promises. */
const NOTICED_MS = 30_000;

function victimOf({ cluster }: RowRun): { agent: GeneratingAgent; proxy: Proxy } {
  const [agent] = cluster.agents;
  if (agent?.proxy === undefined) throw new Error('the cluster has no agent behind a proxy');
  return { agent, proxy: agent.proxy };
}

/** Waits until a sample taken after `sinceMs` is in the first store; answers how long ago it was taken. */
async function newestArrives(
  { cluster }: RowRun,
  agent: GeneratingAgent,
  sinceMs: number,
  deadlineMs: number,
): Promise<number> {
  const [store] = cluster.stores;
  if (store === undefined) throw new Error('the cluster has no store');
  return waitFor(
    async () => {
      const found = await samplesOf(store.door, agent.generator.account.agent, sinceMs, Date.now() + 60_000);
      const newest = Math.max(0, ...found.keys());
      return newest === 0 ? undefined : Date.now() - newest;
    },
    deadlineMs,
    'a new sample to arrive',
  );
}

/** The other site must take over while the way to the first is a hole. */
function hole(direction: 'up' | 'down' | 'both'): Row['run'] {
  return async (run) => {
    const { agent, proxy } = victimOf(run);
    await run.flow(1);
    proxy.set({ hole: direction });
    const beganMs = Date.now();
    // What was on its way may still arrive: a sample taken later counts.
    await run.flow(4);
    const ageMs = await newestArrives(run, agent, beganMs + 3000, NOTICED_MS + 15_000);
    const tookMs = Date.now() - beganMs;
    run.note(
      `hole ${direction}: the first new sample was in a store after ${(tookMs / 1000).toFixed(1)} s, aged ${ageMs} ms`,
    );
    run.check(tookMs <= NOTICED_MS, `noticed after ${tookMs} ms`);
    proxy.set({});
    return undefined;
  };
}

const ROWS: readonly Row[] = [
  {
    number: 11,
    title: 'black hole without reset',
    injection: 'nothing passes between agent and site 1; site 2 is there',
    run: hole('both'),
  },
  { number: 12, title: 'one-way partition, up', injection: 'nothing passes from the agent to site 1', run: hole('up') },
  {
    number: 12,
    title: 'one-way partition, down',
    injection: 'nothing passes from site 1 to the agent',
    run: hole('down'),
  },
  {
    number: 14,
    title: 'resets in mid-publish',
    injection: 'connection reset after each 12 kB, for 8 s',
    run: async (run) => {
      const { proxy } = victimOf(run);
      await run.flow(1);
      proxy.set({ cutAfterBytes: 12_000 });
      await run.flow(8);
      proxy.set({});
      return undefined;
    },
  },
];

const THIN_ROWS: readonly Row[] = [
  {
    number: 13,
    title: 'thin, slow, lossy line',
    injection: '64 kbit/s, 150 ms each way, 5% of chunks stall 400 ms; a backlog of 6 s waits',
    run: async (run) => {
      const { agent, proxy } = victimOf(run);
      proxy.set({ refuse: true });
      proxy.cut();
      await run.flow(6);
      proxy.set({ bytesPerSecond: 8000, delayMs: 150, stall: { chance: 0.05, ms: 400 } });
      const [bytesBefore, sinceMs] = [proxy.bytesUp, Date.now()];
      const ageMs = await newestArrives(run, agent, sinceMs, 30_000);
      await run.flow(8);
      const sent = proxy.bytesUp - bytesBefore;
      run.note(
        `the first live sample arrived ${ageMs} ms old; ${sent} bytes went up in ${Math.round((Date.now() - sinceMs) / 1000)} s`,
      );
      proxy.set({});
      return undefined;
    },
  },
];

export const NETWORK_ROWS: RowGroup = {
  name: 'network',
  options: { agents: 2, sites: 2, series: 20, everyMs: 250, proxies: true },
  rows: ROWS,
};
export const THIN_LINE_ROWS: RowGroup = {
  name: 'thin line',
  options: { agents: 2, sites: 1, series: 20, everyMs: 500, proxies: true },
  rows: THIN_ROWS,
};
