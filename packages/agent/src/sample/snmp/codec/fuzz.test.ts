/**
 * Malformed messages by the thousand: real answers with bytes changed, cut, doubled, and noise. A reader may refuse them
 * with its own error and nothing else. `KAIKU_FUZZ=1000000` sets how many; the seed is printed when one fails.
 */
import { expect, test } from 'vitest';
import { answerMessage, number, text, writeAnswer } from '../testing.ts';
import { BerWriter, MalformedError, TAG } from './ber.ts';
import { readCommunityMessage } from './community-message.ts';
import { indexText, oidText } from './oid.ts';
import { Answer } from './pdu.ts';
import { readScopedPdu, readUsmMessage, writeUsmHeader } from './usm-message.ts';
import { counterValue, gaugeValue, textValue } from './value.ts';

const INPUTS = Number(process.env['KAIKU_FUZZ'] ?? 60_000);
const SEED = Number(process.env['KAIKU_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** Xorshift: a million random numbers must not be what takes the time. */
function random(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const varbinds = Array.from({ length: 20 }, (_, at) => ({
  oid: `1.3.6.1.2.1.31.1.1.1.${at}.${at * 1000}`,
  ...[number(TAG.counter64, 2 ** 50), text('GigabitEthernet0/1'), number(TAG.timeTicks, 99), number(TAG.integer, -7)][
    at % 4
  ],
})) as Parameters<typeof answerMessage>[0]['varbinds'];

function usmMessage(): Buffer {
  const writer = new BerWriter();
  const end = writer.at;
  writeAnswer(writer, { id: 7, varbinds });
  writer.octets(Buffer.from('context'));
  writer.octets(Buffer.from('engine-1'));
  writer.close(TAG.sequence, end);
  writeUsmHeader(writer, {
    messageId: 7,
    flags: 1,
    engineId: Buffer.from('engine-1'),
    boots: 3,
    time: 4000,
    user: Buffer.from('reader'),
    digestBytes: 24,
    salt: Buffer.alloc(8),
  });
  return writer.message();
}

/** Debian's snmpd: GETBULK of an interface table, the report of a discovery, an authenticated answer. */
const CAPTURED = [
  '3082011202010104067075626c6963a2820103020434cb37210201000201003081f43011060b2b060102011f010101010104026c6f3014060b2b060102011f010101060146050ee5bc513c300e060a2b06010201020201060104003013060b2b060102011f01010101020404696662303010060b2b060102011f01010106024601003014060a2b06010201020201060204068e1ea8736f463013060b2b060102011f01010101030404696662313010060b2b060102011f01010106034601003014060a2b06010201020201060304060e6dbbb091283013060b2b060102011f01010101040404657468303014060b2b060102011f0101010604460500f36c62603014060a2b060102010202010604040602fc00000001',
  '30720201033011020454d03bed020300ffe304010002010304223020041180001f88802dfd29077092036b00000000020101020205720400040004003036041180001f88802dfd29077092036b000000000400a81f02045b14cf3f0201000201003011300f060a2b060106030f01010400410149',
  '30819c0201033011020454d03bec020300ffe304010102010304343032041180001f88802dfd29077092036b00000000020101020205720406752d73686131040c51ebcd7c66514cab87702e910400304e041180001f88802dfd29077092036b000000000400a23702045b14cf3e0201000201003029300f06082b060102010103004303022076301606082b06010201010200060a2b06010401bf0803020a',
].map((hex) => Buffer.from(hex, 'hex'));

test('no input makes a reader throw anything but its own error', () => {
  const next = random(SEED);
  const originals = [
    answerMessage({ id: 7, varbinds }),
    answerMessage({ id: 7, varbinds }, 0),
    usmMessage(),
    ...CAPTURED,
  ];
  const answer = new Answer();
  let refused = 0;
  for (let input = 0; input < INPUTS; input += 1) {
    const bytes = malformed(originals, next);
    try {
      read(bytes, input % 3, answer);
    } catch (error) {
      if (!(error instanceof MalformedError)) {
        throw new Error(`seed ${SEED}, input ${input}: ${bytes.toString('hex')}`, { cause: error });
      }
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(INPUTS / 4);
  // The arrays of an answer grow with a datagram, not with the number of datagrams.
  expect(answer.tag.length).toBeLessThanOrEqual(16_384);
}, 3_600_000);

function malformed(originals: readonly Buffer[], next: () => number): Buffer {
  const kind = next() % 8;
  if (kind === 0) return Buffer.from(Uint8Array.from({ length: next() % 200 }, () => next() & 0xff));
  const original = originals[next() % originals.length] ?? Buffer.alloc(0);
  if (kind === 1) return original.subarray(0, next() % original.length);
  if (kind === 2) {
    const at = next() % original.length;
    const from = next() % original.length;
    return Buffer.concat([original.subarray(0, at), original.subarray(from)]);
  }
  const bytes = Buffer.from(original);
  for (let change = next() % 6; change >= 0; change -= 1) {
    const at = next() % bytes.length;
    // Lengths and tags are where it hurts.
    const odd = [0, 0x7f, 0x80, 0x81, 0x84, 0xff, 0x30, 0x02];
    bytes[at] = next() % 2 === 0 ? (odd[next() % odd.length] ?? 0) : next() & 0xff;
  }
  return bytes;
}

function read(bytes: Buffer, how: number, answer: Answer): void {
  if (how === 2) readScopedPdu(readUsmMessage(bytes).data, answer);
  else readCommunityMessage(bytes, how === 0 ? '2c' : '1', answer);
  for (let at = 0; at < answer.count; at += 1) {
    const place = [answer.tag[at] ?? 0, answer.bytes, answer.start[at] ?? 0, answer.end[at] ?? 0] as const;
    gaugeValue(...place);
    counterValue(...place);
    textValue(...place);
    oidText(answer.bytes, answer.nameStart[at], answer.nameEnd[at]);
    indexText(answer.bytes, answer.nameStart[at], answer.nameEnd[at]);
  }
}
