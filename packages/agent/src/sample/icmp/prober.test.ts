/** The real prober process. Without the right to raw sockets it must say so and answer nothing. */
import { createLog, createMetrics } from '@kaiku/core';
import { until } from '@kaiku/core/testing';
import { PROBE_STATUS } from '@kaiku/protocol';
import { expect, test } from 'vitest';
import { sampleReader } from '../../testing/samples.ts';
import { scriptedProber } from '../../testing/scripted-prober.ts';
import { Collector } from '../collector.ts';
import { IcmpTarget } from './icmp-target.ts';
import type { BurstMessage } from './messages.ts';
import { createProber } from './prober.ts';

const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const burst = { packets: 5, spacingMs: 10, timeoutMs: 500 };
const check = { check: 'icmp', everyMs: 1000, ...burst, payloadBytes: 56, dscp: 0, trace: false } as const;

test('loopback answers every packet, or there is no right to ask and nothing is claimed', async () => {
  const metrics = createMetrics();
  const prober = createProber(log, metrics);
  const collector = new Collector('agent-a');
  const read = sampleReader(collector);
  const target = new IcmpTarget('dut', '127.0.0.1', { collector, prober });
  await target.probe(1000, check);
  expect(collector.empty).toBe(true);

  await prober.start();
  await until('a result, or a refusal', async () => {
    await target.probe(2000, check);
    return !collector.empty || !prober.available;
  });
  if (prober.available) {
    const result = read();
    expect(result.get('dut loss').value).toBe(0);
    expect(result.get('dut rtt')).toMatchObject({ tsMs: 2000, code: PROBE_STATUS.ok });
    expect(Number(result.get('dut rtt').value)).toBeLessThan(100);
    expect(result.samples).toHaveLength(5);
  } else {
    expect(metrics.figures()['icmpUnavailable']).toBe(1);
    expect(collector.empty).toBe(true);
  }
  await prober.stop();
  expect(await prober.burst({ address: '127.0.0.1', ...burst })).toBeUndefined();
});

test('IPv6, large packets of another class, several bursts at once; a prober that is killed comes back', async () => {
  const metrics = createMetrics();
  const prober = createProber(log, metrics);
  await prober.start();
  const ask = (address: string): ReturnType<typeof prober.burst> =>
    prober.burst({ address, ...burst, payloadBytes: 1200, dscp: 46 });
  await until('a result, or a refusal', async () => (await ask('127.0.0.1')) !== undefined || !prober.available);
  if (prober.available) {
    const results = await Promise.all(['127.0.0.1', '::1', '127.0.0.2', 'no address'].map(ask));
    const [four, six, other] = results;
    for (const result of [four, six, other]) {
      expect(result).toMatchObject({ arrived: true, duplicates: 0, reordered: 0, hopLimit: 64 });
      expect(result?.rtts).toHaveLength(burst.packets);
      expect(result?.fates).not.toContain('lost');
    }
    // No address of this machine's speaking: it says nothing about the target.
    expect(results[3]?.fates.every((fate) => fate === 'unknown')).toBe(true);

    const before = prober.pid ?? 0;
    const underWay = prober.burst({ ...burst, address: '127.0.0.1', packets: 100 });
    process.kill(before, 'SIGKILL');
    expect(await underWay).toBeUndefined();
    await until('another prober answers', async () => (await ask('127.0.0.1')) !== undefined);
    expect(prober.pid).not.toBe(before);
    expect(metrics.figures()['icmpProberRestarts']).toBe(1);
  }
  await prober.stop();
  expect(prober.pid).toBeUndefined();
});

test('nothing came back: no round-trip time, all is lost, and no call would be possible', async () => {
  const { read, target } = scripted({ fates: ['lost', 'lost'], rtts: [null, null], arrived: false });
  await target.probe(1000, { ...check, voice: 'g711' });
  const result = read();
  expect(result.get('dut rtt')).toMatchObject({ value: Number.NaN, code: PROBE_STATUS.timeout });
  expect(result.get('dut loss')).toMatchObject({ value: 1, code: PROBE_STATUS.ok });
  expect([result.get('dut voiceR').value, result.get('dut voiceMos').value]).toEqual([0, 1]);
});

test('nothing was sent: no row, and the reason to be told', async () => {
  const { read, target } = scripted({ fates: ['unknown'], rtts: [null], arrived: false, refusal: 'ENETUNREACH' });
  await target.probe(1000, check);
  expect(read().samples).toEqual([]);
  expect(target.refusal).toBe('ENETUNREACH');
});

test('an answer from another address is a fact', async () => {
  const { read, target } = scripted({ answeredFrom: '192.0.2.7' });
  await target.probe(1000, check);
  expect(read().facts).toEqual(['dut icmpAnsweredFrom =192.0.2.7']);
});

function scripted(result: Partial<BurstMessage>) {
  const collector = new Collector('agent-a');
  const target = new IcmpTarget('dut', '192.0.2.1', { collector, prober: scriptedProber(() => result) });
  return { read: sampleReader(collector), target };
}
