/** A process that seals without end and tells each key and hash as soon as `seal` answers. Started, and killed, by a test. */
import { openBatch } from '@kaiku/protocol';
import { openBuffer } from '../buffer/agent-buffer.ts';
import { gaugeRows, META } from './rows.ts';

const [, , dir = ''] = process.argv;
const buffer = openBuffer({ dir, agent: 'agent-a' });
let seed = Date.now() % 1_000_000;
function next(): void {
  for (let index = 0; index < 10; index += 1) {
    seed += 1;
    const { epoch, seq, bytes } = buffer.seal([gaugeRows('agent-a', 50, seed)], META);
    const batch = openBatch(bytes);
    process.stdout.write(`${epoch}/${seq} ${batch.ok ? batch.sha256 : batch.reason}\n`);
  }
  setImmediate(next);
}
next();
