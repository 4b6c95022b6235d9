/** What devices wrote is shown in columns and commands nothing. */
import { expect, it } from 'vitest';
import { table } from './table.ts';

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
