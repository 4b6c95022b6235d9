import { expect, test } from 'vitest';
import { closingLine, countsOf, sum } from './test-groups.ts';

const file = (status: string, tests: readonly (readonly [string, string])[]) => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map(([fullName, outcome]) => ({ fullName, status: outcome })),
});

test('passed, failed, skipped by name; a file that does not load is a failure', () => {
  const counts = countsOf({
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
  expect(counts).toEqual({ passed: 2, failed: 2, skipped: 1, skippedNames: ['needs snmpd'] });
});

test('one closing line over all groups', () => {
  const total = sum([
    { passed: 3, failed: 0, skipped: 1 },
    { passed: 4, failed: 1, skipped: 0 },
  ]);
  expect(closingLine(total)).toBe('7 passed, 1 failed, 1 skipped');
});
