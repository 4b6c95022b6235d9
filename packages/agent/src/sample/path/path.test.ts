/** Paths and routes over real hops: workstation (the agent), switch, core, router, server, each a network namespace. */
import { createLog, createMetrics } from '@kaiku/core';
import { until } from '@kaiku/core/testing';
import { PROBE_STATUS } from '@kaiku/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHAIN_POINTS, CHAIN_POINTS_6, chainMissing, NetworkChain } from '../../testing/network-chain.ts';
import { sampleReader } from '../../testing/samples.ts';
import { Collector } from '../collector.ts';
import { createProber, type Prober } from '../icmp/prober.ts';
import { routeOf, routeText } from '../icmp/route.ts';
import { RouteWatch } from '../icmp/route-watch.ts';
import { PathTarget } from './path-target.ts';

const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const missing = chainMissing();
const NAMES = ['switch-1', 'core-1', 'router-1', 'server-1'];
const SERVER = 3;

test('no prober: nothing is known of any point, and nothing is claimed', async () => {
  const prober = createProber(log, createMetrics());
  const collector = new Collector('agent-a');
  const points = ['127.0.0.1', '127.0.0.2'].map((address, index) => ({ entity: NAMES[index] ?? '', address }));
  const path = { entity: 'p', everyMs: 1000, points, packets: 3, spacingMs: 5, timeoutMs: 200 };
  await new PathTarget(path, { collector, prober }).probe(1000);
  expect(collector.empty).toBe(true);
  expect(collector.events.length).toBe(0);
});

