/** Kaiku watches itself: what its alarms are made of arrives as samples, and what is refused shows there. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { subjects } from '@kaiku/protocol';
import { findBinary, waitFor } from '@kaiku/testkit';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kaikuJson, type Running } from '../support/installation.ts';
import { startInitialised } from '../support/initialised.ts';

/** A part's figures are sampled every ten seconds, those of its store are asked for every ten. */
const SEEN_MS = 60_000;

const FIGURES = {
  'logger-1': [
    'partReady',
    'partRss',
    'loggerLag',
    'loggerGaps',
    'loggerLostDay',
    'loggerQuarantinedDay',
    'loggerAuditAge',
  ],
  'agent-1': ['partReady', 'agentFenced', 'agentBufferDaysLeft', 'agentLostBatches'],
  'analyzer-1': ['partReady', 'partRss'],
} as const;

interface Latest {
  readonly rows: readonly { readonly entity: string; readonly metric: string; readonly value: number | null }[];
}

describe.skipIf(findBinary('nats-server') === undefined)('an installation that watches itself', () => {
  let running: Running;
  const latest = async (entity: string): Promise<ReadonlyMap<string, number | null>> => {
    const { rows } = (await kaikuJson('query', '-c', running.config, '-e', entity, '--latest')) as Latest;
    return new Map(rows.map(({ metric, value }) => [metric, value]));
  };

  beforeAll(async () => {
    running = await startInitialised('self-watch');
  }, 300_000);
  afterAll(async () => {
    expect(await running?.stop()).toBe(0);
  });

  test.each(Object.entries(FIGURES))('%s: every figure an alarm is made of is sampled', async (part, metrics) => {
    const lacking = async (): Promise<readonly string[]> => {
      const there = await latest(part);
      return metrics.filter((metric) => !there.has(metric));
    };
    await waitFor(async () => (await lacking()).length === 0, SEEN_MS, `all figures of ${part}`, 1000).catch(async () =>
      expect(await lacking()).toEqual([]),
    );
  });

  test('batches that are refused show in the figure of their alarm, each', async () => {
    expect((await latest('logger-1')).get('loggerQuarantinedDay')).toBe(0);
    const url = /url: tls:\/\/(\S+)/.exec(readFileSync(running.config, 'utf8'))?.[1] ?? '';
    const keys = join(running.dir, 'keys');
    const seed = readFileSync(join(keys, 'agent-agent-1.nk'), 'utf8').trim();
    const link = await connect({
      servers: `tls://${url}`,
      tls: { caFile: join(keys, 'ca.crt') },
      authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
      inboxPrefix: '_INBOX_agent-agent-1',
    });
    for (let each = 0; each < 3; each += 1) link.publish(subjects.data('agent-1'), randomBytes(300));
    await link.drain();
    await waitFor(
      async () => (await latest('logger-1')).get('loggerQuarantinedDay') === 3,
      SEEN_MS,
      'the refused batches in the figures',
      1000,
    );
  });
});
