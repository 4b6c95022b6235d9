import { describe, expect, it } from 'vitest';
import { bindable } from './parameters.ts';

describe('query parameters', () => {
  it('lose one layer of escapes', () => {
    expect(bindable('SELECT {a:String}', { a: String.raw`tab\t quote\' slash\\t` })).toEqual({
      a: "tab\t quote' slash\\t",
    });
  });
  it('become lists where the statement wants a list of texts', () => {
    const sql = 'SELECT {b:Array(String)}, {c:Array(UInt64)}';
    expect(bindable(sql, { b: String.raw`['it\'s','a\\b','']`, c: '[1,2]' })).toEqual({
      b: ["it's", 'a\\b', ''],
      c: '[1,2]',
    });
  });
});
