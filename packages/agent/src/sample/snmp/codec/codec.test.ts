/** BER, OIDs and messages: what is written is read back, and net-snmp's agent understands us as we understand it. */
import * as fc from 'fast-check';
import snmp from 'net-snmp';
import { describe, expect, test } from 'vitest';
import { answerMessage, compareText, number, text } from '../testing.ts';
import { BerReader, BerWriter, MalformedError, TAG } from './ber.ts';
import { readCommunityMessage, writeCommunityMessage } from './community-message.ts';
import { compareOids, indexBytes, indexText, oidBytes, oidText, startsWith, wellFormed } from './oid.ts';
import { Answer, PDU } from './pdu.ts';
import { counterValue, gaugeValue, textValue } from './value.ts';

const arc = fc.oneof(fc.nat(300), fc.nat(0xffffffff), fc.constantFrom(127, 128, 16_383, 16_384, 0xffffffff));
const arcs = fc.array(arc, { minLength: 1, maxLength: 12 });

describe('BER', () => {
  test('integers of 32 bits are written in the fewest bytes and read back', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const writer = new BerWriter();
        writer.integer(value);
        const bytes = writer.message();
        expect(new BerReader(bytes).integer(bytes.length)).toBe(value);
        expect(bytes.subarray(2)).toEqual(Buffer.from(number(TAG.integer, value).content));
      }),
    );
  });

  test.each([
    ['an empty datagram', ''],
    ['a tag alone', '30'],
    ['an indefinite length', '3080'],
    ['a length of five bytes', '30850000000001'],
    ['content beyond the end', '300502'],
    ['an empty integer', '0200'],
    ['an integer of five bytes', '02050000000001'],
  ])('%s is malformed', (_, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(() => new BerReader(bytes).integer(bytes.length)).toThrow(MalformedError);
  });

  test('lengths in more bytes than needed are read: net-snmp writes them', () => {
    expect(new BerReader(Buffer.from('0282000107', 'hex')).integer(5)).toBe(7);
  });
});

describe('object identifiers', () => {
  test('text to bytes and back', () => {
    fc.assert(
      fc.property(fc.constantFrom('1.3', '0.9', '2.39', '2.999'), arcs, (head, rest) => {
        const oid = [head, ...rest].join('.');
        expect(oidText(oidBytes(oid))).toBe(oid);
        expect(indexText(indexBytes(rest.join('.')))).toBe(rest.join('.'));
        expect(wellFormed(oidBytes(oid), 0, oidBytes(oid).length)).toBe(true);
      }),
    );
  });

  test('compare number by number, as their texts do', () => {
    fc.assert(
      fc.property(arcs, arcs, fc.nat(6), (a, b, shared) => {
        const left = a.join('.');
        const right = [...a.slice(0, shared), ...b].join('.');
        const [x, y] = [indexBytes(left), indexBytes(right)];
        expect(Math.sign(compareOids(x, 0, x.length, y, 0, y.length))).toBe(Math.sign(compareText(left, right)));
      }),
    );
  });

  test('a column holds only what lies under it', () => {
    const within = (column: string, oid: string): boolean => {
      const bytes = oidBytes(oid);
      return startsWith(bytes, 0, bytes.length, oidBytes(column));
    };
    expect(within('1.3.6', '1.3.6.7.8')).toBe(true);
    expect(within('1.3.6', '1.3.61.7')).toBe(false);
    expect(within('1.3.6.300', '1.3.6.301.1')).toBe(false);
  });

  test.each([
    ['9090808080808000', false],
    ['2b8fffffff7f', true],
    ['2b90ffffff7f', false],
    ['2b8180808080807f', false],
    ['2b8001', false],
    ['2b81', false],
    ['', false],
  ])('bytes %s: well-formed %s', (hex, well) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(wellFormed(bytes, 0, bytes.length)).toBe(well);
    if (well) expect(oidText(bytes)).toBe('1.3.4294967295');
  });

  test.each(['1.3.x', '3.1', '1.40.1', '', '1.3.4294967296'])('"%s" is none', (oid) => {
    expect(() => oidBytes(oid)).toThrow(RangeError);
  });
});

