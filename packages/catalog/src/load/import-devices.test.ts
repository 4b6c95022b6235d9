/** CSV as spreadsheets write it, and devices out of it: all or nothing, with every mistake told. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogSchema } from '../model/catalog.ts';
import { deviceSchema } from '../model/device.ts';
import { decodeCsv, parseCsv } from './csv.ts';
import { importDevices } from './import-devices.ts';

/** Of characters that Latin-1 has. */
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');

test.each([
  ['utf-8', Buffer.from('Kääpiö €'), 'Kääpiö €'],
  ['utf-8', Buffer.from('\uFEFFname'), 'name'],
  ['windows-1252', Buffer.concat([latin1('Kääpiö '), Buffer.from([0x80])]), 'Kääpiö €'],
  ['utf-16le', utf16('Kääpiö €'), 'Kääpiö €'],
  ['utf-16be', utf16('Kääpiö €').swap16(), 'Kääpiö €'],
])('a spreadsheet in %s keeps its umlauts', (encoding, bytes, text) => {
  expect(decodeCsv(bytes)).toEqual({ text, encoding });
});

test('Excel’s first line says the separator, and lines keep their numbers', () => {
  const { rows } = parseCsv('sep=;\r\na;b,c,d\r\n1;2\r\n');
  expect(rows).toEqual([
    { line: 2, cells: ['a', 'b,c,d'] },
    { line: 3, cells: ['1', '2'] },
  ]);
});

test('lines without a name are missing one, not twice the same; fields are listed once', () => {
  const { problems } = importDevices('Laite;Paikka;address\n;;10.0.0.1\n;;10.0.0.2\n');
  expect(problems.filter(({ hint }) => hint.includes('fields:'))).toHaveLength(1);
  const bare = importDevices('id,address\n,10.0.0.1\n,10.0.0.2\n').problems.map(({ message }) => message);
  expect(bare.filter((each) => each.includes('already used'))).toEqual([]);
  const wrong = importDevices('id,address,template,site,agency\nd,10.0.0.300,ping-only,s,a\n');
  expect(wrong.problems.map(({ message }) => message)).toEqual(['address: "10.0.0.300" is no IPv4 address']);
});

const cells = (text: string): readonly (readonly string[])[] => parseCsv(text).rows.map((row) => row.cells);

describe('CSV', () => {
  test.each([
    [
      'commas',
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'semicolons, Windows line ends, a byte order mark',
      '\uFEFFa;b\r\n1;2\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'tabs',
      'a\tb\n1\t2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'old line ends',
      'a,b\r1,2\r',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'quotes, with a quote, a separator and a line end inside',
      '"a ""x""";b\n"1;\n2";3',
      [
        ['a "x"', 'b'],
        ['1;\n2', '3'],
      ],
    ],
    [
      'a comma in a quoted title does not decide',
      '"a, b, c";d\n1;2',
      [
        ['a, b, c', 'd'],
        ['1', '2'],
      ],
    ],
    [
      'empty cells and empty lines',
      'a,b\n\n,\n1,\n',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
    ['nothing', '', []],
  ])('%s', (_, text, expected) => expect(cells(text)).toEqual(expected));

  test('lines are counted over line ends inside quotes', () => {
    expect(parseCsv('a,b\n"1\n2",3\n4,5').rows.map(({ line }) => line)).toEqual([1, 2, 4]);
  });

  test('what is broken is told with its line', () => {
    expect(parseCsv('a,b\n1,"2').problems).toMatchObject([{ line: 2, message: 'a quote is opened and never closed' }]);
    expect(parseCsv('a,b\n"1"x,2\n3,4')).toMatchObject({
      problems: [{ line: 2 }],
      rows: [{}, {}, { cells: ['3', '4'] }],
    });
  });

  test('any cells come back as they were written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', ';', '\n', '\r', 'ä'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), (rows) => {
        const written = rows.map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(',')).join('\r\n');
        expect(cells(`x,y\r\n${written}`)).toEqual([
          ['x', 'y'],
          ...rows.filter((row) => row.some((each) => each.trim() !== '')),
        ]);
      }),
    );
  });
});

