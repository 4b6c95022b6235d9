/** Faults of the agent's machine: kills, power cuts, damage, full and failing disks, copies, clocks. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from '../../servers/binary.ts';
import { waitFor } from '../../servers/wait.ts';
import { flipBits } from '../damage.ts';
import { watchHealth } from '../health.ts';
import { imageDisk, imageProblem, mountProblem, smallDisk } from '../disk.ts';
import type { GeneratingAgent } from '../cluster.ts';
import { newestDayFile } from '../nemesis/inject.ts';
import { worst } from '../check.ts';
import type { Row, RowGroup, RowRun } from '../row.ts';
import { untilWhole } from '../whole.ts';

const BUFFER_MIB = 48;
const DAY_MS = 86_400_000;
/** What the clock of row 9 says one after another, and how many days that is off. */
const CLOCKS = [
  ['-1d', -1],
  ['+0', 0],
  ['+1d', 1],
  ['+0', 0],
] as const;
const SKEWED = '+1d';
const FAKETIME = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

/** The day file that is written now. */
function newestDay({ dir }: GeneratingAgent): string {
  const newest = newestDayFile(dir);
  if (newest === undefined) throw new Error(`${dir} holds no day file`);
  return newest;
}

/** No key was used twice by an agent. */
function keysAreUnique(run: RowRun): void {
  for (const { generator } of run.cluster.agents) {
    const keys = generator.account.all().map(({ epoch, seq, tick }) => ({ key: `${epoch}/${seq}`, tick }));
    const reused = keys.length - new Set(keys.map(({ key }) => key)).size;
    run.check(reused === 0, `${generator.account.agent} used ${reused} keys twice`);
  }
}

/** The first agent of the group; the second goes on beside it. */
function victimOf({ cluster }: RowRun): GeneratingAgent {
  const [victim] = cluster.agents;
  if (victim === undefined) throw new Error('the cluster has no agent');
  return victim;
}

/** Samples that only the buffer has: the broker is away while they are sealed, and the agent is dead at the end. */
async function onlyInTheBuffer(run: RowRun, agent: GeneratingAgent, seconds: number): Promise<void> {
  await run.cluster.part('site-1').kill();
  await run.flow(seconds);
  await agent.part.kill();
}

/** A further agent on a disk of its own, taken away again at the end. */
async function beside(run: RowRun, name: string, dataDir: string): Promise<GeneratingAgent> {
  const agent = run.guest(await run.cluster.addAgent(name, { dataDir }));
  await agent.part.start();
  return agent;
}

async function damaged(run: RowRun, damage: (file: string) => number): Promise<{ recorded: 'any' }> {
  const agent = victimOf(run);
  await run.flow(2);
  await onlyInTheBuffer(run, agent, 4);
  run.note(`${damage(newestDay(agent))} places damaged in the newest day file`);
  await agent.part.start();
  await run.cluster.part('site-1').start();
  await run.flow(2);
  keysAreUnique(run);
  return { recorded: 'any' };
}

