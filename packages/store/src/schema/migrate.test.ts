import { describe, expect, it } from 'vitest';
import { loadMigrations, splitStatements } from './migrate.ts';

describe('migrations', () => {
  it('are numbered without holes from 1', () => {
    const numbers = loadMigrations().map((migration) => migration.number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
  it('can each be repeated', () => {
    for (const { name, statements } of loadMigrations()) {
      expect(statements.length, name).toBeGreaterThan(0);
      for (const statement of statements) expect(statement).toMatch(/IF (?:NOT )?EXISTS/);
    }
  });
  it('are split at semicolons that end a line', () => {
    expect(splitStatements('-- a; b\nCREATE a;\n\nCREATE b (c);\n')).toEqual(['CREATE a', 'CREATE b (c)']);
  });
});
