/** The rows of the fault matrix as tests: one cluster a group, its rows in order, a table at the end. */
import { findBinary } from '@kaiku/testkit';
import {
  faultGroups,
  formatRows,
  keepResult,
  prepareGroup,
  runRow,
  type Cluster,
  type RowResult,
} from '@kaiku/testkit/faults';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from './installation.ts';

/** A hundred from here on; files run one after another. */
const BASE_PORT = 20_660;
const ROW_MS = 240_000;
/** JSON lines of every row are appended here, when it is set. */
const RESULTS = process.env['KAIKU_FAULT_RESULTS'];

export function testFaults(part: string): void {
  for (const group of faultGroups(ROOT)[part] ?? []) {
    describe.skipIf(findBinary('nats-server') === undefined)(`${group.name} (nats-server needed)`, () => {
      const results: RowResult[] = [];
      let cluster: Cluster | undefined;
      beforeAll(async () => {
        cluster = await prepareGroup(group, ROOT, BASE_PORT);
      }, 120_000);
      afterAll(async () => {
        await cluster?.stop();
        process.stdout.write(`${formatRows(results)}\n`);
      }, 60_000);
      test.for(group.rows.map((row) => ({ row, name: `${row.number} ${row.title}` })))(
        '$name',
        { timeout: ROW_MS },
        async ({ row }, { skip }) => {
          if (cluster === undefined) throw new Error('there is no cluster');
          const result = await runRow(row, cluster);
          results.push(result);
          keepResult(RESULTS, result);
          if (result.outcome === 'skipped') skip(result.notes.join('; '));
          expect(result.outcome, result.notes.join('\n')).toBe('held');
        },
      );
    });
  }
}
