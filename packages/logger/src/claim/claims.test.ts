/** Who may speak under a name: the decision as a table, and two loggers over a real broker. */
import { Broker, createLog, createMetrics } from '@kaiku/core';
import { startNats, until, type TestNats } from '@kaiku/core/testing';
import { claimAnswerSchema, decode, encode, subjects, type ClaimAnswer } from '@kaiku/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClaims, type Claims } from './claims.ts';
import { decideClaim } from './decide.ts';

const A = 'aaaaaaaaaaaaaaaa';
const B = 'bbbbbbbbbbbbbbbb';
const NOW = 1_800_000_000_000;
const S = 1000;

describe('the decision', () => {
  const held = { instance: A, sinceMs: NOW - 60 * S, atMs: NOW - 9 * S };
  test.each([
    ['nobody holds it', undefined, B, 0, true, B],
    ['the holder asks again', held, A, 9 * S, true, A],
    ['the holder asks again after long', { ...held, atMs: NOW - 3600 * S }, A, 0, true, A],
    ['another asks', held, B, 29 * S, false, A],
    ['another asks, and nothing has moved for half a minute', held, B, 30 * S, true, B],
    [
      'another asks; the entry seems old, by a clock that may be wrong',
      { ...held, atMs: NOW - 40 * S },
      B,
      0,
      false,
      A,
    ],
    ['another asks; the entry is older than any clock is wrong', { ...held, atMs: NOW - 46 * S }, B, 0, true, B],
    ['another asks; the entry is of the future', { ...held, atMs: NOW + 20 * S }, B, 0, false, A],
  ] as const)('%s', (_, current, instance, unchangedMs, granted, holder) => {
    const decision = decideClaim(current, { instance }, NOW, unchangedMs);
    expect([decision.granted, decision.holder, decision.write !== undefined]).toEqual([granted, holder, granted]);
    if (granted) expect(decision.write).toMatchObject({ instance: holder, atMs: NOW });
  });
});

describe('two loggers on a broker', () => {
  const log = createLog({ role: 'logger', name: 'test', level: 'silent' });
  const metrics = [createMetrics(), createMetrics()];
  let nats: TestNats;
  let brokers: Broker[];
  let claims: Claims[];

  beforeAll(async () => {
    nats = await startNats();
    brokers = await Promise.all([1, 2].map((n) => Broker.connect({ url: nats.url, name: `logger-${n}`, log })));
    claims = brokers.flatMap((broker, index) => {
      const own = metrics[index];
      // The clock of the second is four seconds ahead.
      return own === undefined ? [] : [createClaims(broker, own, log, () => Date.now() + index * 4 * S)];
    });
    for (const each of claims) await each.start();
  });
  afterAll(async () => {
    for (const each of claims) await each.stop();
    for (const broker of brokers) await broker.close();
    await nats.remove();
  });

  async function ask(instance: string, agent = 'agent-x'): Promise<ClaimAnswer | undefined> {
    const [broker] = brokers;
    const request = encode({ v: 1, agent, instance, startedMs: 1, epoch: 1 });
    const bytes = await broker?.request(subjects.claim(agent), request, 3000);
    return bytes === undefined ? undefined : decode(claimAnswerSchema, bytes);
  }

  test('a holder that is silent is refused for, and nobody counts as a second instance', async () => {
    expect(await ask(A, 'agent-y')).toMatchObject({ granted: true });
    for (let turn = 0; turn < 6; turn += 1) {
      expect(await ask(B, 'agent-y')).toMatchObject({ granted: false, holder: A });
    }
    expect(metrics.map((each) => each.figures()['duplicateAgents'])).toEqual([0, 0]);
    expect(claims.map((each) => each.note())).toEqual(['', '']);
  });

  test('one of two instances is granted, whoever is asked; the other is named', async () => {
    const first = await Promise.all([A, B, A, B].map((each) => ask(each)));
    const holders = new Set(first.map((answer) => answer?.holder));
    expect(holders.size).toBe(1);
    const [holder] = holders;
    for (let turn = 0; turn < 10; turn += 1) {
      expect(await ask(A)).toMatchObject({ granted: holder === A, holder });
      expect(await ask(B)).toMatchObject({ granted: holder === B, holder });
    }
    const answer = await ask(A);
    expect(Math.abs((answer?.atMs ?? 0) - Date.now())).toBeLessThan(30 * S);
    await until('somebody counts it', () => metrics.some((each) => each.figures()['duplicateAgents'] === 1));
    expect(claims.map((each) => each.note()).join(' ')).toContain('agent-x');
  });

  test('a broker that lost its disk: the name is free, and one gets it', async () => {
    await nats.kill();
    nats.wipe();
    await nats.start();
    await until('answers again', async () => (await ask(B).catch(() => undefined)) !== undefined, 20_000);
    const answers = await Promise.all([ask(A), ask(B)]);
    expect(answers.filter((answer) => answer?.granted === true)).toHaveLength(1);
  }, 40_000);
});
