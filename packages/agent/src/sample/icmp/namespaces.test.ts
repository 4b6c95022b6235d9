/**
 * The prober on networks and machines that misbehave: real packets, real kernels' refusals, in network namespaces. What is not
 * the network's loss must not be told as loss.
 */
import { spawnSync } from 'node:child_process';
import { createLog, createMetrics, type Metrics } from '@kaiku/core';
import { until } from '@kaiku/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHAIN_POINTS, CHAIN_POINTS_6, chainMissing, NetworkChain } from '../../testing/network-chain.ts';
import type { BurstMessage, PacketFate } from './messages.ts';
import { createProber, type BurstOrder, type Prober } from './prober.ts';

const missing = chainMissing();
const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
/** Of the system; not of our packages. */
const SETPRIV = 'setpriv';
const quick = { packets: 4, spacingMs: 10, timeoutMs: 1000 };
const [NEAR, , FAR] = CHAIN_POINTS;
const [NEAR_6, , FAR_6] = CHAIN_POINTS_6;

/** On a busy machine a packet may be held up in its sending, which is told apart. */
const came = (fate: PacketFate): boolean => fate === 'ok' || fate === 'tainted';
const told = ({ fates }: Pick<BurstMessage, 'fates'>): string =>
  fates.map((fate) => (came(fate) ? '+' : fate[0])).join('');

