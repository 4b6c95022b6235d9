/**
 * The agent as a process: a real snmpd and a real nats-server around it, a test that answers for the plan and
 * reads the streams. It is killed, cut off and stopped.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Broker, createLog } from '@kaiku/core';
import { freePort, startNats, until, type TestNats } from '@kaiku/core/testing';
import { agentId, checkFrame, openBatch, subjects, type BatchHeader } from '@kaiku/protocol';
import { startSnmpd, type Snmpd } from '@kaiku/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const RUNNER = fileURLToPath(new URL('testing/run-agent.ts', import.meta.url));
const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const present = existsSync('/usr/sbin/snmpd');
if (!present) process.stdout.write('skipped: the agent as a process (apt-get install snmpd)\n');

let dir: string;
let nats: TestNats;
let health: string;
let snmpd: Snmpd;
let broker: Broker;
let agent: ChildProcess | undefined;
const headers = new Map<string, BatchHeader>();

beforeAll(async () => {
  if (!present) return;
  dir = mkdtempSync(join(tmpdir(), 'kaiku-agent-'));
  nats = await startNats();
  snmpd = await startSnmpd();
  health = `127.0.0.1:${await freePort()}`;
  broker = await Broker.connect({ url: nats.url, name: 'test', log });
  const plan = {
    v: 1,
    agent: 'agent-a',
    revision: 1,
    targets: [
      {
        entity: 'dut',
        address: '127.0.0.1',
        snmp: { version: '2c', port: snmpd.port, community: 'public' },
        checks: [
          { check: 'icmp', everyMs: 1000, packets: 3, spacingMs: 20, timeoutMs: 300 },
          {
            check: 'snmp-get',
            everyMs: 1000,
            metrics: [{ name: 'sysUpTime', kind: 'gauge', oid: '1.3.6.1.2.1.1.3.0', bits: 64, scale: 0.01 }],
            facts: [],
          },
        ],
      },
    ],
  };
  broker.subscribe(subjects.config('agent-a'), (_, __, reply) => reply?.(Buffer.from(JSON.stringify(plan))));
  writeFileSync(
    join(dir, 'kaiku.yaml'),
    `version: 1\ninstallation: Test\ndataDir: data\nbroker: { url: ${nats.url} }\nagents: [{ name: agent-a, sealEveryMs: 300, health: "${health}" }]\n`,
  );
}, 30_000);

afterAll(async () => {
  if (!present) return;
  agent?.kill('SIGKILL');
  await broker.close();
  await snmpd.stop();
  await nats.remove();
  rmSync(dir, { recursive: true, force: true });
});

function launch(): void {
  agent = spawn(process.execPath, [RUNNER, join(dir, 'kaiku.yaml'), 'agent-a'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function end(signal: NodeJS.Signals): Promise<{ code: number | null; afterMs: number }> {
  const ending = agent;
  if (ending === undefined) throw new Error('no agent runs');
  const startedAt = performance.now();
  const gone = new Promise<number | null>((done) => void ending.once('exit', done));
  ending.kill(signal);
  const code = await gone;
  agent = undefined;
  return { code, afterMs: performance.now() - startedAt };
}

/** Pulls both lanes until `enough`; checks every batch. */
async function pullUntil(what: string, enough: () => boolean): Promise<void> {
  await until(
    what,
    async () => {
      for (const lane of ['data', 'backlog'] as const) {
        for (const delivery of await broker.pull(lane, 'reader', 50, 50).catch(() => [])) {
          const batch = openBatch(delivery.bytes);
          if (!batch.ok) throw new Error(batch.reason);
          for (const block of batch.blocks) expect(checkFrame(block, agentId('agent-a'))).toMatchObject({ ok: true });
          headers.set(`${batch.header.epoch}/${batch.header.seq}`, batch.header);
          delivery.ack();
        }
      }
      return enough();
    },
    30_000,
  );
}

const figures = async (): Promise<Record<string, number>> => {
  const response = await fetch(`http://${health}/healthz`);
  const body = (await response.json()) as { figures: Record<string, number> };
  return body.figures;
};
const nothing = (): Record<string, number> => ({});

/** Sequence numbers of the newest epoch that came, ascending. */
function newestEpoch(): number[] {
  const all = [...headers.values()];
  const epoch = Math.max(...all.map((each) => each.epoch));
  return all
    .filter((each) => each.epoch === epoch)
    .map(({ seq }) => seq)
    .toSorted((a, b) => a - b);
}

test.skipIf(!present)(
  'measures, publishes, survives kill -9 and an outage, stops in time',
  async () => {
    launch();
    await pullUntil('first batches', () => headers.size >= 3);

    await end('SIGKILL');
    const before = headers.size;
    launch();
    await pullUntil('batches after kill -9', () => headers.size >= before + 3);

    // The broker is away for a while: what was sealed meanwhile comes when it is back.
    await nats.kill();
    await until('noticed', () => !broker.connected);
    const sealed = (await figures())['sealedBatches'] ?? 0;
    await until('sealed without a broker', async () => ((await figures())['sealedBatches'] ?? 0) >= sealed + 3, 30_000);
    await nats.start();
    await until('reconnected', () => broker.connected, 40_000);
    await until('all published', async () => (await figures())['unpublishedBatches'] === 0, 60_000);

    const { code, afterMs } = await end('SIGTERM');
    expect(code).toBe(0);
    expect(afterMs).toBeLessThan(8000);

    let complete = false;
    await pullUntil('everything that was sealed', () => {
      const seqs = newestEpoch();
      complete = seqs.every((seq, index) => seq === index + 1) && seqs.length > 3;
      return complete;
    });
    expect(complete).toBe(true);

    // No broker at all at the start: it measures with the plan it kept.
    await nats.kill();
    launch();
    await until(
      'sealing with the kept plan',
      async () => ((await figures().catch(nothing))['sealedBatches'] ?? 0) >= 2,
      15_000,
    );
    await end('SIGTERM');
  },
  120_000,
);
