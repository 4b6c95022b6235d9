import { expect, test } from 'vitest';
import { errorsOf } from './errors-of.ts';

test('errors are what was told minus what the kernel saw, either way; what was lost or left out has none', () => {
  const truth = [0.1, 0.1, 0.1, null, 0.1, 5];
  const told = { rtts: [0.11, 0.08, null, 0.2, 9, 5.005], tainted: new Set([4]), cpuS: 0 };
  expect(errorsOf(told, truth)).toEqual({
    median_error_us: 10,
    p99_error_us: 20,
    p999_error_us: 20,
    tainted: 1,
    lost: 1,
  });
});