describe('devices out of CSV', () => {
  const good = 'Name;IP-Address;Type;Location;Organisation;Agents;SNMP community;Tags.rack\n';

  test('columns are understood however they are spelt', () => {
    const { devices, problems } = importDevices(
      `${good}"Oulu, kytkin 3";10.0.0.3;access-switch;oulu;ours;a-1 a-2;se"cret;A1\n`,
    );
    expect(problems).toEqual([]);
    expect(devices.map((each) => deviceSchema.parse(each))).toMatchObject([
      {
        id: 'oulu-kytkin-3',
        nick: 'Oulu, kytkin 3',
        address: '10.0.0.3',
        agents: ['a-1', 'a-2'],
        snmp: { community: 'se"cret', version: '2c', port: 161 },
        tags: { rack: 'A1' },
      },
    ]);
  });

  test('all of version 3, checks, numbers, defaults and columns of other names', () => {
    const text =
      'id,Laite,ip,snmpVersion,snmpUser,authProtocol,authPassword,privProtocol,privPassword,everyMs,checks,Huone\n' +
      'sw-1,Kytkin,10.0.0.1,v3,kaiku,SHA256,password1,AES128,password2,30000,"[{""check"":""tcp"",""id"":""ssh"",""port"":22,""everyMs"":60000}]",12\n';
    const options = {
      map: { Laite: 'nick', huone: 'tags.room' },
      defaults: { template: 'ping-only', site: 'oulu', agency: 'ours', agents: 'a-1', criticality: 'high' },
    };
    const { devices, problems } = importDevices(text, options);
    expect(problems).toEqual([]);
    expect(devices[0]).toMatchObject({
      nick: 'Kytkin',
      everyMs: 30000,
      criticality: 'high',
      snmp: { version: '3', user: 'kaiku', auth: { protocol: 'sha256', password: 'password1' } },
      checks: [{ id: 'ssh', port: 22 }],
      tags: { room: '12' },
    });
  });

  test('every line that is wrong is told, and then nothing is imported', () => {
    const known = catalogSchema.parse({
      version: 1,
      agencies: [{ id: 'ours', name: 'O' }],
      sites: [{ id: 'oulu', name: 'O', country: 'FI', locality: 'Oulu' }],
    });
    const lines = [
      'sw-1;10.0.0.1;ping-only;oulu;ours;a;;',
      ';;ping-only;oulu;ours;a;;',
      'sw-1;10.0.0.2;ping-only;oulu;ours;a;;',
      'sw-4;not an address;ping-only;oulu;ours;a;;',
      'sw-5;10.0.0.5;pong;turku;theirs;a;;',
      'sw-6;10.0.0.6;ping-only;oulu;ours;a;;;one too many',
    ];
    const { devices, problems } = importDevices(`${good}${lines.join('\n')}`, { known });
    expect(devices).toEqual([]);
    expect(problems.map(({ line, message }) => `${line} ${message.slice(0, 26)}`)).toEqual([
      '3 id is missing',
      '3 nick is missing',
      '3 address is missing',
      '4 "sw-1" is already used on ',
      '5 address: must be an IPv4 o',
      '6 there is no site "turku"',
      '6 there is no agency "theirs',
      '6 there is no template "pong',
      '7 9 cells, but 8 columns',
    ]);
    expect(problems.every(({ hint }) => hint !== '')).toBe(true);
  });

  test.each([
    ['a column nobody knows', 'name,colour\nx,blue\n', /"colour" is not understood/],
    ['two columns for one field', 'name,label\nx,y\n', /"name" and "label" both are the nick/],
    ['no lines', 'name,ip\n', /there are no devices/],
    ['nothing', '\n\n', /is empty/],
  ])('%s', (_, text, message) => expect(importDevices(text).problems[0]?.message).toMatch(message));
});
