/**
 * What several analyzers tell while they are stopped, killed, and the broker loses everything: each alarm of each moment
 * once, by one of them, under tokens that rise. Real processes, a real broker, the real notifier.
 */
import { Broker, createLog, type Subscription } from '@kaiku/core';
import { alarmEventSchema, decode, lastToken, subjects } from '@kaiku/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startNats, waitFor, type NatsServer } from '@kaiku/testkit';
import { Keepers } from '../testing/keepers.ts';

const PARTITIONS = 4;
const LEASE_MS = 3000;
const NAMES = ['one', 'two'] as const;

interface Told {
  readonly partition: number;
  readonly tsMs: number;
  readonly by: string;
  readonly token: number;
}

const keepers = new Keepers(PARTITIONS, LEASE_MS, 'tell');
const log = createLog({ role: 'analyzer', name: 'test', level: 'silent' });
let nats: NatsServer;
let broker: Broker;
let listening: Subscription;
let told: Told[];

/** Partitions of which these told something since. */
const toldSince = (sinceMs: number, ...names: readonly string[]): number =>
  new Set(told.filter(({ tsMs, by }) => tsMs >= sinceMs && names.includes(by)).map(({ partition }) => partition)).size;
const until = async (what: string, check: () => boolean): Promise<void> => {
  await waitFor(check, 30_000, what);
};
const allTold = async (what: string, ...names: readonly string[]): Promise<void> => {
  const sinceMs = Date.now() + 1000;
  await until(what, () => toldSince(sinceMs, ...names) === PARTITIONS);
};

function expectOnce(): void {
  const seen = new Map<string, Told>();
  const highest = new Map<number, Told>();
  for (const each of told.toSorted((a, b) => a.tsMs - b.tsMs)) {
    const key = `${each.partition} at ${each.tsMs}`;
    expect(seen.get(key), `told twice: ${key} by ${each.by} under ${each.token}`).toBeUndefined();
    seen.set(key, each);
    const before = highest.get(each.partition);
    expect(each.token, key).toBeGreaterThanOrEqual(before?.token ?? 0);
    if (before?.token === each.token) expect(each.by).toBe(before.by);
    highest.set(each.partition, each);
  }
}

beforeAll(async () => {
  nats = await startNats();
  broker = await Broker.connect({ url: nats.url, name: 'test', log });
});
beforeEach(async () => {
  told = [];
  listening = broker.subscribe(subjects.alarmAll, (bytes, subject) => {
    const event = decode(alarmEventSchema, bytes);
    if (event === undefined) return;
    told.push({ partition: Number(lastToken(subject)), tsMs: event.tsMs, by: event.actor, token: event.token });
  });
  await keepers.start(nats.url, ...NAMES);
  await allTold('everything is told', ...NAMES);
}, 60_000);
afterEach(async () => {
  await keepers.end();
  listening.stop();
  await nats.restart({ wipe: true });
});
afterAll(async () => {
  await broker.close();
  await nats.stop();
});

describe('of two analyzers', () => {
  it(
    'one that was stopped for longer than its leases and goes on tells nothing twice',
    { timeout: 120_000 },
    async () => {
      for (const [victim, other] of [NAMES, NAMES.toReversed()] as [string, string][]) {
        keepers.signal(victim, 'SIGSTOP');
        await allTold(`${other} tells all while ${victim} is stopped`, other);
        keepers.signal(victim, 'SIGCONT');
        // It has to come back for something to be told twice: it is alive when it takes its share again.
        const sinceMs = Date.now();
        await until(`${victim} tells again`, () => toldSince(sinceMs, victim) > 0);
      }
      expectOnce();
    },
  );

  it('both stopped while the broker loses everything: nothing twice either', { timeout: 120_000 }, async () => {
    keepers.signal('one', 'SIGSTOP');
    await nats.restart({ wipe: true });
    await allTold('two tells all on an empty bucket', 'two');
    keepers.signal('two', 'SIGSTOP');
    keepers.signal('one', 'SIGCONT');
    await nats.restart({ wipe: true });
    await allTold('one tells all on the next', 'one');
    keepers.signal('two', 'SIGCONT');
    await allTold('everything is told', ...NAMES);
    expectOnce();
  });
});
