/** The agent on bytes alone: order, exceptions, limits, and silence where silence is due. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MibBuilder, parseOid } from '../model/mib.ts';
import { createSnmpAgent } from './agent.ts';
import { encode, encodeNumber, encodeOid, readInteger, readOid, readTlv, TAG } from './ber.ts';

const builder = new MibBuilder();
for (let row = 1; row <= 30; row += 1) {
  builder.number('1.3.6.1.2.1.2.2.1.10', row, 'counter32', row * 1000);
  builder.text('1.3.6.1.2.1.2.2.1.2', row, 'octets', `port ${row}`);
}
builder.number('1.3.6.1.2.1.1.3', 0, 'ticks', (atMs) => atMs / 10);
const mib = builder.build();
const agent = createSnmpAgent({ mib, community: 'public', maxMessageBytes: 1472 });

interface Ask {
  readonly pdu: number;
  readonly oids: readonly string[];
  readonly first?: number;
  readonly second?: number;
  readonly community?: string;
  readonly version?: number;
}

function request({ pdu, oids, first = 0, second = 0, community = 'public', version = 1 }: Ask): Buffer {
  const varbinds = oids.map((oid) => encode(TAG.sequence, encodeOid(parseOid(oid)), Buffer.from([TAG.null, 0])));
  return encode(
    TAG.sequence,
    encodeNumber(TAG.integer, version),
    encode(TAG.octets, Buffer.from(community)),
    encode(
      pdu,
      encodeNumber(TAG.integer, 77),
      encodeNumber(TAG.integer, first),
      encodeNumber(TAG.integer, second),
      encode(TAG.sequence, ...varbinds),
    ),
  );
}

interface Answer {
  readonly id: number;
  readonly error: number;
  readonly varbinds: readonly { readonly oid: string; readonly tag: number; readonly value: Buffer }[];
}

function read(bytes: Buffer | undefined): Answer {
  if (bytes === undefined) throw new Error('silence');
  const whole = { tag: 0, start: 0, end: bytes.length };
  const children = (of: {
    readonly start: number;
    readonly end: number;
  }): { tag: number; start: number; end: number }[] => {
    const out = [];
    for (let offset = of.start; offset < of.end;) {
      const part = readTlv(bytes, offset, of.end);
      if (part === undefined) throw new Error('malformed answer');
      out.push(part);
      offset = part.end;
    }
    return out;
  };
  const pdu = children(children(whole)[0] ?? whole)[2] ?? whole;
  expect(pdu.tag).toBe(TAG.response);
  const [id, error, , list] = children(pdu);
  return {
    id: readInteger(bytes, id ?? whole) ?? -1,
    error: readInteger(bytes, error ?? whole) ?? -1,
    varbinds: children(list ?? whole).map((varbind) => {
      const [name = whole, value = whole] = children(varbind);
      return {
        oid: (readOid(bytes, name) ?? []).join('.'),
        tag: value.tag,
        value: bytes.subarray(value.start, value.end),
      };
    }),
  };
}

const ask = (question: Ask, atMs = 0): Answer => read(agent.answer(request(question), atMs));

describe('BER', () => {
  it('writes numbers and OIDs that it reads back, in the fewest bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 }), (value) => {
        const bytes = encodeNumber(TAG.integer, value);
        const tlv = readTlv(bytes, 0, bytes.length);
        expect(tlv === undefined ? undefined : readInteger(bytes, tlv)).toBe(value);
        expect(bytes.length - 2).toBe(
          Math.max(
            1,
            Math.ceil(
              (BigInt(value < 0 ? -value - 1 : value)
                .toString(2)
                .replace(/^0$/, '').length +
                1) /
                8,
            ),
          ),
        );
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(0xffffffff), { maxLength: 20 }), (arcs) => {
        const oid = [1, 3, ...arcs];
        const bytes = encodeOid(oid);
        const tlv = readTlv(bytes, 0, bytes.length);
        expect(tlv === undefined ? undefined : readOid(bytes, tlv)).toEqual(oid);
      }),
    );
  });
});

describe('the SNMP agent', () => {
  it('answers GET with values of that moment and the exceptions of RFC 3416', () => {
    const { id, error, varbinds } = ask(
      { pdu: TAG.get, oids: ['1.3.6.1.2.1.1.3.0', '1.3.6.1.2.1.1.3.1', '1.3.6.1.2.1.99.0'] },
      1230,
    );
    expect({ id, error }).toEqual({ id: 77, error: 0 });
    expect(varbinds.map(({ tag, value }) => [tag, value.toString('hex')])).toEqual([
      [TAG.ticks, '7b'],
      [TAG.noSuchInstance, ''],
      [TAG.noSuchObject, ''],
    ]);
  });

  it('walks everything once, in order, by GETNEXT', () => {
    const seen: string[] = [];
    for (let oid = '1.3'; ;) {
      const [next] = ask({ pdu: TAG.getNext, oids: [oid] }).varbinds;
      if (next === undefined || next.tag === TAG.endOfMibView) break;
      seen.push(next.oid);
      oid = next.oid;
    }
    expect(seen).toEqual(mib.entries.map((entry) => entry.name));
  });

  it('answers GETBULK with non-repeaters, rows in turn, and an end', () => {
    const columns = ['1.3.6.1.2.1.2.2.1.2', '1.3.6.1.2.1.2.2.1.10'];
    const { varbinds } = ask({ pdu: TAG.getBulk, oids: ['1.3.6.1.2.1.1.3', ...columns], first: 1, second: 3 });
    expect(varbinds.map((each) => each.oid.replace('1.3.6.1.2.1.', ''))).toEqual([
      '1.3.0',
      '2.2.1.2.1',
      '2.2.1.10.1',
      '2.2.1.2.2',
      '2.2.1.10.2',
      '2.2.1.2.3',
      '2.2.1.10.3',
    ]);
    const end = ask({ pdu: TAG.getBulk, oids: ['1.3.6.1.2.1.2.2.1.10.29'], second: 10 }).varbinds;
    expect(end.map((each) => each.tag)).toEqual([TAG.counter32, TAG.endOfMibView]);
  });

  it('fills a GETBULK up to the limit and calls a GET beyond it too big', () => {
    const small = createSnmpAgent({ mib, community: 'public', maxMessageBytes: 484 });
    const bulk = small.answer(request({ pdu: TAG.getBulk, oids: ['1.3.6.1.2.1.2.2.1.2'], second: 100 }), 0);
    expect(bulk?.length).toBeLessThanOrEqual(484);
    expect(read(bulk).varbinds.length).toBeGreaterThan(8);
    const oids = mib.entries.map((entry) => entry.name);
    const get = read(small.answer(request({ pdu: TAG.get, oids }), 0));
    expect([get.error, get.varbinds.length]).toEqual([1, 0]);
  });

  it('refuses to be written', () => {
    expect(ask({ pdu: TAG.set, oids: ['1.3.6.1.2.1.1.3.0'] }).error).toBe(17);
  });

  it('is silent to a wrong community, other versions and anything damaged', () => {
    const good = { pdu: TAG.get, oids: ['1.3.6.1.2.1.1.3.0'] };
    expect(agent.answer(request({ ...good, community: 'Public' }), 0)).toBeUndefined();
    expect(agent.answer(request({ ...good, version: 0 }), 0)).toBeUndefined();
    const bytes = request(good);
    for (let length = 0; length < bytes.length; length += 1)
      expect(agent.answer(bytes.subarray(0, length), 0)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = byte;
        expect(() => agent.answer(damaged, 0)).not.toThrow();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(() => agent.answer(Buffer.from(noise), 0)).not.toThrow();
      }),
    );
  });
});
