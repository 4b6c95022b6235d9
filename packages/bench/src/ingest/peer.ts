/**
 * One run of the peer: vmagent with its disk queue before victoria-metrics, fed the same series, times and
 * values. Remote write, which is what vmagent forwards itself; a request holds one sample of each series of a slice
 * of two seconds, in the order of time, as one of our batches does and as a scraper sends them.
 *
 * As ours begins with a full buffer, the peer's clock begins with a full queue: victoria-metrics is held still until
 * vmagent has taken everything. What that took is told beside it.
 */
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { findBinary, freePort, startProcess, tempDir, waitFor, type ServerProcess } from '@kaiku/testkit';
import { BenchError } from '../errors.ts';
import { SEAL_EVERY_MS, type Filled } from './fill-buffer.ts';
import type { Run } from './ours.ts';
import { stopwatch } from './processes.ts';
import { encodeLabels, encodeWriteRequest, snappyLiterals } from './remote-write.ts';
import type { Workload } from './workload.ts';

const READY_MS = 20_000;
const RUN_MS = 1_800_000;
/** Requests under way at once. */
const SENDERS = 4;

export function peerInstalled(): boolean {
  return findBinary('vmagent') !== undefined && findBinary('victoria-metrics') !== undefined;
}

/** All requests of a workload in the order of time, one a slice of two seconds: as batches are sealed. */
function* requests({ all, ticks, everyMs, fromMs }: Workload): Generator<Buffer> {
  const devices = all.map(({ gauges, counters, offsetMs }) => ({
    offsetMs,
    series: [...gauges, ...counters].map(({ read, description: { entity, metric, instance } }) => ({
      read,
      labels: encodeLabels([
        ['__name__', metric],
        ['agent', 'bench-agent'],
        ['entity', entity],
        ['instance', instance === '' ? 'device' : instance],
      ]),
    })),
  }));
  const slices = Map.groupBy(devices, ({ offsetMs }) => Math.floor(offsetMs / SEAL_EVERY_MS));
  const inOrder = [...slices].toSorted(([a], [b]) => a - b).map(([, slice]) => slice);
  for (let tick = 0; tick < ticks; tick += 1) {
    for (const slice of inOrder) {
      const series = slice.flatMap(({ offsetMs, series: each }) => {
        const atMs = fromMs + tick * everyMs + offsetMs;
        return each.map(({ labels, read }) => ({ labels, samples: [[atMs, read(atMs)]] as const }));
      });
      yield snappyLiterals(encodeWriteRequest(series));
    }
  }
}

