/** Our engine, collector, sealer and buffer as a process of their own. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { agentNodeFlags } from '@kaiku/agent/config';
import { tempDir } from '@kaiku/testkit';
import { BenchError } from '../errors.ts';
import { cpuSeconds } from '../proc.ts';
import { IN_FLIGHT, type PollRun, type Target } from './peer.ts';
import { addressOf, COLUMNS, COMMUNITY, IF_ALIAS, IF_DESCR, IF_NAME } from './world.ts';

const MEMORY_MIB = 256;
const SETTLE_MS = 2000;
const EVERY_MS = 60_000;

export async function pollWithKaiku(target: Target, forMs: number): Promise<PollRun> {
  const folder = await tempDir('bench-snmp');
  const targets = join(folder.path, 'targets.json');
  await writeFile(targets, JSON.stringify(planOf(target)));
  const script = fileURLToPath(import.meta.resolve('@kaiku/agent/poll-loop'));
  const profile = process.env['KAIKU_BENCH_PROFILE'];
  const child = spawn(
    process.execPath,
    [
      ...agentNodeFlags({ memoryMiB: MEMORY_MIB }),
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
      script,
      '--targets',
      targets,
      '--in-flight',
      String(IN_FLIGHT),
      '--dir',
      join(folder.path, 'buffer'),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done === true) throw new BenchError('our engine ended');
    return JSON.parse(line.value);
  };
  try {
    const { first } = (await next()) as { first: readonly (readonly [string, string])[] };
    const { pid = 0 } = child;
    await sleep(SETTLE_MS);
    const before = { cpu: cpuSeconds(pid), atMs: performance.now(), answered: await target.answered() };
    await sleep(forMs);
    const cpu = cpuSeconds(pid) - before.cpu;
    const seconds = (performance.now() - before.atMs) / 1000;
    const requests = (await target.answered()) - before.answered;
    child.kill('SIGTERM');
    const done = (await next()) as { cycles: number; requests: number };
    // Cycles are told for the whole run, datagrams counted within the seconds measured.
    const devices = requests / (done.requests / done.cycles);
    return { devices, seconds, cpuSeconds: cpu, requests, values: valuesOf(first) };
  } finally {
    child.kill('SIGKILL');
    await folder.remove();
  }
}

function planOf({ devices, port }: Target): unknown {
  return Array.from({ length: devices }, (_, device) => ({
    entity: `device-${device}`,
    address: addressOf(device),
    snmp: { version: '2c', port, community: COMMUNITY },
    checks: [
      {
        check: 'snmp-table',
        everyMs: EVERY_MS,
        table: 'ifXTable',
        nameOids: [IF_NAME, IF_DESCR],
        metrics: COLUMNS,
        facts: [{ name: 'ifAlias', oid: IF_ALIAS }],
      },
    ],
  }));
}

/** `device-3 ifInErrors Gi1/0/2` to `3/Gi1/0/2/ifInErrors`. */
function valuesOf(samples: readonly (readonly [string, string])[]): Map<string, number> {
  return new Map(
    samples.flatMap(([series, value]) => {
      const [entity = '', metric = '', port] = series.split(' ');
      return port === undefined ? [] : [[`${entity.replace('device-', '')}/${port}/${metric}`, Number(value)]];
    }),
  );
}
