/** Runs the rows or the nemesis for `kaiku fault`, prints what comes, answers the exit code. */
import {
  faultLanes,
  formatNemesis,
  formatRows,
  holdPorts,
  runNemesis,
  runRows,
  type RowResult,
} from '@kaiku/testkit/faults';
import { EXIT } from '../command.ts';
import { UsageError } from '../errors.ts';

interface Common {
  readonly root: string;
  readonly basePort: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

export interface RowsRun extends Common {
  readonly part: string | undefined;
  readonly rows: ReadonlySet<number> | undefined;
}

export async function runFaultRows({ root, basePort, json, signal, part, rows }: RowsRun): Promise<number> {
  const parts = new Set(faultLanes(root).flatMap((groups) => groups.map((group) => group.part)));
  if (part !== undefined && ![...parts].some((known) => known === part)) {
    throw new UsageError(`fault: there is no part "${part}"`, { hint: `known: ${[...parts].join(', ')}` });
  }
  const results: RowResult[] = [];
  const ports = await holdPorts(basePort);
  await runRows({
    root,
    basePort: ports.basePort,
    signal,
    ...(part === undefined ? {} : { part }),
    ...(rows === undefined ? {} : { rows }),
    onResult: (result) => {
      results.push(result);
      const recovery = result.outcome === 'skipped' ? '' : `, whole after ${result.recoverySeconds.toFixed(1)} s`;
      process.stderr.write(`${result.row} ${result.title}: ${result.outcome}${recovery}\n`);
    },
  });
  await ports.release();
  if (results.length === 0 && !signal.aborted) {
    throw new UsageError('fault: no row is of that number', { hint: 'kaiku fault without --row runs all there are' });
  }
  process.stdout.write(json ? `${JSON.stringify(results)}\n` : `${formatRows(results)}\n`);
  return results.some(({ outcome }) => outcome === 'failed') ? EXIT.failed : EXIT.ok;
}

export interface LongRun extends Common {
  readonly seed: number;
  readonly minutes: number;
  readonly csvFile: string;
}

export async function runLong({ json, ...options }: LongRun): Promise<number> {
  const { basePort } = await holdPorts(options.basePort);
  const report = await runNemesis({ ...options, basePort, onLine: (line) => void process.stderr.write(`${line}\n`) });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${formatNemesis(report)}\n`);
  return report.whole && report.lost + report.doubled + report.wrong === 0 ? EXIT.ok : EXIT.failed;
}
