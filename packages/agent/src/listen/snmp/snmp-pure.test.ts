/** Reading and answering without sockets: keys against published vectors, time windows, versions, refusals. */
import { describe, expect, test } from 'vitest';
import { communityMessage, usmMessage } from './answers.ts';
import {
  BerReader,
  encode,
  encodeNumber,
  encodeOid,
  isMalformed,
  readCounter64,
  readInteger,
  readOid,
  TAG,
} from './ber.ts';
import { localizedKey, passwordKey, PRIVACY, privacyKey } from './keys.ts';
import { PDU, readMessage } from './message.ts';
import { TrapReceiver } from './receiver.ts';
import { TimeWindows } from './time-window.ts';
import { UsmUser, type UsmAccess } from './users.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

function isRefused(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch (error) {
    return isMalformed(error);
  }
}

describe('BER', () => {
  test('OIDs, integers and counters there and back', () => {
    for (const oid of ['1.3.6.1.2.1.1.3.0', '0.0', '2.999.4294967295', '1.3.6.1.4.1.99999.1']) {
      expect(readOid(new BerReader(encodeOid(oid)).expect(TAG.oid))).toBe(oid);
    }
    expect(readInteger(bytes('ff'))).toBe(-1);
    expect(readInteger(bytes('00 ff ff ff ff'))).toBe(4_294_967_295);
    expect(readCounter64(bytes('00 ff ff ff ff ff ff ff ff'))).toBe(18_446_744_073_709_551_615n);
  });

  test.each([
    ['nothing', ''],
    ['a length without its octets', '30 82 01'],
    ['the indefinite form', '30 80 00 00'],
    ['more than there is', '30 05 02 01 01'],
    ['a length of five octets', '30 85 00 00 00 00 01 00'],
  ])('%s is not well-formed', (_, hex) => {
    expect(isRefused(() => new BerReader(bytes(hex)).next())).toBe(true);
  });

  test('an OID that ends within a number, or has one too large, is not well-formed', () => {
    expect(isRefused(() => readOid(bytes('2b 86')))).toBe(true);
    expect(isRefused(() => readOid(bytes('2b ff ff ff ff ff 7f')))).toBe(true);
  });
});

describe('keys (RFC 3414 A.3)', () => {
  const engineId = bytes('000000000000000000000002');
  test('of a password, for an engine', () => {
    const md5 = passwordKey('md5', 'maplesyrup');
    expect(md5.toString('hex')).toBe('9faf3283884e92834ebc9847d8edd963');
    expect(localizedKey('md5', md5, engineId).toString('hex')).toBe('526f5eed9fcce26f8964c2930787d82b');
    const sha1 = passwordKey('sha1', 'maplesyrup');
    expect(localizedKey('sha1', sha1, engineId).toString('hex')).toBe('6695febc9288e36282235fc7151f128497b38f3f');
  });

  test('longer ones differ by the way they are made', () => {
    const key = passwordKey('sha1', 'maplesyrup');
    const [own, cisco] = ['aes256', 'aes256-cisco'].map((name) => PRIVACY[name]);
    if (own === undefined || cisco === undefined) throw new Error('no such algorithm');
    const [a, b] = [privacyKey('sha1', key, engineId, own), privacyKey('sha1', key, engineId, cisco)];
    expect([a.length, b.length]).toEqual([32, 32]);
    expect(a.subarray(0, 20)).toEqual(b.subarray(0, 20));
    expect(a).not.toEqual(b);
  });
});

describe('the time window of another engine', () => {
  test('what is older than 150 s, or of a boot before, is not fresh', () => {
    const windows = new TimeWindows();
    expect(windows.isFresh('a', { boots: 5, timeS: 1000 }, 0)).toBe(true);
    expect(windows.isFresh('a', { boots: 5, timeS: 900 }, 0)).toBe(true);
    expect(windows.isFresh('a', { boots: 5, timeS: 849 }, 0)).toBe(false);
    expect(windows.isFresh('a', { boots: 5, timeS: 1000 }, 151)).toBe(false);
    expect(windows.isFresh('a', { boots: 4, timeS: 9000 }, 0)).toBe(false);
    expect(windows.isFresh('a', { boots: 6, timeS: 1 }, 0)).toBe(true);
    expect(windows.isFresh('a', { boots: 5, timeS: 1200 }, 0)).toBe(false);
  });
});

