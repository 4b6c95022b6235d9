import { describe, expect, test } from 'vitest';
import { parse } from './args.ts';
import type { Command } from './command.ts';
import { helpOf } from './help.ts';
import { editDistance, nearest } from './nearest.ts';

const command: Command = {
  name: 'measure',
  summary: 'measure something',
  positionals: { usage: '[WHAT]', max: 1 },
  options: {
    config: { type: 'text', short: 'c', value: 'FILE', help: 'the file' },
    days: { type: 'number', value: 'N', help: 'how many' },
    json: { type: 'boolean', help: 'as JSON' },
  },
  examples: [['kaiku measure -c x.yaml', 'measure by x']],
  run: () => Promise.resolve(0),
};

describe('arguments', () => {
  test('long, short, joined with =, and positional', () => {
    const args = parse(command, ['-c', 'a.yaml', '--days=3', 'all', '--json']);
    expect(args.text('config')).toBe('a.yaml');
    expect(args.number('days')).toBe(3);
    expect(args.flag('json')).toBe(true);
    expect(args.positionals).toEqual(['all']);
  });

  test('what is not given is undefined or false', () => {
    const args = parse(command, []);
    expect([args.text('config'), args.number('days'), args.flag('json')]).toEqual([undefined, undefined, false]);
  });

  test.each([
    [['--confg', 'x'], 'measure: there is no option --confg', 'did you mean --config?'],
    [['--zzzzzzzz'], 'measure: there is no option --zzzzzzzz', 'kaiku measure --help lists the options'],
    [['--config'], 'measure: --config needs a value', undefined],
    [['--config', '--json'], 'measure: --config needs a value', undefined],
    [['--json=yes'], 'measure: --json takes no value', undefined],
    [['one', 'two'], 'measure: "two" is one argument too many', 'usage: kaiku measure [WHAT]'],
  ])('%j is refused', (argv, message, hint) => {
    expect(() => parse(command, argv)).toThrow(expect.objectContaining({ code: 'CLI_USAGE', message, hint }));
  });

  test('a number that is none is refused when read', () => {
    expect(() => parse(command, ['--days', 'many']).number('days')).toThrow('--days: "many" is not a number');
    expect(() => parse(command, ['--days', '']).number('days')).toThrow('--days: "" is not a number');
  });
});

test('help shows options with their values, and examples', () => {
  const text = helpOf(command);
  expect(text).toContain('usage: kaiku measure [WHAT] [options]');
  expect(text).toContain('-c, --config FILE  the file');
  expect(text).toContain('kaiku measure -c x.yaml\n      measure by x');
});

test('the nearest word, where there is one near', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(nearest('stauts', ['status', 'store', 'up'])).toBe('status');
  expect(nearest('xyzzy', ['status', 'store', 'up'])).toBeUndefined();
});
