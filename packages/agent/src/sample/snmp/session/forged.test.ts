/** Version 3 against somebody on the way who knows no key: what is not signed sets no clock and answers no question. */
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BerWriter, TAG } from '../codec/ber.ts';
import { oidBytes } from '../codec/oid.ts';
import { PDU } from '../codec/pdu.ts';
import { readUsmMessage, writeUsmHeader } from '../codec/usm-message.ts';
import { number, text, writeAnswer, type TestVarbind } from '../testing.ts';
import { KeyRing } from '../usm/keys.ts';
import { openSession } from './session.ts';
import { SnmpTransport } from './transport.ts';

const ENGINE = Buffer.from('80001f8801020304', 'hex');
const REPORT = '1.3.6.1.6.3.15.1.1';
const SYS_DESCR = '1.3.6.1.2.1.1.1.0';

let peer: Socket;
let transport: SnmpTransport;

beforeEach(async () => {
  peer = createSocket('udp4');
  await new Promise<void>((done) => peer.bind(0, '127.0.0.1', done));
  transport = new SnmpTransport();
});
afterEach(() => {
  transport.close();
  peer.close();
});

interface Forgery {
  readonly type: number;
  readonly varbind: TestVarbind;
  readonly boots: number;
  /** A digest of the right length, or none. */
  readonly digestBytes: number;
}

function forge(messageId: number, { type, varbind, boots, digestBytes }: Forgery): Buffer {
  const writer = new BerWriter();
  const end = writer.at;
  writeAnswer(writer, { type, id: messageId, varbinds: [varbind] });
  writer.octets(new Uint8Array());
  writer.octets(ENGINE);
  writer.close(TAG.sequence, end);
  const flags = digestBytes === 0 ? 0 : 1;
  const rest = { messageId, engineId: ENGINE, time: 100, user: Buffer.from('reader'), salt: new Uint8Array() };
  writeUsmHeader(writer, { ...rest, flags, boots, digestBytes });
  return writer.message();
}

const report = (what: number): TestVarbind => ({ oid: `${REPORT}.${what}.0`, ...number(TAG.counter32, 1) });

test.each([
  [
    'a report, not signed, that our clock is wrong',
    { type: PDU.report, varbind: report(2), boots: 99, digestBytes: 0 },
  ],
  ['one with a digest of zeros', { type: PDU.report, varbind: report(2), boots: 99, digestBytes: 24 }],
  [
    'an answer that is not signed',
    { type: PDU.response, varbind: { oid: SYS_DESCR, ...text('x') }, boots: 5, digestBytes: 0 },
  ],
  [
    'an answer with a digest of zeros',
    { type: PDU.response, varbind: { oid: SYS_DESCR, ...text('x') }, boots: 5, digestBytes: 24 },
  ],
])('%s is counted and changes nothing', async (_, forgery) => {
  peer.on('message', (bytes, from) => {
    const { messageId, engineId } = readUsmMessage(bytes);
    const discovery = { type: PDU.report, varbind: report(4), boots: 5, digestBytes: 0 };
    peer.send(forge(messageId, engineId.length === 0 ? discovery : forgery), from.port, from.address);
  });
  const access = {
    version: '3' as const,
    port: peer.address().port,
    user: 'reader',
    auth: { protocol: 'sha256' as const, password: 'authpassword' },
  };
  const session = openSession({ address: '127.0.0.1', access }, transport, new KeyRing());
  let taken = 0;
  const names = [{ oid: oidBytes(SYS_DESCR) }];
  const outcome = await session.ask({ type: PDU.get, names }, () => void (taken += 1), 150);
  expect({ outcome, taken, boots: session.engineBoots, forged: transport.forged }).toEqual({
    outcome: { ok: false, reason: 'timeout', errorIndex: 0 },
    taken: 0,
    boots: 5,
    forged: 1,
  });
  session.close();
});
