/** Reading and answering without sockets: time windows, versions, refusals. */
import { describe, expect, test } from 'vitest';
import { communityMessage, usmMessage } from './answers.ts';
import { TAG } from '../../sample/snmp/codec/ber.ts';
import type { UsmMessage } from '../../sample/snmp/codec/usm-message.ts';
import { KeyRing } from '../../sample/snmp/usm/keys.ts';
import { digest } from '../../sample/snmp/usm/protection.ts';
import { encode, encodeNumber, encodeOid } from './testing.ts';
import { HEARD_PDU as PDU, readMessage } from './message.ts';
import { TrapReceiver } from './receiver.ts';
import { TimeWindows } from './time-window.ts';
import { UsmUser, type UsmAccess } from './users.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

const PUBLIC = Buffer.from('public');
const ring = new KeyRing();

describe('the time window of another engine', () => {
  test('what is older than 150 s, or of a boot before, is not fresh', () => {
    const windows = new TimeWindows();
    expect(windows.isFresh('a', { boots: 5, time: 1000 }, 0)).toBe(true);
    expect(windows.isFresh('a', { boots: 5, time: 900 }, 0)).toBe(true);
    expect(windows.isFresh('a', { boots: 5, time: 849 }, 0)).toBe(false);
    expect(windows.isFresh('a', { boots: 5, time: 1000 }, 151)).toBe(false);
    expect(windows.isFresh('a', { boots: 4, time: 9000 }, 0)).toBe(false);
    expect(windows.isFresh('a', { boots: 6, time: 1 }, 0)).toBe(true);
    expect(windows.isFresh('a', { boots: 5, time: 1200 }, 0)).toBe(false);
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
  const usm = (engineId: Buffer, tag: number, time = { boots: 3, time: 10 }): Buffer =>
    usmMessage({
      id: 9,
      engineId,
      time,
      userName: Buffer.from('ops'),
      user: new UsmUser(access, ring),
      private: true,
      contextEngineId: engineId,
      context: Buffer.alloc(0),
      pdu: pdu(tag, upTime, linkDown),
    });

  test('an inform’s answer has its id, its varbinds, its community', () => {
    const heard = receiver().receive(communityMessage('2c', PUBLIC, pdu(PDU.inform, upTime, linkDown)), 0);
    if (heard.what !== 'trap' || heard.inform === undefined) throw new Error('no inform');
    const answer = readMessage(heard.inform.answer(0));
    expect(answer).toMatchObject({ version: '2c', community: PUBLIC, pdu: pdu(0xa2, upTime, linkDown) });
  });

  test('a trap is what says which one it is, whatever it says first', () => {
    const heard = (...varbinds: Buffer[]) =>
      receiver().receive(communityMessage('2c', PUBLIC, pdu(PDU.trapV2, ...varbinds)), 0);
    const gauge = varbind('1.3.6.1.2.1.1.3.0', encodeNumber(TAG.gauge32, 1));
    for (const varbinds of [[linkDown], [linkDown, upTime], [gauge, linkDown]]) {
      expect(heard(...varbinds)).toMatchObject({ what: 'trap', trap: { name: 'linkDown', message: 'linkDown' } });
    }
    for (const varbinds of [[], [upTime]]) expect(heard(...varbinds)).toEqual({ what: 'refused', reason: 'malformed' });
  });

  test('a long value that is cut within a character stays UTF-8', () => {
    const value = varbind('1.3.6.1.4.1.9999.1', encode(TAG.octets, Buffer.from(`a${'ä'.repeat(900)}`)));
    const heard = receiver().receive(communityMessage('2c', PUBLIC, pdu(PDU.trapV2, upTime, linkDown, value)), 0);
    expect(heard).toMatchObject({ trap: { fields: { '1.3.6.1.4.1.9999.1': `a${'ä'.repeat(499)}` } } });
  });

  test('questions are not what it is here for', () => {
    const heard = receiver().receive(communityMessage('2c', PUBLIC, pdu(0xa0, upTime)), 0);
    expect(heard).toEqual({ what: 'refused', reason: 'notWanted' });
  });

  test('a trap that is repeated later is outside the window', () => {
    const one = receiver();
    const early = usm(sender, PDU.trapV2);
    expect(one.receive(Buffer.from(early), 0).what).toBe('trap');
    expect(one.receive(Buffer.from(early), 100_000).what).toBe('trap');
    expect(one.receive(Buffer.from(early), 200_000)).toEqual({ what: 'refused', reason: 'timeWindow' });
  });

  test('a damaged message has a wrong digest', () => {
    const message = usm(sender, PDU.trapV2);
    message[message.length - 1] = (message.at(-1) ?? 0) ^ 1;
    expect(receiver().receive(message, 0)).toEqual({ what: 'refused', reason: 'authentication' });
  });

  test('a trap whose sender asks for reports by mistake is a trap; an inform for another engine is told who is here', () => {
    const asking = (tag: number, password = 'a long secret'): Buffer => {
      const auth = { protocol: 'sha256', password } as const;
      const user = new UsmUser({ ...access, auth }, ring);
      const scoped = pdu(tag, upTime, linkDown);
      const answer = { id: 9, engineId: sender, time: { boots: 3, time: 10 }, userName: Buffer.from('ops'), user };
      const message = usmMessage({
        ...answer,
        private: true,
        contextEngineId: sender,
        context: Buffer.alloc(0),
        pdu: scoped,
      });
      // Flags stand alone in their octet string; then the digest is made anew.
      const flagsAt = message.indexOf(bytes('04 01 03 02 01 03')) + 2;
      message[flagsAt] = 7;
      const { usm: read } = readMessage(message) as { usm: UsmMessage };
      message.fill(0, read.digestAt, read.digestAt + read.digest.length);
      digest('sha256', user.provenKeys(sender).auth, message).copy(message, read.digestAt);
      return message;
    };
    expect(receiver().receive(asking(PDU.trapV2), 0)).toMatchObject({ what: 'trap', trap: { name: 'linkDown' } });
    expect(receiver().receive(asking(PDU.inform), 0)).toMatchObject({ what: 'report', reason: undefined });
    const forged = receiver().receive(asking(PDU.trapV2, 'another secret'), 0);
    expect(forged).toMatchObject({ what: 'report', reason: 'authentication' });
  });

  test('an engine it does not know is told who is here; a wrong time what time it is', () => {
    const heard = receiver().receive(usm(Buffer.alloc(0), PDU.inform), 0);
    // Signed messages for nobody have no reportable flag here: a trap of an engine without a name.
    expect(heard).toEqual({ what: 'refused', reason: 'malformed' });
    expect(receiver().receive(usm(engine.id, PDU.inform), 10_000).what).toBe('trap');
    expect(receiver().receive(usm(engine.id, PDU.inform, { boots: 2, time: 10 }), 10_000)).toEqual({
      what: 'refused',
      reason: 'timeWindow',
    });
    expect(receiver().receive(usm(engine.id, PDU.trapV2), 10_000)).toEqual({ what: 'refused', reason: 'notWanted' });
  });
});
