/** Discovery as its asker sees it, with the simulated offices as the network, and Debian's snmpd as a device of others. */
import { createLog, createMetrics, createSealingKey, sealText, unsealText } from '@kaiku/core';
import {
  decode,
  DISCOVER_BYTES,
  discoverAnswerSchema,
  encode,
  type CommandMessage,
  type DeviceFinding,
  type DiscoverAnswer,
  type DiscoveryRequest,
} from '@kaiku/protocol';
import {
  buildDemoOffices,
  createResponder,
  findBinary,
  freePort,
  startSnmpd,
  waitFor,
  type Responder,
} from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDiscovery } from './discovery.ts';
import { openExploration } from './open-exploration.ts';

const AT_MS = Date.UTC(2026, 4, 13, 9);
const devices = buildDemoOffices(AT_MS).flatMap((office) => office.devices);
const key = createSealingKey();
let responder: Responder;
let port: number;

beforeAll(async () => {
  port = await freePort();
  responder = createResponder({ devices, port, now: () => AT_MS, immediate: true });
  await responder.start();
});
afterAll(() => responder.stop());

const request = (more: Partial<DiscoveryRequest> = {}): DiscoveryRequest => ({
  seeds: ['127.20.1.1'],
  ranges: ['127.20.0.0/16'],
  known: [],
  sweep: false,
  access: [{ port, community: 'public' }],
  probes: ['1.3.6.1.2.1.33.1.1.1.0', '1.3.6.1.2.1.99999.1.0'],
  maxDevices: 100,
  maxSeconds: 60,
  ...more,
});

/** An agent's discovery, spoken to as through the broker. */
function agent() {
  let hear: ((bytes: Uint8Array, subject: string, reply: (answer: Uint8Array) => void) => void) | undefined;
  const discovery = createDiscovery({
    agent: 'agent-1',
    unseal: (sealed) => unsealText(sealed, 'agent-1', key.privateKey),
    ping: () => Promise.resolve(false),
    log: createLog({ role: 'agent', name: 'test', level: 'silent' }),
    metrics: createMetrics(),
  });
  discovery.attach({
    subscribe: (_, handler) => {
      hear = handler;
      return { stop: () => undefined };
    },
  });
  const ask = (command: CommandMessage): DiscoverAnswer => {
    let answer: DiscoverAnswer | undefined;
    hear?.(encode(command), '', (bytes) => {
      answer = decode(discoverAnswerSchema, bytes, DISCOVER_BYTES);
    });
    if (answer === undefined) throw new Error('no answer');
    return answer;
  };
  /** Asks until it has everything. */
  const whole = async (id: string): Promise<{ readonly last: DiscoverAnswer; readonly found: DeviceFinding[] }> => {
    const found: DeviceFinding[] = [];
    const last = await waitFor(
      () => {
        const answer = ask({ v: 1, command: 'discover-status', id, from: found.length });
        found.push(...answer.devices);
        return answer.state === 'running' ? undefined : answer;
      },
      20_000,
      'the end of the discovery',
    );
    return { last, found };
  };
  return { discovery, ask, whole };
}
const ID = '00000000000000aa';
const OTHER = '00000000000000bb';

