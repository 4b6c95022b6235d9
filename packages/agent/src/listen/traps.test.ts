/** Traps and informs of net-snmp's own senders, all versions, into a listener that runs as in the agent. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary, freeUdpPort } from '@kaiku/testkit';
import { until } from '@kaiku/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram, startListener, type TestListener } from './testing.ts';

const missing = findBinary('snmptrap') === undefined || findBinary('snmpinform') === undefined;
const LINK_DOWN = '1.3.6.1.6.3.1.1.5.3';
const ENGINE = '0x8000000001020304';
const IF_INDEX = ['1.3.6.1.2.1.2.2.1.1.3', 'i', '3'] as const;
const IF_DESCR = ['1.3.6.1.2.1.2.2.1.2.3', 's', 'Gi0/3'] as const;

const auth = (protocol: string) => ({ protocol, password: 'a long secret' });
const USERS = [
  { user: 'plain' },
  { user: 'md5des', auth: auth('md5'), privacy: auth('des') },
  { user: 'sha1', auth: auth('sha1') },
  { user: 'sha1aes', auth: auth('sha1'), privacy: auth('aes128') },
  { user: 'sha224', auth: auth('sha224'), privacy: auth('aes192') },
  { user: 'sha256', auth: auth('sha256'), privacy: auth('aes256') },
  { user: 'md5aes', auth: auth('md5'), privacy: auth('aes256') },
  { user: 'sha1cisco', auth: auth('sha1'), privacy: auth('aes256-cisco') },
  { user: 'sha384', auth: auth('sha384') },
  { user: 'sha512', auth: auth('sha512'), privacy: auth('aes128') },
];

/** As net-snmp's programs want it. */
const AUTH_WORDS: Record<string, string> = {
  md5: 'MD5',
  sha1: 'SHA',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};
const PRIVACY_WORDS: Record<string, string> = {
  des: 'DES',
  aes128: 'AES',
  aes192: 'AES-192',
  aes256: 'AES-256',
  'aes256-cisco': 'AES-256-C',
};

function v3Words({ user, auth: own, privacy }: (typeof USERS)[number]): string[] {
  const level = own === undefined ? 'noAuthNoPriv' : privacy === undefined ? 'authNoPriv' : 'authPriv';
  return [
    '-v3',
    '-u',
    user,
    '-l',
    level,
    ...(own === undefined ? [] : ['-a', AUTH_WORDS[own.protocol] ?? '', '-A', own.password]),
    ...(privacy === undefined ? [] : ['-x', PRIVACY_WORDS[privacy.protocol] ?? '', '-X', privacy.password]),
  ];
}

