/**
 * Many light agents in one process, for what a centre sees when all come back at once:
 * `node crowd.ts BROKER-URL AGENTS BATCHES`. Each has a connection of its own and BATCHES sealed batches; a line
 * `connected` is written when all are connected, then each `go` on stdin makes every agent send its batches on the
 * backlog lane until the broker has confirmed them; `sent` follows. Real connections and batches; not real agents: one
 * process, no buffers.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Broker, createLog } from '@kaiku/core';
import { agentId, sealBatch, seriesId, subjects, type SealedBatch } from '@kaiku/protocol';

const ROWS = 10;
const RETRY_MS = 1000;

const [url = '', agents = '1', batches = '1'] = process.argv.slice(2);
const log = createLog({ role: 'crowd', name: 'crowd', level: 'silent' });

function batchOf(agent: string, epoch: number, seq: number): SealedBatch {
  const atMs = epoch + seq * 1000;
  const series = Array.from({ length: ROWS }, (_, row) =>
    seriesId({ entity: `${agent}-dev`, metric: 'crowd-gauge', instance: `${row}` }),
  );
  return sealBatch(
    {
      agent,
      epoch,
      seq,
      firstMs: atMs,
      lastMs: atMs,
      sealedMs: atMs,
      missedSlots: 0,
      clock: { offsetMs: null, monotonicMs: 1 },
    },
    [
      {
        table: 'gauge',
        rows: ROWS,
        data: [
          BigUint64Array.from(series),
          new BigInt64Array(ROWS).fill(BigInt(atMs)),
          new BigUint64Array(ROWS).fill(agentId(agent)),
          Float64Array.from({ length: ROWS }, (_, row) => seq + row / 4),
          new Uint8Array(ROWS),
        ],
      },
    ],
  );
}

async function send(broker: Broker, agent: string, epoch: number): Promise<void> {
  for (let seq = 1; seq <= Number(batches); seq += 1) {
    const { bytes } = batchOf(agent, epoch, seq);
    for (;;) {
      try {
        await broker.publishStored(subjects.backlog(agent), bytes);
        break;
      } catch {
        await sleep(RETRY_MS * (0.5 + Math.random()));
      }
    }
  }
}

const names = Array.from({ length: Number(agents) }, (_, index) => `crowd-${index + 1}`);
const brokers = await Promise.all(names.map((name) => Broker.connect({ url, name, log })));
process.stdout.write('connected\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'go') continue;
  const epoch = Date.now() - Number(batches) * 1000;
  await Promise.all(brokers.map((broker, index) => send(broker, names[index] ?? '', epoch)));
  process.stdout.write('sent\n');
}
process.exit(0);