describe('a discovery', () => {
  test('finds every device of three offices from one, one at a time; its request may be repeated', async () => {
    const { ask, whole } = agent();
    expect(ask({ v: 1, command: 'discover', id: ID, request: request() }).state).toBe('running');
    expect(ask({ v: 1, command: 'discover', id: ID, request: request() }).state).toBe('running');
    expect(ask({ v: 1, command: 'discover', id: OTHER, request: request() })).toMatchObject({
      state: 'refused',
      problem: 'another discovery is under way at this agent',
    });
    const { last, found } = await whole(ID);
    expect(last).toMatchObject({ state: 'done', problem: '', silent: [], outside: [], aliases: [] });
    expect(found.map(({ sysName }) => sysName).toSorted()).toEqual(devices.map(({ id }) => id).toSorted());
    const core = found.find(({ sysName }) => sysName === 'hel-core-1');
    expect(core).toMatchObject({ model: 'C9000', maker: 'Solmu Oy', software: '15.2(7)', cut: [] });
    expect(core?.modules.map(({ name }) => name)).toEqual(['Power Supply 1', 'Chassis']);
    expect(core?.neighbours.map((each) => `${each.port} ${each.sysName}`)).toContain('Te1/1/3 hel-acc-1');
    expect(
      found
        .filter(({ answers }) => answers.length > 0)
        .map(({ sysName }) => sysName)
        .toSorted(),
    ).toEqual(['hel-ups-1', 'roi-ups-1', 'tre-ups-1']);
    // Asked again, it answers the same; a new one takes its place.
    expect((await whole(ID)).found).toHaveLength(devices.length);
    expect(ask({ v: 1, command: 'discover-status', id: OTHER, from: 0 }).state).toBe('refused');
  });

  test('speaks to nobody outside the ranges, and says whom it left out', async () => {
    const { ask, whole } = agent();
    const before = responder.answered();
    ask({ v: 1, command: 'discover', id: ID, request: request({ ranges: ['127.20.1.0/24'], maxDevices: 15 }) });
    const { last, found } = await whole(ID);
    expect(last.outside).toEqual(['127.20.2.1', '127.20.3.1']);
    expect(found.every(({ address }) => address.startsWith('127.20.1.'))).toBe(true);
    expect(found).toHaveLength(15);
    expect(responder.answered()).toBeGreaterThan(before);
  });

  test('asks the known for themselves, so that one that is gone is missed', async () => {
    const { ask, whole } = agent();
    const known = ['127.20.1.250', '127.99.0.1'];
    ask({ v: 1, command: 'discover', id: ID, request: request({ ranges: ['127.20.1.1', '127.20.1.250'], known }) });
    const { last } = await whole(ID);
    expect(last.silent).toEqual([{ address: '127.20.1.250', ping: false }]);
    expect(last.here?.addresses).toBeDefined();
  });

  test('ends at its caps and when it is stopped, with what it has', async () => {
    const { discovery, ask, whole } = agent();
    ask({ v: 1, command: 'discover', id: ID, request: request({ maxDevices: 4 }) });
    const capped = await whole(ID);
    expect([capped.found.length, capped.last.problem]).toEqual([4, 'ended at 4 devices']);
    ask({ v: 1, command: 'discover', id: OTHER, request: request({ sweep: true, ranges: ['127.99.0.0/16'] }) });
    await waitFor(
      () => ask({ v: 1, command: 'discover-status', id: OTHER, from: 0 }).devices.length > 0,
      20_000,
      'a device',
    );
    ask({ v: 1, command: 'discover-stop', id: OTHER });
    expect((await whole(OTHER)).last).toMatchObject({ state: 'stopped', problem: 'it was stopped before its end' });
    await discovery.stop();
  });

  test('takes sealed accesses, those of the plan where it was given none, and refuses what it cannot use', async () => {
    const { discovery, ask, whole } = agent();
    const sealed = sealText('public', [{ agent: 'agent-1', publicKey: key.publicKey }]);
    const one = { ranges: ['127.20.1.1/32'] };
    ask({ v: 1, command: 'discover', id: ID, request: request({ ...one, access: [{ port, community: sealed }] }) });
    expect((await whole(ID)).found).toHaveLength(1);
    const none = { ...one, access: [] };
    expect(ask({ v: 1, command: 'discover', id: OTHER, request: request(none) }).problem).toContain(
      'the plan has none',
    );
    discovery.apply({
      targets: [{ entity: 'x', address: '', checks: [], snmp: { version: '2c', port, community: 'public' } }],
    });
    ask({ v: 1, command: 'discover', id: OTHER, request: request(none) });
    expect((await whole(OTHER)).found).toHaveLength(1);
    const bad = [
      [{ version: '3' }, 'cannot be read'],
      [{ port, community: sealText('x', [{ agent: 'agent-2', publicKey: key.publicKey }]) }, 'not to agent-1'],
    ] as const;
    for (const [access, problem] of bad) {
      const said = ask({ v: 1, command: 'discover', id: 'cc00000000000000', request: request({ access: [access] }) });
      expect(said).toMatchObject({ state: 'refused', problem: expect.stringContaining(problem) as string });
    }
  });
});

test('the first access in order that is taken counts; a silent address is said to be so', async () => {
  const found: DeviceFinding[] = [];
  const wrong = Array.from({ length: 12 }, (_, at) => ({ version: '2c' as const, port, community: `wrong ${at}` }));
  const right = { version: '2c' as const, port, community: 'public' };
  const { exploration, close } = openExploration({
    request: request({ seeds: ['127.20.1.1', '127.20.1.249'], ranges: ['127.20.1.1/32'] }),
    accesses: [...wrong, right, { ...right, version: '1' as const }],
    onDevice: (device) => void found.push(device),
    signal: new AbortController().signal,
    greetTimeoutMs: 300,
  });
  const { silent } = await exploration.run();
  close();
  expect(found.map(({ access }) => access)).toEqual([12]);
  expect(silent).toEqual([{ address: '127.20.1.249' }]);
});

describe.skipIf(findBinary('snmpd') === undefined)('Debian’s snmpd', () => {
  test('is read by v2c, tried after an access that fails, with the interfaces and addresses of this machine', async () => {
    const snmpd = await startSnmpd();
    const found: DeviceFinding[] = [];
    const { exploration, close } = openExploration({
      request: request({ seeds: ['127.0.0.1'], ranges: ['127.0.0.1/32'] }),
      accesses: [
        { version: '2c', port: snmpd.port, community: 'wrong' },
        { version: '2c', port: snmpd.port, community: 'public' },
      ],
      onDevice: (device) => void found.push(device),
      signal: new AbortController().signal,
      greetTimeoutMs: 500,
    });
    await exploration.run();
    close();
    await snmpd.stop();
    const [device] = found;
    expect(found).toHaveLength(1);
    expect(device?.access).toBe(1);
    expect(device?.sysDescr).toContain('Linux');
    expect(device?.sysObjectID).toMatch(/^1\.3\.6\.1\.4\.1\.8072\.3\.2\./);
    expect(device?.engine).toMatch(/^[0-9a-f]{10,64}$/);
    expect(device?.interfaces.map(({ name }) => name)).toContain('lo');
    expect(device?.addresses).toContainEqual({ address: '127.0.0.1', port: 'lo' });
  });
});