describe.skipIf(missing !== '')(`a chain of namespaces${missing === '' ? '' : ` (skipped: ${missing})`}`, () => {
  let chain: NetworkChain;
  let prober: Prober;

  beforeAll(async () => {
    chain = new NetworkChain();
    prober = createProber(log, createMetrics(), { through: chain.through(0) });
    await prober.start();
    // The first packets also find the neighbours; over IPv6 the addresses must be up.
    for (const address of [CHAIN_POINTS[SERVER], CHAIN_POINTS_6[SERVER]]) {
      await until(`${address} answers`, async () => (await prober.burst({ ...quick, address }))?.arrived === true);
    }
  }, 60_000);

  afterAll(async () => {
    await prober.stop();
    chain[Symbol.dispose]();
  });

  const quick = { packets: 2, spacingMs: 5, timeoutMs: 200 };
  const plan = {
    entity: 'hel-to-server',
    everyMs: 60_000,
    points: CHAIN_POINTS.map((address, index) => ({ entity: NAMES[index] ?? '', address })),
    packets: 12,
    spacingMs: 8,
    timeoutMs: 200,
  };

  test('a chain that is whole has figures at each point and nobody to blame', async () => {
    const collector = new Collector('agent-a');
    const read = sampleReader(collector);
    await new PathTarget(plan, { collector, prober }).probe(1000);
    const result = read();
    expect(result.get('hel-to-server pathLoss').value).toBe(0);
    expect(result.get('hel-to-server pathRtt')).toMatchObject({ tsMs: 1000, code: PROBE_STATUS.ok });
    expect(result.get('hel-to-server pathBlame').value).toBe(0);
    for (const name of NAMES) {
      expect(result.get(`hel-to-server hopLoss ${name}`).value).toBe(0);
      expect(Number(result.get(`hel-to-server hopRtt ${name}`).value)).toBeGreaterThan(0);
      expect(Number(result.get(`hel-to-server hopDelay ${name}`).value)).toBeGreaterThanOrEqual(0);
    }
    expect(result.samples).toHaveLength(3 + 3 * NAMES.length);
  });

  test('a link that loses puts the blame on the point behind it; one that answers badly itself is left alone', async () => {
    const collector = new Collector('agent-a');
    const read = sampleReader(collector);
    const blamedAfter = async (target: PathTarget, slots: number): Promise<unknown> => {
      for (let slot = 1; slot <= slots; slot += 1) await target.probe(slot * 1000);
      return read().all('pathBlame').at(-1)?.value;
    };
    chain.loseOwn(2, 2);
    expect(await blamedAfter(new PathTarget(plan, { collector, prober }), 1)).toBe(0);
    chain.loseNothing(2);
    const target = new PathTarget(plan, { collector, prober });
    // Every third: the points take turns, and every second would hit the same one each time.
    chain.loseArriving(3, 3);
    expect(await blamedAfter(target, 1)).toBe(3);
    chain.loseNothing(3);
    expect(await blamedAfter(target, 3)).toBe(0);
    chain.loseArriving(3, 1);
    await target.probe(9000);
    const cut = read();
    expect(cut.get('hel-to-server pathBlame').value).toBe(3);
    expect(cut.get('hel-to-server hopLoss core-1').value).toBe(0);
    expect(cut.get('hel-to-server hopLoss router-1').value).toBe(1);
    expect(cut.get('hel-to-server pathLoss').value).toBe(1);
    expect(cut.get('hel-to-server pathRtt')).toMatchObject({ value: Number.NaN, code: PROBE_STATUS.timeout });
    expect(cut.facts).toContain('hel-to-server pathBlame =router-1 (loss)');
    chain.loseNothing(3);
  });

  test('a link with a queue puts the blame on the point behind it; a router that answers late itself is left alone', async () => {
    const collector = new Collector('agent-a');
    const read = sampleReader(collector);
    const target = new PathTarget(plan, { collector, prober });
    for (let slot = 1; slot <= 6; slot += 1) await target.probe(slot * 1000);
    const stopAnswering = await chain.answerOddly(2, 100, 1);
    await target.probe(7000);
    stopAnswering();
    expect(
      Number(
        read()
          .all('hopRtt')
          .find(({ series, tsMs }) => tsMs === 7000 && series.endsWith('core-1'))?.value,
      ),
    ).toBeGreaterThan(90);
    chain.congest(2);
    await target.probe(8000);
    chain.relieve(2);
    const blamed = read()
      .all('pathBlame')
      .map(({ value }) => value);
    expect(blamed).toEqual([3]);
  });

  test.each([
    ['IPv4', CHAIN_POINTS],
    ['IPv6', CHAIN_POINTS_6],
  ] as const)('a trace names each hop, %s', async (_, points) => {
    const order = { address: points[SERVER], packets: 8, spacingMs: 10, timeoutMs: 300, trace: true };
    let text = '';
    await until('the route', async () => {
      const trace = await prober.burst(order);
      text = trace === undefined ? '' : routeText(routeOf(trace, order.address));
      return !text.includes('*');
    });
    expect(text).toBe(points.map((point) => point.replace(':0::', '::')).join(' '));
  });

  test('a target is traced when it is first seen and when its state changes; another route is an event', async () => {
    const collector = new Collector('agent-a');
    const read = sampleReader(collector);
    const names: string[] = [];
    collector.event = ({ name }) => void names.push(name);
    let nowMs = 1_000_000;
    const watch = new RouteWatch({ collector, prober, log, now: () => nowMs }).watch('server-1');
    const address = CHAIN_POINTS[SERVER];
    const ask = async (): Promise<void> => {
      const burst = await prober.burst({ ...quick, address });
      if (burst !== undefined) watch({ ...burst, address, slotMs: nowMs });
    };
    await ask();
    await until('the route is known', () => !collector.empty);
    expect(read().facts).toEqual([`server-1 route =${CHAIN_POINTS.join(' ')}`]);
    await ask();
    chain.loseArriving(3, 1);
    nowMs += 3_600_000;
    await ask();
    await until('the route is known to end', () => !collector.empty);
    expect(read().facts).toEqual(['server-1 route =10.98.0.2 10.98.1.2 …']);
    chain.loseNothing(3);
    nowMs += 3_600_000;
    await ask();
    await until('it is known to be whole again', () => !collector.empty);
    expect(read().facts).toEqual([`server-1 route =${CHAIN_POINTS.join(' ')}`]);
    expect(names).toEqual(['routeEnds', 'routeRestored']);
  });
});
