/** Seals without end by a clock of its own, an hour every ten batches, and packs what is over: `node pack-until-killed.ts <dir>` */
import { setImmediate as pause } from 'node:timers/promises';
import { openBatch } from '@kaiku/protocol';
import { openBuffer } from '../buffer/agent-buffer.ts';
import { pack } from '../buffer/segment/pack.ts';
import { gaugeRows, META } from './rows.ts';

const STEP_MS = 6 * 60_000;
let nowMs = Date.UTC(2026, 5, 1);
const buffer = openBuffer({
  dir: process.argv[2] ?? '',
  agent: 'agent-a',
  now: () => nowMs,
  batchVersion: 2,
  pack: (envelopes) => Promise.resolve(pack(envelopes)),
});
nowMs = Math.max(nowMs, buffer.epoch + 1);
for (let seed = 0; ; seed += 1) {
  nowMs += STEP_MS;
  const { epoch, seq, bytes } = buffer.seal([gaugeRows('agent-a', 40, seed)], META);
  buffer.markPublished({ epoch, seq });
  const batch = openBatch(bytes);
  process.stdout.write(`${epoch}/${seq} ${batch.ok ? batch.sha256 : batch.reason}\n`);
  const done = await buffer.compact();
  if (done !== undefined) process.stdout.write(`packed ${done.batches}\n`);
  await pause();
}
