import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest: begun first, for what begins last is waited for. Vitest only knows sizes in a fresh checkout. */
const LONG = [
  'logger/src/engine.test.ts',
  'logger/src/repair.test.ts',
  'notify/fenced.test.ts',
  'lease/keeper.test.ts',
  'broker/broker-faults.test.ts',
  'server/embedded-server.test.ts',
  'backup/backup.test.ts',
  'agent/src/main.test.ts',
  'integration/drill.test.ts',
  'integration/self-watch.test.ts',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONG.findIndex((end) => moduleId.endsWith(end));
      return found === -1 ? LONG.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

/**
 * Unit tests lie beside the code; integration, end-to-end and fault tests start real servers. What mostly waits for processes, disks
 * and deadlines runs beside others, to keep two cores busy: four files of unit tests, two of integration tests. Whatever breaks or
 * times a whole installation has the machine to itself.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 4,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/{e2e,fault}/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
