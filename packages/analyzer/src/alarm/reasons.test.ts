import { PROBE_STATUS, type AlarmEvent } from '@kaiku/protocol';
import { expect, test } from 'vitest';
import { memoryStore } from '../testing/memory-store.ts';
import type { BookedEvent } from './book.ts';
import { withReasons } from './reasons.ts';

const booked = (metric: string, instance: string, failure: number): BookedEvent => {
  const message = `${metric} ${instance}: {reason}`;
  const event: AlarmEvent = {
    v: 1,
    alarm: '1',
    tsMs: 0,
    event: 'raised',
    entity: 'dut',
    rule: 'down',
    instance,
    severity: 'major',
    value: null,
    message,
    actor: 'analyzer',
    token: 1,
  };
  return { event, metric, failure };
};

test('each kind of failure is told by the fact that says why', async () => {
  const store = memoryStore();
  store.fact({ entity: 'dut', name: 'checkReason', instance: 'web', value: 'HTTP 503' });
  store.fact({ entity: 'dut', name: 'snmpReason', instance: '', value: 'wrong password' });
  store.fact({ entity: 'dut', name: 'snmpReason', instance: 'ifXTable', value: 'cut' });
  const told = await withReasons(
    store,
    [
      booked('appTime', 'web', PROBE_STATUS.error),
      booked('txStep', 'web/log-in', PROBE_STATUS.error),
      booked('snmpRtt', '', PROBE_STATUS.denied),
      booked('rtt', '', PROBE_STATUS.unreachable),
      // It ended, or nobody knows: there is no reason, whatever the newest fact says.
      booked('appTime', 'web', 0),
    ],
    () => undefined,
  );
  expect(told.map(({ message }) => message)).toEqual([
    'appTime web: HTTP 503',
    'txStep web/log-in: HTTP 503',
    'snmpRtt : wrong password',
    'rtt : no way there',
    'appTime web',
  ]);
});