describe.skipIf(missing)('traps and informs (snmptrap, snmpinform needed)', () => {
  let listener: TestListener;
  let port: number;
  const to = (): string => `127.0.0.1:${port}`;
  const trap = (...words: readonly string[]) => runProgram('snmptrap', words);
  const inform = (...words: readonly string[]) => runProgram('snmpinform', words);
  const figure = (name: string): number => listener.metrics.figures()[name] ?? 0;

  beforeAll(async () => {
    port = await freeUdpPort();
    listener = await startListener(
      ({ host }) => ({ traps: { host, port, communities: ['configured'], users: USERS } }),
      [
        { entity: 'switch-1', address: '127.0.0.1', snmp: { version: '2c', port: 161, community: 'of-a-target' } },
        { entity: 'old-router', address: '192.0.2.77' },
      ],
    );
  });
  afterAll(() => listener.stop());

  test('version 2c: named, readable, raw, of the entity whose address it came from', async () => {
    await trap('-v2c', '-c', 'of-a-target', to(), '4711', LINK_DOWN, ...IF_INDEX, ...IF_DESCR);
    const event = await listener.event('linkDown', ({ name }) => name === 'linkDown');
    expect(event).toMatchObject({
      entity: 'switch-1',
      source: '127.0.0.1',
      kind: 'trap',
      severity: 3,
      message: 'linkDown ifIndex=3 ifDescr=Gi0/3',
      fields: { version: '2c', trapOid: LINK_DOWN, upTimeMs: '47110', 'ifIndex.3': '3', 'ifDescr.3': 'Gi0/3' },
    });
    expect(event.raw[0]).toBe(0xa7);
    expect(Buffer.from(event.raw).includes('of-a-target')).toBe(false);
    expect(listener.actions).toContain('poll switch-1');
  });

  test('version 1, generic and of an enterprise: as RFC 3584 translates them', async () => {
    await trap('-v1', '-c', 'configured', to(), '1.3.6.1.4.1.9.1.1', '192.0.2.77', '0', '0', '99');
    const cold = await listener.event('coldStart', ({ name }) => name === 'coldStart');
    expect(cold.fields).toMatchObject({ version: '1', snmpTrapEnterprise: '1.3.6.1.4.1.9.1.1', upTimeMs: '990' });
    expect(cold.fields).toMatchObject({ snmpTrapAddress: '192.0.2.77', trapOid: '1.3.6.1.6.3.1.1.5.1' });
    expect(cold.entity).toBe('switch-1');
    await trap(
      '-v1',
      '-c',
      'configured',
      to(),
      '1.3.6.1.2.1.33.2',
      '127.0.0.1',
      '6',
      '1',
      '5',
      '1.3.6.1.2.1.33.1.2.2.0',
      'i',
      '40',
    );
    const battery = await listener.event('upsTrapOnBattery', ({ name }) => name === 'upsTrapOnBattery');
    expect(battery).toMatchObject({ message: 'upsTrapOnBattery upsSecondsOnBattery=40', severity: 2 });
    await trap('-v1', '-c', 'configured', to(), '1.3.6.1.4.1.9999', '127.0.0.1', '6', '7', '5');
    await listener.event('an unknown one by its number', ({ name }) => name === '1.3.6.1.4.1.9999.0.7');
  });

  test.each(USERS)('version 3: $user', async (user) => {
    const oid = `1.3.6.1.4.1.9999.3.${USERS.indexOf(user)}`;
    const sent = await trap(...v3Words(user), '-e', ENGINE, to(), '1', `${oid}.1`, ...IF_DESCR);
    expect(sent).toEqual({ code: 0, output: '' });
    const event = await listener.event(`the trap of ${user.user}`, ({ name }) => name === `${oid}.1`);
    expect(event).toMatchObject({ kind: 'trap', fields: { user: user.user, engineId: '8000000001020304' } });
    expect(event.raw[0]).toBe(0xa7);
    expect(await inform(...v3Words(user), to(), '1', `${oid}.2`, ...IF_DESCR)).toEqual({ code: 0, output: '' });
    expect(listener.events.filter(({ name }) => name === `${oid}.2`)).toHaveLength(1);
  });

  test('what is not believed is counted by reason and never an event', async () => {
    const before = listener.events.length;
    const [, md5des] = USERS;
    if (md5des === undefined) throw new Error('no such user');
    await trap('-v2c', '-c', 'guessed', to(), '1', LINK_DOWN);
    await trap(...v3Words({ ...md5des, user: 'nobody' }), '-e', ENGINE, to(), '1', LINK_DOWN);
    await trap(...v3Words({ user: 'md5des' }), '-e', ENGINE, to(), '1', LINK_DOWN);
    const wrong = { ...md5des, auth: { protocol: 'md5', password: 'another secret' } };
    await trap(...v3Words(wrong), '-e', ENGINE, to(), '1', LINK_DOWN);
    await until('all to be counted', () =>
      ['community', 'user', 'securityLevel', 'authentication'].every(
        (reason) => figure(`refused_traps_${reason}`) === 1,
      ),
    );
    expect(await inform(...v3Words(wrong), '-r', '0', '-t', '0.3', to(), '1', LINK_DOWN)).toMatchObject({ code: 1 });
    expect(listener.events).toHaveLength(before);
  });

  test('an inform is acknowledged when its event is on the disk, and not before', async () => {
    listener.sealing = 'wait';
    const waiting = inform('-v2c', '-c', 'configured', '-r', '9', '-t', '0.3', to(), '1', '1.3.6.1.4.1.9999.4');
    await listener.event('the inform', ({ name }) => name === '1.3.6.1.4.1.9999.4');
    await until('the sender to have tried again', () => figure('informsRepeated') > 0);
    const answered = figure('informsAnswered');
    listener.sealAll();
    listener.sealing = 'seal';
    expect(await waiting).toEqual({ code: 0, output: '' });
    await until('the acknowledgement to be counted', () => figure('informsAnswered') === answered + 1);
    expect(listener.events.filter(({ name }) => name === '1.3.6.1.4.1.9999.4')).toHaveLength(1);
  });

  test('an inform that cannot be stored is never acknowledged', async () => {
    listener.sealing = 'lose';
    const refused = await inform('-v2c', '-c', 'configured', '-r', '0', '-t', '0.3', to(), '1', LINK_DOWN);
    listener.sealing = 'seal';
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('Timeout');
    await until('it to be counted', () => figure('refused_traps_unsealed') > 0);
  });

  test('a port that another program has is said to be so, and everything else goes on', async () => {
    const syslog = await freeUdpPort();
    const second = await startListener(
      ({ host }) => ({ traps: { host, port }, syslog: { udp: { host, port: syslog } } }),
      [],
      1,
    );
    await until('it to be said', () => second.listener.note() !== '');
    expect(second.listener.note()).toContain('SNMP traps');
    expect(second.listener.note()).toContain('EADDRINUSE');
    await second.stop();
    await trap('-v2c', '-c', 'configured', to(), '1', '1.3.6.1.4.1.9999.6');
    await listener.event('the first listener to hear on', ({ name }) => name === '1.3.6.1.4.1.9999.6');
  });

  test('the engine keeps its identity and counts its starts', async () => {
    const read = (): unknown => JSON.parse(readFileSync(join(listener.dir, 'snmp-engine.json'), 'utf8'));
    expect(read()).toMatchObject({ boots: 1, engineId: expect.stringMatching(/^8000000005[0-9a-f]{24}$/) as string });
  });
});