const ROWS: readonly Row[] = [
  {
    number: 1,
    title: 'agent killed again and again',
    injection: 'kill -9 every 1.2 s, six times',
    run: async (run) => {
      const agent = victimOf(run);
      for (let turn = 0; turn < 6; turn += 1) {
        await run.flow(1.2);
        await agent.part.kill();
        await agent.part.start();
      }
      keysAreUnique(run);
      return undefined;
    },
  },
  {
    number: 2,
    title: "agent's machine loses power",
    injection: 'its disk goes back to what was synced; the rest is gone',
    skip: imageProblem,
    run: async (run) => {
      const disk = imageDisk(join(run.cluster.dir, 'cut'), BUFFER_MIB);
      run.undo(() => disk.remove());
      const agent = await beside(run, 'agent-cut', disk.path);
      await run.flow(3);
      await run.cluster.part('site-1').kill();
      await run.flow(3);
      agent.part.pause();
      disk.snapshot();
      await agent.part.kill();
      disk.cut();
      await agent.part.start();
      await run.cluster.part('site-1').start();
      await run.flow(1);
      keysAreUnique(run);
      return undefined;
    },
  },
  {
    number: 3,
    title: "torn write in the agent's buffer",
    injection: 'last 6000 bytes of the write-ahead log and of the day file overwritten',
    run: (run) =>
      damaged(run, (file) => {
        const wal = `${file}-wal`;
        if (existsSync(wal) && statSync(wal).size > 12_000) truncateSync(wal, statSync(wal).size - 6000);
        return flipBits(file, { from: -6000, every: 16 });
      }),
  },
  {
    number: 4,
    title: "bytes flipped in the agent's buffer",
    injection: 'one bit in every 9,001st byte of the day file and its log',
    run: (run) =>
      damaged(run, (file) => {
        const wal = `${file}-wal`;
        return (
          flipBits(file, { from: 20_000, every: 9001 }) +
          (existsSync(wal) ? flipBits(wal, { from: 60_000, every: 90_001 }) : 0)
        );
      }),
  },
  {
    number: 5,
    title: "agent's disk full",
    injection: 'no byte left for 4 s while the broker is away',
    skip: mountProblem,
    run: async (run) => {
      const disk = smallDisk(join(run.cluster.dir, 'small'), 24);
      run.undo(() => disk.remove());
      const agent = await beside(run, 'agent-full', disk.path);
      await run.flow(2);
      await run.cluster.part('site-1').kill();
      disk.fill();
      await run.flow(4);
      run.check(agent.part.running, `the agent ended: ${agent.part.ending}`);
      disk.free();
      await run.cluster.part('site-1').start();
      const before = agent.generator.account.all().length;
      await waitFor(() => agent.generator.account.all().length > before + 2, 20_000, 'sampling to go on');
      run.note(`${Math.round(agent.part.residentBytes() / 1024 / 1024)} MiB resident`);
      return { recorded: 'any' };
    },
  },
  {
    number: 6,
    title: 'I/O errors when the agent syncs',
    injection: 'every fsync and fdatasync of the agent fails with EIO for 3 s (strace)',
    skip: () => (findBinary('strace') === undefined ? 'strace is not installed' : undefined),
    run: async (run) => {
      const agent = victimOf(run);
      await run.flow(1);
      const trace = join(run.cluster.dir, 'strace');
      const refused = (): number => (existsSync(trace) ? readFileSync(trace, 'utf8').split(' EIO ').length - 1 : 0);
      const words = ['-f', '-qq', '-o', trace, '-p', `${agent.part.pid}`, '-e', 'trace=fsync,fdatasync'];
      const tracer = spawn('strace', [...words, '-e', 'inject=fsync,fdatasync:error=EIO'], { stdio: 'ignore' });
      const ended = new Promise<void>((done) => {
        tracer.once('exit', () => done());
        tracer.once('error', () => done());
      });
      await waitFor(() => refused() > 0 || tracer.exitCode !== null, 20_000, 'a sync to be refused');
      await run.flow(3);
      run.check(tracer.exitCode === null, 'strace could not attach');
      run.note(`${refused()} syncs were answered with EIO`);
      tracer.kill('SIGINT');
      await ended;
      const before = agent.generator.account.all().length;
      await agent.part.start();
      await waitFor(() => agent.generator.account.all().length > before + 2, 20_000, 'sampling to go on');
      keysAreUnique(run);
      return { recorded: 'any' };
    },
  },
  {
    number: 8,
    title: 'two agents under one name',
    injection: 'a second one with a buffer of its own for 12 s, then gone',
    run: async (run) => {
      const first = victimOf(run);
      const { name } = first.part;
      const twin = run.guest(
        await run.cluster.addAgent(name, { dataDir: join(run.cluster.dir, 'twin'), alias: `${name}-twin` }),
      );
      await run.flow(2);
      await twin.part.start();
      await run.flow(10);
      await twin.part.stop();
      const epochs = (agent: GeneratingAgent): Set<number> =>
        new Set(agent.generator.account.between(run.fromMs, Date.now()).map(({ epoch }) => epoch));
      const [mine, theirs] = [epochs(first), epochs(twin)];
      run.check(![...mine].some((epoch) => theirs.has(epoch)), 'both sealed under one epoch');
      run.note(`${twin.generator.account.all().length} batches of the twin under ${theirs.size} epochs`);
      // Same name, same samples: what the twin kept back, the first has delivered.
      return { agents: run.cluster.agents.filter((each) => each !== twin) };
    },
  },
  {
    number: 9,
    title: "agent's clock jumps",
    injection: 'a day back, right again, a day ahead, right again (libfaketime)',
    skip: () => (FAKETIME === undefined ? 'libfaketime is not installed' : undefined),
    run: async (run) => {
      const agent = run.guest(
        await run.cluster.addAgent('agent-clock', { clock: { library: FAKETIME ?? '', offset: '+0' } }),
      );
      const { account } = agent.generator;
      await agent.part.start();
      const health = await watchHealth(run.cluster, 'agent-clock');
      run.undo(() => void health.close());
      let figure: number | undefined;
      for (const [offset, days] of CLOCKS) {
        agent.setClock(offset);
        const aboutMs = (): number => Date.now() + days * DAY_MS;
        const there = (): number => account.between(aboutMs() - DAY_MS / 4, aboutMs() + DAY_MS / 4).length;
        const before = there();
        await waitFor(() => there() >= before + 6, 20_000, `samples by the clock ${offset}`);
        if (offset !== SKEWED) continue;
        // Skew is shown: what the centre's clock is ahead of the agent's.
        await waitFor(
          () => (figure = health.figures()['clockOffsetMs']) !== undefined && figure < -0.9 * DAY_MS,
          30_000,
          'the skew to be shown',
        );
      }
      run.note(`clockOffsetMs ${figure}`);
      const ticks = account.all().map(({ tick }) => tick);
      const reach = (Math.max(...ticks) - Math.min(...ticks)) * account.everyMs;
      run.check(reach > 1.9 * DAY_MS, `the clock did not jump: ${reach} ms from first to last sample`);
      run.check(new Set(ticks).size === ticks.length, 'a tick was sealed twice');
      // Nothing is deleted early, whatever the clock said: yesterday, today and tomorrow are whole.
      const endMs = Date.now();
      const total = { generated: 0, recorded: 0, seconds: 0 };
      for (const days of [-1, 0, 1]) {
        const [fromMs, toMs] = [run.fromMs + days * DAY_MS, endMs + days * DAY_MS];
        const { whole, seconds, comparisons } = await untilWhole(run.cluster, {
          fromMs,
          toMs,
          deadlineMs: 60_000,
          agents: [agent],
        });
        const { generated, recorded, details } = worst(comparisons);
        run.check(whole && generated > 0, `day ${days}: ${generated} generated, not whole: ${details.join('; ')}`);
        total.generated += generated;
        total.recorded += recorded;
        total.seconds += seconds;
      }
      run.check(total.recorded === 0, `${total.recorded} samples are recorded as lost`);
      return { compared: total };
    },
  },
  {
    number: 10,
    title: 'agent stopped',
    injection: 'SIGSTOP for 8 s',
    run: async (run) => {
      const agent = victimOf(run);
      await run.flow(1);
      agent.part.pause();
      await run.flow(8);
      agent.part.resume();
      await run.flow(2);
      keysAreUnique(run);
      return undefined;
    },
  },
];

const COPY: readonly Row[] = [
  {
    number: 7,
    title: "agent's buffer restored from a copy",
    injection: 'the folder put back to what it was 3 s before',
    run: async (run) => {
      const agent = victimOf(run);
      const copy = join(run.cluster.dir, 'copy');
      await run.flow(1);
      await agent.part.kill();
      cpSync(agent.dir, copy, { recursive: true });
      await agent.part.start();
      await run.flow(3);
      await agent.part.kill();
      rmSync(agent.dir, { recursive: true });
      cpSync(copy, agent.dir, { recursive: true });
      await agent.part.start();
      await run.flow(12);
      keysAreUnique(run);
      // It asks for its name as somebody new: until its former self's claim has run out, it may be fenced.
      return { recorded: 'any' };
    },
  },
];

export const AGENT_ROWS: RowGroup = {
  name: 'agent',
  part: 'agent',
  options: { agents: 2, series: 20, everyMs: 250 },
  rows: ROWS,
};
/** Apart, because it mostly waits. */
export const COPY_ROWS: RowGroup = { ...AGENT_ROWS, name: "agent's copy", rows: COPY };