export async function runPeer(workload: Workload, filled: Filled): Promise<Run> {
  const folder = await tempDir('bench-peer');
  const started: ServerProcess[] = [];
  try {
    const [vm, agent] = [await freePort(), await freePort()];
    const start = async (name: string, port: number, ...flags: string[]): Promise<ServerProcess> => {
      const server = await startProcess({
        binary: findBinary(name) ?? name,
        arguments: [`-httpListenAddr=127.0.0.1:${port}`, ...flags],
        ready: async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok,
        readyMs: READY_MS,
        what: name,
      });
      started.push(server);
      return server;
    };
    const data = join(folder.path, 'vm');
    const store = await start(
      'victoria-metrics',
      vm,
      `-storageDataPath=${data}`,
      '-retentionPeriod=10y',
      '-http.maxGracefulShutdownDuration=1s',
    );
    const forwarder = await start(
      'vmagent',
      agent,
      `-remoteWrite.url=http://127.0.0.1:${vm}/api/v1/write`,
      `-remoteWrite.tmpDataPath=${join(folder.path, 'queue')}`,
    );
    const received = await stopwatch({ vmagent: forwarder });
    const sendMs = performance.now();
    process.kill(store.pid, 'SIGSTOP');
    let sentS: number;
    try {
      await sendAll(agent, requests(workload));
      sentS = (performance.now() - sendMs) / 1000;
      await waitFor(async () => (await rowsQueued(agent)) >= workload.samples, RUN_MS, 'every sample in vmagent');
    } finally {
      process.kill(store.pid, 'SIGCONT');
    }
    const receiving = await received();
    const spent = await stopwatch({ vmagent: forwarder, victoria_metrics: store });
    const startMs = performance.now();
    await waitFor(async () => (await rowsAdded(vm)) >= workload.samples, RUN_MS, 'every sample in victoria-metrics');
    await fetch(`http://127.0.0.1:${vm}/internal/force_flush`);
    const { seconds, cpu } = await waitFor(
      async () => {
        // Asking takes long; what was there when it was asked counts.
        const asked = { seconds: (performance.now() - startMs) / 1000, cpu: await spent() };
        return (await total(vm, workload, 'count_over_time')) >= workload.samples ? asked : undefined;
      },
      RUN_MS,
      'every sample to be queryable in victoria-metrics',
    );
    const sum = await total(vm, workload, 'sum_over_time');
    const wanted = Number(filled.gaugeSum) / 1000 + Number(filled.counterSum);
    // It keeps about 15 decimal digits of each value.
    if (Math.abs(sum / wanted - 1) > 1e-9) throw new BenchError(`victoria-metrics sums to ${sum}, not ${wanted}`);
    await fetch(`http://127.0.0.1:${vm}/internal/force_merge`);
    await waitFor(async () => (await activeMerges(vm)) === 0, RUN_MS, 'the merges of victoria-metrics');
    const stored = await dataBytes(vm, 'storage/');
    const index = await dataBytes(vm, 'indexdb');
    return {
      seconds,
      cpu,
      figures: {
        receive_s: sentS,
        vmagent_receive_cpu_per_million_s: ((receiving['vmagent'] ?? 0) * 1e6) / workload.samples,
        receiving_included_samples_per_s: workload.samples / (sentS + seconds),
        store_per_sample_bytes: (stored + index) / workload.samples,
        store_data_only_per_sample_bytes: stored / workload.samples,
      },
    };
  } finally {
    for (const server of started.toReversed()) await server.stop();
    await folder.remove();
  }
}

async function sendAll(port: number, bodies: Iterable<Buffer>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const left = bodies[Symbol.iterator]();
  const sender = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await post(agent, port, next.value);
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  agent.destroy();
}

async function post(agent: Agent, port: number, body: Buffer): Promise<void> {
  const sending = request({
    agent,
    port,
    host: '127.0.0.1',
    path: '/api/v1/write',
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
      'content-length': body.length,
    },
  });
  sending.end(body);
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  if ((answer.statusCode ?? 500) >= 300) throw new BenchError(`vmagent answered ${answer.statusCode}`);
}

async function ownMetric(port: number, pattern: RegExp): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => pattern.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

const rowsAdded = (port: number): Promise<number> => ownMetric(port, /^vm_rows_added_to_storage_total /);
const rowsQueued = (port: number): Promise<number> =>
  ownMetric(port, /^vmagent_remotewrite_rows_pushed_after_relabel_total[ {]/);
const dataBytes = (port: number, type: string): Promise<number> =>
  ownMetric(port, new RegExp(`^vm_data_size_bytes\\{type="${type}`));
const activeMerges = (port: number): Promise<number> => ownMetric(port, /^vm_active_merges\{type="storage\//);

async function total(port: number, workload: Workload, over: string): Promise<number> {
  const { fromMs, everyMs, ticks } = workload;
  const minutes = (everyMs * (ticks + 1)) / 60_000 + 1;
  const query = `sum(${over}({agent="bench-agent"}[${Math.ceil(minutes)}m]))`;
  const at = (fromMs + everyMs * (ticks + 1)) / 1000;
  const answer = await fetch(
    `http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query, time: String(at), nocache: '1' }).toString()}`,
  );
  const body = (await answer.json()) as { data?: { result?: readonly { value?: readonly [number, string] }[] } };
  return Number(body.data?.result?.[0]?.value?.[1] ?? 0);
}
