import { describe, expect, it } from 'vitest';
import { isMultiStatement, parseBodyInsert, sqlText, statementKind } from './statement.ts';

describe('kind of a statement', () => {
  it.each([
    ['SELECT 1', 'read'],
    ['  -- why\n /* and */ with x as (select 1) select * from x', 'read'],
    ['(SELECT 1) UNION ALL (SELECT 2)', 'read'],
    ['show tables', 'read'],
    ['INSERT INTO t SELECT 1', 'write'],
    ['DROP TABLE t', 'write'],
    ['SET max_threads = 1', 'session'],
    ['USE other', 'session'],
    ['', 'write'],
  ])('%s is %s', (sql, kind) => {
    expect(statementKind(sql)).toBe(kind);
  });
});

describe('several statements in one', () => {
  it.each([
    ['SELECT 1; SELECT 2', true],
    ['SELECT 1;', false],
    ['SELECT 1; -- done\n ;', false],
    ['SELECT \';\' , "a;b", `c;d`', false],
    ["SELECT 'it''s; ' ; DROP TABLE t", true],
    ["SELECT '\\'; ' /* ; */ -- ; x", false],
    ['INSERT INTO t FORMAT JSONEachRow {"a":"x; y"}', false],
    ["INSERT INTO t VALUES ('a; b'); ", false],
    ['INSERT INTO t SELECT 1; DROP TABLE t', true],
  ])('%s: %s', (sql, several) => {
    expect(isMultiStatement(sql)).toBe(several);
  });
});

describe('an INSERT that brings its rows in the body', () => {
  it('is taken apart', () => {
    expect(parseBodyInsert('INSERT INTO gauge (series, ts) FORMAT Native')).toEqual({
      head: 'INSERT INTO gauge (series, ts)',
      settings: '',
      format: 'Native',
    });
    expect(parseBodyInsert('insert into `db`.t (* EXCEPT (a, b))\nSETTINGS async_insert=0 FORMAT CSV;')).toEqual({
      head: 'insert into `db`.t (* EXCEPT (a, b))',
      settings: 'SETTINGS async_insert=0',
      format: 'CSV',
    });
  });
  it.each(['SELECT 1 FORMAT Native', 'INSERT INTO t SELECT 1', 'INSERT INTO t FORMAT JSONEachRow {"a":1}'])(
    'is not %s',
    (sql) => {
      expect(parseBodyInsert(sql)).toBeUndefined();
    },
  );
});

describe('text as a literal', () => {
  it('escapes what would end it', () => {
    expect(sqlText("a'b\\c")).toBe(String.raw`'a\'b\\c'`);
  });
});
