/**
 * An analyzer reduced to its leases, as a process of its own that tests kill and stop. Says on stdout, one JSON line
 * each, when it would act for a partition: `{partition, token, atMs}`.
 *
 * Arguments: broker URL, name, partitions, lease time in ms.
 */
import { Broker, createLog } from '@kaiku/core';
import { BUCKETS } from '@kaiku/protocol';
import { systemClock } from '../lease/clock.ts';
import { leaseKeeper } from '../lease/keeper.ts';

const [url = '', name = '', partitions = '', leaseMs = ''] = process.argv.slice(2);
const log = createLog({ role: 'analyzer', name, level: 'silent' });
const broker = await Broker.connect({ url, name, log });
const keeper = leaseKeeper({
  name,
  incarnation: String(process.pid),
  partitions: Number(partitions),
  leaseMs: Number(leaseMs),
  openBucket: () => broker.bucket(BUCKETS.lease),
  clock: systemClock,
  log,
});
await keeper.start();
setInterval(() => {
  for (const lease of keeper.leases()) {
    if (!lease.valid()) continue;
    process.stdout.write(`${JSON.stringify({ partition: lease.partition, token: lease.token, atMs: Date.now() })}\n`);
  }
}, 20);
process.on('SIGTERM', () => {
  void keeper
    .stop()
    .then(() => broker.close())
    .then(() => process.exit(0));
});