describe('the receiver', () => {
  const engine = { id: bytes('8000000005aabbccddeeff'), boots: 3 };
  const sender = bytes('80000000050102030405');
  const access: UsmAccess = {
    user: 'ops',
    auth: { protocol: 'sha256', password: 'a long secret' },
    privacy: { protocol: 'aes128', password: 'another secret' },
  };
  const zero = encodeNumber(TAG.integer, 0);
  const varbind = (oid: string, value: Buffer): Buffer => encode(TAG.sequence, encodeOid(oid), value);
  const upTime = varbind('1.3.6.1.2.1.1.3.0', encodeNumber(TAG.timeTicks, 1));
  const linkDown = varbind('1.3.6.1.6.3.1.1.4.1.0', encodeOid('1.3.6.1.6.3.1.1.5.3'));
  const pdu = (tag: number, ...varbinds: Buffer[]): Buffer =>
    encode(tag, encodeNumber(TAG.integer, 77), zero, zero, encode(TAG.sequence, ...varbinds));
  const receiver = (): TrapReceiver => {
    const made = new TrapReceiver(engine, 0);
    made.setAccess({ communities: ['public'], users: [access] });
    return made;
  };
  const usm = (engineId: Buffer, tag: number, time = { boots: 3, timeS: 10 }): Buffer =>
    usmMessage({
      id: 9,
      engineId,
      time,
      userName: 'ops',
      user: new UsmUser(access),
      private: true,
      contextEngineId: engineId,
      context: Buffer.alloc(0),
      pdu: pdu(tag, upTime, linkDown),
    });

  test('an inform’s answer has its id, its varbinds, its community', () => {
    const heard = receiver().receive(communityMessage(1, 'public', pdu(PDU.inform, upTime, linkDown)), 0);
    if (heard.what !== 'trap' || heard.inform === undefined) throw new Error('no inform');
    const answer = readMessage(heard.inform.answer(0));
    expect(answer).toMatchObject({ version: 1, community: 'public', pdu: pdu(PDU.response, upTime, linkDown) });
  });

  test('a trap must begin with sysUpTime and snmpTrapOID', () => {
    for (const varbinds of [[], [upTime], [linkDown, upTime]]) {
      const heard = receiver().receive(communityMessage(1, 'public', pdu(PDU.trapV2, ...varbinds)), 0);
      expect(heard).toEqual({ what: 'refused', reason: 'malformed' });
    }
  });

  test('questions are not what it is here for', () => {
    const heard = receiver().receive(communityMessage(1, 'public', pdu(PDU.get, upTime)), 0);
    expect(heard).toEqual({ what: 'refused', reason: 'notWanted' });
  });

  test('a trap that is repeated later is outside the window', () => {
    const one = receiver();
    const early = usm(sender, PDU.trapV2);
    expect(one.receive(Buffer.from(early), 0).what).toBe('trap');
    expect(one.receive(Buffer.from(early), 100_000).what).toBe('trap');
    expect(one.receive(Buffer.from(early), 200_000)).toEqual({ what: 'refused', reason: 'timeWindow' });
  });

  test('a damaged message has a wrong digest, and stays as it came', () => {
    const message = usm(sender, PDU.trapV2);
    message[message.length - 1] = (message.at(-1) ?? 0) ^ 1;
    const before = Buffer.from(message);
    expect(receiver().receive(message, 0)).toEqual({ what: 'refused', reason: 'authentication' });
    expect(message).toEqual(before);
  });

  test('an engine it does not know is told who is here; a wrong time what time it is', () => {
    const heard = receiver().receive(usm(Buffer.alloc(0), PDU.inform), 0);
    // Signed messages for nobody have no reportable flag here: a trap of an engine without a name.
    expect(heard).toEqual({ what: 'refused', reason: 'malformed' });
    expect(receiver().receive(usm(engine.id, PDU.inform), 10_000).what).toBe('trap');
    expect(receiver().receive(usm(engine.id, PDU.inform, { boots: 2, timeS: 10 }), 10_000)).toEqual({
      what: 'refused',
      reason: 'timeWindow',
    });
    expect(receiver().receive(usm(engine.id, PDU.trapV2), 10_000)).toEqual({ what: 'refused', reason: 'notWanted' });
  });
});
