/** What is under way never comes to more than the collector takes, in number and in size. */
import { expect, test } from 'vitest';
import type { HeardEvent } from './messages.ts';
import { Outbox } from './outbox.ts';

const MIB = 1024 * 1024;
const event = (rawBytes: number): HeardEvent => ({
  id: 0,
  tsMs: 1,
  kind: 'syslog',
  source: '192.0.2.1',
  origin: undefined,
  name: 'x',
  severity: 5,
  message: '',
  fields: {},
  raw: new Uint8Array(rawBytes),
});

test.each([
  ['small', 10, 3000],
  ['large', 8192, (8 * MIB) / 8192],
])('%s ones', (_, rawBytes, most) => {
  let underWay = 0;
  const outbox = new Outbox((events) => (underWay += events.length));
  let added = 0;
  while (added < 3900 && outbox.add(event(rawBytes))) {
    added += 1;
    outbox.flush();
  }
  expect(underWay).toBeLessThanOrEqual(most);
  expect(outbox.waiting).toBe(added - underWay);
  const before = underWay;
  outbox.settled(100);
  expect(underWay).toBe(before + 100);
  for (let settled = 100; settled < added; settled += 100) outbox.settled(100);
  expect([underWay, outbox.waiting]).toEqual([added, 0]);
});
