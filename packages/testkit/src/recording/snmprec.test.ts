/** Recordings as text and back. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { readSnmprec, snmprecLine } from './snmprec.ts';

const LINES = [
  '1.0.8802.1.1.2.1.3.2.0|4x|020000000001',
  '1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10',
  '1.3.6.1.2.1.1.5.0|4|core-1',
  '1.3.6.1.2.1.2.2.1.5.1|66|4294967295',
  '1.3.6.1.2.1.4.20.1.1.10.0.0.1|64|10.0.0.1',
  '1.3.6.1.2.1.25.2.3.1.5.1|2|-1294967296',
  '1.3.6.1.2.1.31.1.1.1.6.1|70|18446744073709551615',
  '1.3.6.1.4.1.2021.10.1.6.1|68x|9f78043f800000',
];

it('is written as it was read, in the order of the tree', () => {
  const { objects, problems } = readSnmprec(LINES.toReversed().join('\r\n'));
  expect(problems).toEqual([]);
  expect(objects.map(snmprecLine)).toEqual(LINES);
});

it('names lines it cannot read, and reads the others', () => {
  const { objects, problems } = readSnmprec(
    ['1.3.6.1.2.1.1.5.0|4|a|b', 'nonsense', '1.3.6.1|2:numeric|rate=1', '1.3.6.2|2|x', '1.3.6.3|64|1.2.3'].join('\n'),
  );
  expect(objects.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['a|b']);
  expect(problems).toEqual([
    'line 2: "nonsense" is no OID',
    'line 3: "2:numeric" is no tag (2, 4, 4x, 6, 64, 65, 66, 67, 70)',
    'line 4: "x" is no value of tag 2',
    'line 5: "1.2.3" is no value of tag 64',
  ]);
});

it('holds any octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const line = snmprecLine({ oid: '1.3.6.1.2.1.1.5.0', tag: 4, bytes });
      expect(line).not.toMatch(/[\n\r]/);
      expect(Buffer.from(readSnmprec(line).objects[0]?.bytes ?? [])).toEqual(Buffer.from(bytes));
    }),
  );
});
