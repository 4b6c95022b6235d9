/** The kernel's program, run by a small interpreter over headers, for addresses of both families. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sourceFilter } from './source-filter.ts';

/** What the kernel would answer for a datagram with this network header. */
function run(program: Buffer, header: Buffer): number {
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 8) {
    const value = program.readUInt32LE(at + 4);
    const offset = (value - 0xfff0_0000) >>> 0;
    switch (program.readUInt16LE(at)) {
      case 0x30:
        accumulator = header.readUInt8(offset);
        break;
      case 0x20:
        accumulator = header.readUInt32BE(offset);
        break;
      case 0x54:
        accumulator = (accumulator & value) >>> 0;
        break;
      case 0x15:
        at += 8 * program.readUInt8(accumulator === value ? at + 2 : at + 3);
        break;
      case 0x05:
        at += 8 * value;
        break;
      case 0x06:
        return value;
      default:
        throw new Error('no such instruction');
    }
  }
  throw new Error('the program ran off its end');
}

function header4(source: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from([0x45]), Buffer.alloc(11), Buffer.from(source), Buffer.alloc(4)]);
}

function header6(groups: readonly number[]): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeUInt8(0x60, 0);
  for (const [index, group] of groups.entries()) bytes.writeUInt16BE(group, 8 + 2 * index);
  return bytes;
}

const four = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
const six = fc.array(fc.oneof(fc.constantFrom(0, 0, 1), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
const text6 = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');

test('known sources go into the first socket, all others into the second', () => {
  fc.assert(
    fc.property(
      fc.array(four, { maxLength: 20 }),
      fc.array(six, { maxLength: 20 }),
      four,
      six,
      (fours, sixes, a, b) => {
        const known = [...fours.map((each) => each.join('.')), ...sixes.map(text6)];
        const program = sourceFilter(known);
        for (const each of fours) expect(run(program, header4(each))).toBe(0);
        for (const each of sixes) expect(run(program, header6(each))).toBe(0);
        expect(run(program, header4(a))).toBe(known.includes(a.join('.')) ? 0 : 1);
        expect(run(program, header6(b))).toBe(known.includes(text6(b)) ? 0 : 1);
      },
    ),
  );
});

test('short forms of IPv6, and more addresses than a program holds', () => {
  const program = sourceFilter(['2001:db8::1', '::1', 'fe80::', '::ffff:192.0.2.1']);
  expect(run(program, header6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]))).toBe(0);
  expect(run(program, header6([0, 0, 0, 0, 0, 0, 0, 1]))).toBe(0);
  expect(run(program, header6([0xfe80, 0, 0, 0, 0, 0, 0, 0]))).toBe(0);
  expect(run(program, header6([0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201]))).toBe(0);
  expect(run(program, header6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 2]))).toBe(1);
  const many = sourceFilter(Array.from({ length: 10_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`));
  expect(many.length / 8).toBeLessThanOrEqual(4096);
  for (const index of [0, 5, 249, 250, 251, 499, 500, 3900]) {
    expect(run(many, header4([10, 0, index >> 8, index & 255])), `${index}`).toBe(0);
  }
  expect(run(many, header4([10, 0, 39, 1]))).toBe(1);
});
