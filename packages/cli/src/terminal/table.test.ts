/** What devices wrote is shown in columns and commands nothing. */
import { expect, it } from 'vitest';
import { sheetCsv, table } from './table.ts';

it('keeps colours, and nothing else that a terminal obeys', () => {
  const rows = [
    ['\u001b[31mred\u001b[39m', 'a\nforged row'],
    ['\u001b[2J\u001b]0;title\u0007x', '\u202eevil\u009b31m\t|'],
  ];
  expect(table([{ title: 'one' }, { title: 'two' }], rows, '').split('\n')).toEqual([
    'one              two',
    '\u001b[31mred\u001b[39m              a forged row',
    ' [2J ]0;title x   evil 31m |',
  ]);
});

it('what a device wrote is no formula in a spreadsheet; numbers stay numbers', () => {
  expect(
    sheetCsv(
      ['name', 'value'],
      [
        ['=HYPERLINK("x")', '-5.5'],
        ['@a', '+3'],
        ['-', 'b-c'],
      ],
    ),
  ).toBe(['name,value', `"'=HYPERLINK(""x"")",-5.5`, "'@a,+3", "'-,b-c"].join('\r\n'));
});
