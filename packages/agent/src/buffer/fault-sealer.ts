/**
 * A process that seals without end, for the fault tests: tells `epoch/seq sha256` when `seal` has answered, and
 * `refused` when it threw. `node fault-sealer.ts <dir> [<rows> [<pause ms>]]`
 */
import { openBatch } from '@kaiku/protocol';
import { BufferError } from '../errors.ts';
import { gaugeRows, META } from '../testing/rows.ts';
import { openBuffer } from './agent-buffer.ts';

const [, , dir = '', rows = '50', pauseMs = '1'] = process.argv;
const buffer = openBuffer({
  dir,
  agent: 'agent-a',
  maxDiskPercent: 100,
  onEvent: (event) => void process.stdout.write(`event ${event.kind}\n`),
});
let seed = Date.now() % 1_000_000;
process.stdout.write('open\n');
setInterval(() => {
  seed += 1;
  try {
    const { epoch, seq, bytes } = buffer.seal([gaugeRows('agent-a', Number(rows), seed * 1000)], META);
    const batch = openBatch(bytes);
    process.stdout.write(`${epoch}/${seq} ${batch.ok ? batch.sha256 : batch.reason}\n`);
  } catch (error) {
    if (!(error instanceof BufferError)) throw error;
    process.stdout.write(`refused ${error.message}\n`);
  }
}, Number(pauseMs));
