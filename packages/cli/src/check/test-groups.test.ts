import { expect, test } from 'vitest';
import { closingLine, folded, outcomeOf, stillFailed, sum, type GroupResult } from './test-groups.ts';

const file = (status: string, tests: readonly (readonly [string, string])[]) => ({
  name: 'a.test.ts',
  status,
  message: 'cannot load\n  at line 1',
  assertionResults: tests.map(([fullName, outcome]) => ({
    fullName,
    status: outcome,
    failureMessages: outcome === 'failed' ? ['Error: 1 is not 2\n    at b.ts:1'] : [],
  })),
});

test('passed, failed with the reason, skipped by name; a file that does not load is a failure', () => {
  const outcome = outcomeOf({
    numPassedTests: 2,
    numFailedTests: 1,
    numPendingTests: 1,
    testResults: [
      file('failed', [
        ['a works', 'passed'],
        ['b works', 'failed'],
      ]),
      file('passed', [
        ['c works', 'passed'],
        ['needs snmpd', 'pending'],
      ]),
      file('failed', []),
    ],
  });
  expect(outcome).toEqual({
    passed: 2,
    failed: 2,
    skipped: 1,
    skippedNames: ['needs snmpd'],
    failures: ['b works: Error: 1 is not 2', 'a.test.ts: cannot load'],
    files: ['a.test.ts', 'a.test.ts', 'a.test.ts'],
    failedFiles: ['a.test.ts', 'a.test.ts'],
  });
});

test('what failed outside of tests is named with its reason, and so is what was skipped', () => {
  const skipped = file('failed', [['a suite one', 'skipped']]);
  const report = { numPassedTests: 1, numFailedTests: 0, numPendingTests: 1, testResults: [skipped] };
  const reasons = { 'a suite one': 'no such disk' };
  expect(outcomeOf(report, { errors: ['a suite: Hook timed out'], reasons })).toMatchObject({
    failures: ['a suite: Hook timed out'],
    skippedNames: ['a suite one (no such disk)'],
  });
});

test('one closing line over all groups', () => {
  const total = sum([
    { passed: 3, failed: 0, skipped: 1 },
    { passed: 4, failed: 1, skipped: 0 },
  ]);
  expect(closingLine(total)).toBe('7 passed, 1 failed, 1 skipped');
});

test('a suite that was skipped takes one line', () => {
  const suite = ['one', 'two words', 'three'].map((name) => `with a server the store ${name}`);
  expect(folded([...suite, 'needs snmpd', ...suite, 'with a server the store four'])).toEqual([
    ...suite,
    'needs snmpd',
    'with a server the store … (4 tests)',
  ]);
});

test('what failed is remembered until it has run again and passed', () => {
  const ran = (group: string, files: readonly string[], failedFiles: readonly string[]): GroupResult => ({
    group,
    passed: 0,
    failed: 0,
    skipped: 0,
    ms: 0,
    skippedNames: [],
    failures: [],
    files: files.map((each) => `/kaiku/${each}`),
    failedFiles: failedFiles.map((each) => `/kaiku/${each}`),
  });
  const first = stillFailed({}, '/kaiku', [ran('unit', ['a', 'b', 'c'], ['a', 'b']), ran('fault', ['f'], [])]);
  expect(first).toEqual({ unit: ['a', 'b'] });
  expect(stillFailed(first, '/kaiku', [ran('unit', ['a'], [])])).toEqual({ unit: ['b'] });
  expect(stillFailed(first, '/kaiku', [ran('unit', ['a', 'b'], [])])).toEqual({});
});