describe('values', () => {
  const of = (varbind: {
    readonly tag: number;
    readonly content: Uint8Array;
  }): readonly [number, Uint8Array, number, number] => [varbind.tag, varbind.content, 0, varbind.content.length];
  const bytes = (tag: number, hex: string): ReturnType<typeof of> => of({ tag, content: Buffer.from(hex, 'hex') });

  test('Counter64 of any length, with its leading zero or without', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const varbind = number(TAG.counter64, value);
        expect(counterValue(...of(varbind))).toBe(value);
        expect(gaugeValue(...of(varbind))).toBe(Number(value));
        const bare = varbind.content[0] === 0 ? varbind.content.subarray(1) : varbind.content;
        if (bare.length > 0) expect(counterValue(TAG.counter64, bare, 0, bare.length)).toBe(value);
      }),
    );
  });

  test('32-bit values of agents that write them as if they were signed', () => {
    expect(counterValue(...bytes(TAG.counter32, 'ffffffff'))).toBe(0xffffffffn);
    expect(counterValue(...bytes(TAG.counter32, '00ffffffff'))).toBe(0xffffffffn);
    expect(gaugeValue(...bytes(TAG.gauge32, 'ffffffff'))).toBe(0xffffffff);
  });

  test('numbers in their disguises', () => {
    expect(gaugeValue(...of(number(TAG.integer, -1)))).toBe(-1);
    expect(gaugeValue(...of(number(TAG.integer, -1)), true)).toBe(4_294_967_295);
    expect(gaugeValue(...of(text('0.42')))).toBe(0.42);
    expect(gaugeValue(...of(text('')))).toBeNaN();
    expect(gaugeValue(...bytes(TAG.opaque, '9f78043fc00000'))).toBe(1.5);
    expect(gaugeValue(...bytes(TAG.opaque, '9f79083ff8000000000000'))).toBe(1.5);
    expect(gaugeValue(...bytes(TAG.noSuchObject, ''))).toBeNaN();
    expect(counterValue(...of(text('12')))).toBeUndefined();
    expect(counterValue(...bytes(TAG.counter64, '010203040506070809aa'))).toBeUndefined();
  });

  test('texts', () => {
    expect(textValue(...of(text('Järvenpää\0')))).toBe('Järvenpää');
    expect(textValue(TAG.octets, Buffer.from('Jyv\u00e4skyl\u00e4', 'latin1'), 0, 9)).toBe('Jyväskylä');
    expect(textValue(...bytes(TAG.octets, '001b21ff'))).toBe('00:1b:21:ff');
    expect(textValue(TAG.oid, oidBytes('1.3.6'), 0, 2)).toBe('1.3.6');
    expect(textValue(...bytes(TAG.ipAddress, '7f000001'))).toBe('127.0.0.1');
    expect(textValue(...of(number(TAG.integer, -5)))).toBe('-5');
    expect(textValue(...of(number(TAG.gauge32, 5)))).toBe('5');
    expect(textValue(...bytes(TAG.noSuchObject, ''))).toBe('');
  });
});

describe('messages', () => {
  test('an answer is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.array(arcs, { maxLength: 150 }), (id, oids) => {
        const varbinds = oids.map((rest, at) => ({ oid: `1.3.${rest.join('.')}`, ...number(TAG.gauge32, at) }));
        const answer = new Answer();
        readCommunityMessage(answerMessage({ id, varbinds }), '2c', answer);
        expect([answer.type, answer.requestId, answer.count]).toEqual([PDU.response, id, varbinds.length]);
        varbinds.forEach(({ oid }, at) => {
          expect(oidText(answer.bytes, answer.nameStart[at], answer.nameEnd[at])).toBe(oid);
          expect(gaugeValue(answer.tag[at] ?? 0, answer.bytes, answer.start[at] ?? 0, answer.end[at] ?? 0)).toBe(at);
        });
      }),
      { numRuns: 50 },
    );
  });

  test('what net-snmp writes, byte for byte, but for lengths it writes long', async () => {
    const sent = await sentByNetSnmp(['1.3.6.1.2.1.1.3.0', '1.3.6.1.2.1.2.2.1.10.300'], 1, 20);
    const id = sent.requestId;
    const writer = new BerWriter();
    writeCommunityMessage(writer, '2c', Buffer.from('public'), id, {
      type: PDU.getBulk,
      nonRepeaters: 1,
      maxRepetitions: 20,
      names: [
        { oid: oidBytes('1.3.6.1.2.1.1.3.0') },
        { oid: oidBytes('1.3.6.1.2.1.2.2.1.10'), index: indexBytes('300') },
      ],
    });
    expect(shortLengths(writer.message())).toEqual(shortLengths(sent.bytes));
  });
});

/** A GETBULK as net-snmp puts it on the wire. */
function sentByNetSnmp(
  oids: readonly string[],
  heads: number,
  repetitions: number,
): Promise<{ readonly bytes: Buffer; readonly requestId: number }> {
  return new Promise((done) => {
    const socket = {
      on: () => socket,
      bind: () => undefined,
      unref: () => undefined,
      close: () => undefined,
      send: (bytes: Buffer, offset: number, length: number) => {
        const message = Buffer.from(bytes.subarray(offset, offset + length));
        const reader = new BerReader(message);
        const end = reader.enter(TAG.sequence, message.length);
        reader.integer(end);
        reader.octets(end);
        const pduEnd = reader.header(end);
        done({ bytes: message, requestId: reader.integer(pduEnd) });
        session.close();
      },
    };
    const session = snmp.createSession('127.0.0.1', 'public', {
      version: snmp.Version2c,
      transport: 'udp4',
      port: 161,
      retries: 0,
      timeout: 100,
      dgramModule: { createSocket: () => socket },
    }) as ReturnType<typeof snmp.createSession> & {
      getBulk(oids: readonly string[], heads: number, repetitions: number, done: () => void): void;
    };
    session.on('error', () => undefined);
    session.getBulk(oids, heads, repetitions, () => undefined);
  });
}

/** The same message with every length in its shortest form. */
function shortLengths(bytes: Uint8Array): Buffer {
  const writer = new BerWriter();
  const copy = (start: number, end: number): void => {
    const parts: { readonly tag: number; readonly start: number; readonly end: number }[] = [];
    const reader = new BerReader(bytes, start);
    while (reader.at < end) {
      const partEnd = reader.header(end);
      parts.push({ tag: reader.tag, start: reader.at, end: partEnd });
      reader.at = partEnd;
    }
    for (const part of parts.toReversed()) {
      const close = writer.at;
      if ((part.tag & 0x20) !== 0) copy(part.start, part.end);
      else writer.raw(bytes.subarray(part.start, part.end));
      writer.close(part.tag, close);
    }
  };
  copy(0, bytes.length);
  return writer.message();
}