describe.skipIf(missing !== '')(`a prober in a namespace${missing === '' ? '' : ` (skipped: ${missing})`}`, () => {
  let chain: NetworkChain;
  let prober: Prober;

  const ask = async (order: Partial<BurstOrder> & { readonly address: string }): Promise<BurstMessage> => {
    const result = await prober.burst({ ...quick, ...order });
    if (result === undefined) throw new Error(`no result: ${prober.note()}`);
    return result;
  };

  beforeAll(async () => {
    chain = new NetworkChain();
    prober = createProber(log, createMetrics(), { through: chain.through(0) });
    await prober.start();
    for (const address of [FAR, FAR_6]) {
      await until(`${address} answers`, async () => (await prober.burst({ ...quick, address }))?.arrived === true);
    }
  }, 60_000);

  afterAll(async () => {
    await prober.stop();
    chain[Symbol.dispose]();
  });

  test('started means ready: the first slot is not lost', async () => {
    const fresh = createProber(log, createMetrics(), { through: chain.through(0) });
    await fresh.start();
    expect(await fresh.burst({ ...quick, address: NEAR })).toMatchObject({ arrived: true });
    await fresh.stop();
  });

  test('what this machine refuses to send is unknown, with the reason, and not lost', async () => {
    const unknown = { fates: ['unknown', 'unknown', 'unknown', 'unknown'], arrived: false, unreachable: false };
    expect(await ask({ address: '203.0.113.1' })).toMatchObject({ ...unknown, refusal: 'ENETUNREACH' });
    expect(await ask({ address: '2001:db8::1' })).toMatchObject({ ...unknown, refusal: 'ENETUNREACH' });
    chain.run(0, 'iptables', '-A', 'OUTPUT', '-p', 'icmp', '-d', NEAR, '-j', 'DROP');
    expect(await ask({ address: NEAR })).toMatchObject({ ...unknown, refusal: 'EPERM' });
    chain.run(0, 'iptables', '-F');
    chain.run(1, 'iptables', '-A', 'FORWARD', '-d', FAR, '-j', 'REJECT', '--reject-with', 'icmp-host-unreachable');
    // The network's word is another matter.
    expect(await ask({ address: FAR, timeoutMs: 200 })).toMatchObject({
      fates: ['lost', 'lost', 'lost', 'lost'],
      unreachable: true,
      refusal: null,
    });
    chain.run(1, 'iptables', '-F');
  });

  test('a link-local address is asked through the interface it names', async () => {
    const addresses = chain.run(1, 'ip', '-6', '-o', 'address', 'show', 'dev', 'left', 'scope', 'link');
    const [, address = ''] = /inet6 ([^/]+)/.exec(addresses) ?? [];
    // Ours is checked for doubles first.
    await until('it answers', async () => (await ask({ address: `${address}%right` })).fates.every(came));
    expect(await ask({ address: `${address}%right` })).toMatchObject({ arrived: true, refusal: null, hopLimit: 64 });
    expect(await ask({ address: `${address}%none` })).toMatchObject({ arrived: false, refusal: 'no interface none' });
  });

  test('a narrower link on the way costs no packet', async () => {
    chain.run(1, 'ip', 'link', 'set', 'right', 'mtu', '1300');
    chain.run(2, 'ip', 'link', 'set', 'left', 'mtu', '1300');
    const four = await ask({ address: FAR, payloadBytes: 1400 });
    const six = await ask({ address: FAR_6, payloadBytes: 1400, packets: 5, timeoutMs: 300 });
    chain.run(1, 'ip', 'link', 'set', 'right', 'mtu', '1500');
    chain.run(2, 'ip', 'link', 'set', 'left', 'mtu', '1500');
    expect(told(four)).toBe('++++');
    // Only senders may cut IPv6 up: the first packet tells us, the first reply its sender.
    expect(told(six)).toBe('ul+++');
  });

  test('an answer from another address counts, and is told; copies are duplicates', async () => {
    chain.run(1, 'ip', 'route', 'replace', '10.98.0.0/24', 'dev', 'left', 'src', '10.98.1.1');
    const stopAnswering = await chain.answerOddly(1, 0, 3);
    // Those that come after the burst are nobody's.
    const result = await ask({ address: NEAR, spacingMs: 50 });
    stopAnswering();
    chain.run(1, 'ip', 'route', 'replace', '10.98.0.0/24', 'dev', 'left', 'src', NEAR);
    expect(told(result)).toBe('++++');
    expect(result.answeredFrom).toBe('10.98.1.1');
    expect(result.duplicates).toBeGreaterThanOrEqual(6);
  });

  test('a prober that was stopped for a while reads what came meanwhile before it calls anything lost', async () => {
    const stopAnswering = await chain.answerOddly(2, 150, 1);
    const burst = ask({ address: CHAIN_POINTS[1], packets: 3, spacingMs: 5, timeoutMs: 400 });
    await new Promise((sent) => setTimeout(sent, 60));
    process.kill(prober.pid ?? 0, 'SIGSTOP');
    // Longer than the burst's deadline.
    await new Promise((passed) => setTimeout(passed, 800));
    process.kill(prober.pid ?? 0, 'SIGCONT');
    const result = await burst;
    stopAnswering();
    expect(told(result)).toBe('+++');
    for (const rtt of result.rtts) expect(rtt).toBeLessThan(400);
  });

  test('a prober without any right says why; with ping sockets it pings, and does not trace', async () => {
    const nobody = [
      SETPRIV,
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--inh-caps=-all',
      '--bounding-set=-all',
    ];
    const node = spawnSync(SETPRIV, [...nobody.slice(1), process.execPath, '--version'], { stdio: 'ignore' });
    if (node.status !== 0) return;
    const through = [...chain.through(0), ...nobody];
    const started = async (): Promise<{ readonly poor: Prober; readonly metrics: Metrics }> => {
      const metrics = createMetrics();
      const poor = createProber(log, metrics, { through });
      await poor.start();
      return { poor, metrics };
    };
    chain.run(0, 'sysctl', '-q', 'net.ipv4.ping_group_range=1 0');
    const without = await started();
    expect(without.poor.available).toBe(false);
    expect(without.poor.note()).toMatch(/no raw socket: EPERM, no ping socket: EACCES/);
    expect(without.metrics.figures()['icmpUnavailable']).toBe(1);
    await without.poor.stop();

    chain.run(0, 'sysctl', '-q', 'net.ipv4.ping_group_range=0 2147483647');
    const { poor } = await started();
    expect([poor.available, poor.note()]).toEqual([true, '']);
    const results = await Promise.all(
      [NEAR, FAR, NEAR_6, FAR_6].map((address) => poor.burst({ ...quick, address, payloadBytes: 800 })),
    );
    for (const [at, result] of results.entries()) {
      expect(told(result ?? { fates: [] })).toBe('++++');
      expect(result).toMatchObject({ duplicates: 0, hopLimit: at % 2 === 0 ? 64 : 62 });
    }
    const trace = await poor.burst({ ...quick, address: FAR, trace: true });
    expect(trace).toMatchObject({ arrived: false, refusal: 'no raw socket' });
    await poor.stop();
  });
});

test('without the library for this machine ICMP is unobserved, and says so', async () => {
  const hook = `export async function resolve(s, c, n) { if (s === 'koffi') throw new Error('no binary'); return n(s, c); }`;
  const data = (text: string): string => `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
  const register = `import { register } from 'node:module'; register('${data(hook)}');`;
  const metrics = createMetrics();
  const prober = createProber(log, metrics, { through: ['env', `NODE_OPTIONS=--import=${data(register)}`] });
  await prober.start();
  expect(prober.available).toBe(false);
  expect(prober.note()).toBe('ICMP cannot be sent and is unobserved: the prober’s library cannot be loaded: no binary');
  expect(metrics.figures()).toMatchObject({ icmpUnavailable: 1 });
  await prober.stop();
});
