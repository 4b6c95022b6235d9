/** The rows of the fault matrix as tests: lanes side by side, in each one cluster after another, its rows in order; a table at the end. */
import { findBinary } from '@kaiku/testkit';
import {
  faultLanes,
  formatRows,
  holdPorts,
  keepResult,
  lanePort,
  prepareGroup,
  runRow,
  type Cluster,
  type PortRange,
  type RowGroup,
  type RowResult,
} from '@kaiku/testkit/faults';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from './installation.ts';

/** A hundred from here on, or of the next hundreds. */
const BASE_PORT = 20_660;
const START_MS = 120_000;
/** Far more than any row takes: a row has deadlines of its own, for a machine as busy as can be. */
const ROW_MS = 480_000;
/** JSON lines of every row are appended here, when it is set; whoever set it prints the table. */
const RESULTS = process.env['KAIKU_FAULT_RESULTS'];

export function testFaults(): void {
  const results: RowResult[] = [];
  let ports: PortRange | undefined;
  beforeAll(async () => {
    ports = await holdPorts(BASE_PORT);
  });
  afterAll(async () => {
    await ports?.release();
    if (RESULTS === undefined && results.length > 0) process.stdout.write(`${formatRows(results)}\n`);
  });
  faultLanes(ROOT).forEach((groups, lane) => {
    describe.concurrent(`lane ${lane + 1}`, () => {
      const port = (): number => lanePort(ports?.basePort ?? BASE_PORT, lane);
      for (const group of groups) testGroup(group, port, (result) => results.push(result));
    });
  });
}

function testGroup(group: RowGroup, port: () => number, keep: (result: RowResult) => void): void {
  const suite = findBinary('nats-server') === undefined ? describe.skip : describe;
  suite(`${group.name} (nats-server needed)`, { concurrent: false }, () => {
    let cluster: Cluster | undefined;
    beforeAll(async () => {
      cluster = await prepareGroup(group, ROOT, port());
    }, START_MS);
    afterAll(async () => {
      await cluster?.stop();
    }, START_MS);
    test.for(group.rows.map((row) => ({ row, name: `${row.number} ${row.title}` })))(
      '$name',
      { timeout: ROW_MS },
      async ({ row }, { skip }) => {
        if (cluster === undefined) throw new Error('there is no cluster');
        const result = await runRow(row, cluster);
        keep(result);
        keepResult(RESULTS, result);
        if (result.outcome === 'skipped') skip(result.notes.join('; '));
        expect(result.outcome, result.notes.join('\n')).toBe('held');
      },
    );
  });
}
