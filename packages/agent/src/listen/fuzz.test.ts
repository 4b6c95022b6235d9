/**
 * Malformed input without end: valid messages damaged at random, and noise. Nothing may throw, hang or stay in memory. The
 * seed is printed with a failure; KAIKU_FUZZ is the count for each parser, KAIKU_SEED repeats a run.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { communityMessage, usmMessage } from './snmp/answers.ts';
import { TAG } from '../sample/snmp/codec/ber.ts';
import { KeyRing } from '../sample/snmp/usm/keys.ts';
import { encode, encodeNumber, encodeOid } from './snmp/testing.ts';
import { HEARD_PDU as PDU } from './snmp/message.ts';
import { TrapReceiver } from './snmp/receiver.ts';
import { UsmUser, type UsmAccess } from './snmp/users.ts';
import { Framer } from './syslog/framing.ts';
import { parseSyslog } from './syslog/parse.ts';

const COUNT = Number(process.env['KAIKU_FUZZ'] ?? 20_000);
const SEED = Number(process.env['KAIKU_SEED'] ?? Date.now() % 2 ** 31);
const MIB = 1024 * 1024;
const GROWTH_MIB = 16;
const TEN_MINUTES_MS = 600_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapMib(): number {
  collect();
  return process.memoryUsage().heapUsed / MIB;
}

/** Numbers below `limit`, the same for the same seed (mulberry32). */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** One of the seeds with some damage, or noise. */
function damaged(random: (limit: number) => number, seeds: readonly Buffer[]): Buffer {
  const pick = (): Buffer => Buffer.from(seeds[random(seeds.length)] ?? Buffer.alloc(0));
  let bytes = pick();
  for (let wounds = 1 + random(4); wounds > 0; wounds -= 1) {
    const at = random(Math.max(bytes.length, 1));
    switch (random(7)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes[at] = [0, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff][random(7)] ?? 0;
        break;
      case 2:
        bytes = bytes.subarray(0, at);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(8))]);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), pick().subarray(random(64)), bytes.subarray(at)]);
        break;
      case 5:
        bytes = Buffer.concat([bytes, bytes.subarray(at)]);
        break;
      default:
        bytes = Buffer.from(Array.from({ length: random(200) }, () => random(256)));
    }
    if (bytes.length > 20_000) bytes = bytes.subarray(0, 20_000);
  }
  return bytes;
}

const PUBLIC = Buffer.from('public');
const ring = new KeyRing();

describe(`fuzzing (${COUNT} inputs, seed ${SEED})`, () => {
  const engine = { id: Buffer.from('8000000005aabbccddeeff', 'hex'), boots: 3 };
  const sender = Buffer.from('80000000050102030405', 'hex');
  const secret = <P extends string>(protocol: P) => ({ protocol, password: 'a long secret' });
  const users: UsmAccess[] = [
    { user: 'plain' },
    { user: 'signed', auth: secret('sha256') },
    { user: 'private', auth: secret('sha1'), privacy: secret('aes128') },
    { user: 'des', auth: secret('md5'), privacy: secret('des') },
  ];
  const varbind = (oid: string, value: Buffer): Buffer => encode(TAG.sequence, encodeOid(oid), value);
  const list = encode(
    TAG.sequence,
    varbind('1.3.6.1.2.1.1.3.0', encodeNumber(TAG.timeTicks, 4711)),
    varbind('1.3.6.1.6.3.1.1.4.1.0', encodeOid('1.3.6.1.6.3.1.1.5.3')),
    varbind('1.3.6.1.2.1.2.2.1.1.3', encodeNumber(TAG.integer, 3)),
    varbind('1.3.6.1.2.1.2.2.1.2.3', encode(TAG.octets, Buffer.from('Gi0/3'))),
    varbind('1.3.6.1.2.1.31.1.1.1.6.3', encode(TAG.counter64, Buffer.from('00ffffffffffffffff', 'hex'))),
  );
  const zero = encodeNumber(TAG.integer, 0);
  const pdu = (tag: number): Buffer => encode(tag, encodeNumber(TAG.integer, 77), zero, zero, list);
  const v1 = encode(
    PDU.trapV1,
    encodeOid('1.3.6.1.4.1.9.1.1'),
    encode(TAG.ipAddress, Buffer.from([192, 0, 2, 1])),
    encodeNumber(TAG.integer, 2),
    zero,
    encodeNumber(TAG.timeTicks, 99),
    list,
  );
  const usm = (access: UsmAccess, engineId: Buffer, tag: number): Buffer =>
    usmMessage({
      id: 9,
      engineId,
      time: { boots: 3, time: 5 },
      userName: Buffer.from(access.user),
      user: new UsmUser(access, ring),
      private: access.privacy !== undefined,
      contextEngineId: engineId,
      context: Buffer.from('vrf'),
      pdu: pdu(tag),
    });
  const good = communityMessage('2c', PUBLIC, pdu(PDU.trapV2));
  const seeds = [
    good,
    communityMessage('1', PUBLIC, v1),
    communityMessage('2c', PUBLIC, pdu(PDU.inform)),
    ...users.flatMap((user) => [usm(user, sender, PDU.trapV2), usm(user, engine.id, PDU.inform)]),
  ];

  test('traps', { timeout: TEN_MINUTES_MS }, () => {
    const random = randomFrom(SEED);
    const receiver = new TrapReceiver(engine, 0);
    receiver.setAccess({ communities: ['public'], users });
    for (const bytes of seeds) expect(receiver.receive(Buffer.from(bytes), 5000).what).toBe('trap');
    for (let index = 0; index < 2000; index += 1) receiver.receive(damaged(random, seeds), 5000);
    const before = heapMib();
    const heard = new Map<string, number>();
    for (let index = 0; index < COUNT; index += 1) {
      const bytes = damaged(random, seeds);
      const { what } = receiver.receive(bytes, 5000 + index / 1000);
      heard.set(what, (heard.get(what) ?? 0) + 1);
    }
    expect(heapMib() - before).toBeLessThan(GROWTH_MIB);
    expect(heard.get('refused')).toBeGreaterThan(COUNT / 4);
    expect(receiver.receive(Buffer.from(good), 5000)).toMatchObject({ what: 'trap', trap: { name: 'linkDown' } });
  });

  test('syslog, as datagrams and as a stream', { timeout: TEN_MINUTES_MS }, () => {
    const random = randomFrom(SEED);
    const texts = [
      '<34>Oct 11 22:14:15 mymachine su[12]: failed for lonvick on /dev/pts/8',
      '<189>45: *Mar  1 18:46:11.123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down',
      '<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [a@1 iut="3" b="x\\"y"][c@2 d="\\]"] \ufeffAn entry',
      '<0>1 - - - - - -',
      '13 <13>app: text',
      `<14>${'long '.repeat(2000)}`,
    ];
    const inputs = texts.map((text) => Buffer.from(text));
    const framer = new Framer();
    const nowMs = Date.UTC(2026, 0, 1);
    const round = (count: number): void => {
      for (let index = 0; index < count; index += 1) {
        const bytes = damaged(random, inputs);
        parseSyslog(bytes, nowMs, random(9) === 0 ? 100_000 : undefined);
        framer.push(bytes);
        for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
          expect(frame.bytes.length).toBeLessThanOrEqual(8192);
          parseSyslog(frame.bytes, nowMs, frame.length);
        }
        expect(framer.waiting).toBeLessThan(40_000);
      }
    };
    round(2000);
    const before = heapMib();
    round(COUNT);
    expect(heapMib() - before).toBeLessThan(GROWTH_MIB);
  });
});
