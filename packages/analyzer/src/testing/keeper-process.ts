/**
 * An analyzer reduced to its leases, as a process of its own that tests kill and stop. Says on stdout, one JSON line
 * each, `{ready: true}` when it begins, and when it would act for a partition: `{partition, token, atMs}`.
 *
 * Arguments: broker URL, name, partitions, lease time in ms, and `tell`: then it also tells an alarm for each partition and
 * each quarter of a second, through the real notifier, if it held the lease when the quarter began.
 */
import { Broker, createLog, createMetrics, resultPublisher } from '@kaiku/core';
import { alarmId, BUCKETS } from '@kaiku/protocol';
import { LeaseLostError } from '../errors.ts';
import { systemClock } from '../lease/clock.ts';
import { leaseKeeper, type Lease } from '../lease/keeper.ts';
import { alarmNotifier } from '../notify/notifier.ts';

const SLOT_MS = 250;
const [url = '', name = '', partitions = '', leaseMs = '', mode = ''] = process.argv.slice(2);
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
const results = resultPublisher(broker, name, log);
const notifier = alarmNotifier({ broker, results, metrics: createMetrics(), log });
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Quarter in which a lease was seen held last, by partition and token. */
const heldIn = new Map<string, number>();

function tell(lease: Lease): void {
  const { partition, token } = lease;
  const key = `${partition}/${token}`;
  const slot = Math.floor(Date.now() / SLOT_MS);
  const before = heldIn.get(key);
  heldIn.set(key, slot);
  if (before !== slot - 1) return;
  const entity = `device-${partition}`;
  const tsMs = slot * SLOT_MS;
  const alarm = alarmId(entity, 'test', '').toString();
  const known = { v: 1, event: 'raised', severity: 'minor', rule: 'test', instance: '', message: 'test' } as const;
  try {
    notifier.tell(lease, [{ ...known, alarm, entity, tsMs, token, value: 1, actor: name }]);
  } catch (error) {
    if (!(error instanceof LeaseLostError)) throw error;
  }
}

await results.start();
await keeper.start();
say({ ready: true });
setInterval(() => {
  for (const lease of keeper.leases()) {
    if (!lease.valid()) continue;
    say({ partition: lease.partition, token: lease.token, atMs: Date.now() });
    if (mode === 'tell') tell(lease);
  }
}, 20);
process.on('SIGTERM', () => {
  void keeper
    .stop()
    .then(() => results.stop())
    .then(() => broker.close())
    .then(() => process.exit(0));
});
