import { defineConfig } from 'vitest/config';

/**
 * Unit tests lie beside the code; integration, end-to-end and fault tests start real servers. What mostly waits for processes, disks
 * and deadlines runs beside others, to keep two cores busy: four files of unit tests, two of integration tests. Whatever breaks or
 * times a whole installation has the machine to itself.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{e2e,fault}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
