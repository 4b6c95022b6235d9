import { defineConfig } from 'vitest/config';

/**
 * Unit tests lie beside the code; integration, end-to-end and fault tests start real servers and run one file at a time. Unit tests mostly
 * wait for processes, disks and deadlines: four files at once keep two cores busy.
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
          name: 'system',
          include: ['test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
