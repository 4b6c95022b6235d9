/** Faults of the way between agents and the broker. The first agent's way is spoilt; the second's is good. */
import { waitFor } from '../../servers/wait.ts';
import type { GeneratingAgent } from '../cluster.ts';
import type { Proxy } from '../proxy.ts';
import type { Row, RowGroup, RowRun } from '../row.ts';
import { ledgerOf, samplesOf } from '../store-query.ts';

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
    injection: 'connection reset after each 4 kB, for 8 s',
    run: async (run) => {
      const { proxy } = victimOf(run);
      await run.flow(1);
      proxy.set({ cutAfterBytes: 4000 });
      await run.flow(8);
      proxy.set({});
      return undefined;
    },
  },
];

/** What the thin line may carry over what the same batches cost on a good one. */
const STORM = 1.5;
const LINE_DOWN_S = 8;
/** The thin line carries this many times what is sealed live, and 64 kbit/s at most. */
const LINE_SHARE = 2.5;
const LINE_BYTES_PER_SECOND = 8000;

/** Batches of an agent the first store has, of those sealed in [fromMs, toMs); and how many were. */
async function arrivedOf(
  { cluster }: RowRun,
  { generator: { account } }: GeneratingAgent,
  fromMs: number,
  toMs: number,
): Promise<{ readonly there: number; readonly due: number }> {
  const [store] = cluster.stores;
  if (store === undefined) throw new Error('the cluster has no store');
  const ledger = await ledgerOf(store.door, account.agent, fromMs, toMs);
  const lines = account.between(fromMs, toMs);
  return { there: lines.filter(({ epoch, seq }) => ledger.has(`${epoch}/${seq}`)).length, due: lines.length };
}

const THIN_ROWS: readonly Row[] = [
  {
    number: 13,
    title: 'thin, slow, lossy line',
    injection: `at most 64 kbit/s, 150 ms each way, 5% of chunks stall 400 ms; a backlog of ${LINE_DOWN_S} s waits`,
    run: async (run) => {
      const { agent, proxy } = victimOf(run);
      const { account } = agent.generator;
      // What a batch costs on a good line, with everything around it.
      const [goodBytes, goodBatches] = [proxy.bytesUp, account.all().length];
      await run.flow(6);
      const each = (proxy.bytesUp - goodBytes) / Math.max(1, account.all().length - goodBatches);
      const bytesPerSecond = Math.min(LINE_BYTES_PER_SECOND, (LINE_SHARE * each * 1000) / account.everyMs);
      const line = { bytesPerSecond, delayMs: 150, stall: { chance: 0.05, ms: 400 } };

      proxy.set({ refuse: true });
      proxy.cut();
      const downMs = Date.now();
      await run.flow(LINE_DOWN_S);
      const [bytesBefore, upMs] = [proxy.bytesUp, Date.now()];
      proxy.set(line);
      // Of the backlog something must be missing still when the first batches sealed afterwards are there.
      const left = await waitFor(
        async () => {
          const backlog = await arrivedOf(run, agent, downMs, upMs);
          const live = await arrivedOf(run, agent, upMs + account.everyMs, Date.now());
          return live.there > 1 ? backlog.due - backlog.there : undefined;
        },
        60_000,
        'live batches to arrive',
      );
      run.check(left > 0, 'the backlog went before live data');
      run.note(`${left} batches of the backlog were missing when the first live ones were there`);
      // No storm: what is sealed until the backlog has arrived goes up about once.
      await waitFor(
        async () => {
          const { there, due } = await arrivedOf(run, agent, downMs, upMs);
          return there === due;
        },
        80_000,
        'the backlog to arrive',
      );
      const batches = account.between(downMs, Date.now()).length;
      const sent = proxy.bytesUp - bytesBefore;
      run.note(
        `${sent} bytes for ${batches} batches that cost ${Math.round(each)} each on a good line; the thin one carried ${Math.round(bytesPerSecond)} a second`,
      );
      run.check(sent < STORM * batches * each, `${sent} bytes went up for ${batches} batches`);
      proxy.set({});
      return undefined;
    },
  },
];

export const NETWORK_ROWS: RowGroup = {
  name: 'network',
  part: 'network',
  options: { agents: 2, sites: 2, series: 20, everyMs: 250, proxies: true },
  rows: ROWS,
};
export const THIN_LINE_ROWS: RowGroup = {
  name: 'thin line',
  part: 'network',
  options: { agents: 2, sites: 1, series: 100, everyMs: 500, proxies: true },
  rows: THIN_ROWS,
};
