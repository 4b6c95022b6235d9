/** The groups of tests: which vitest project and folder each is, running one, and adding results up. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const GROUPS: Readonly<Record<string, { readonly project: string; readonly folder?: string }>> = {
  unit: { project: 'unit' },
  integration: { project: 'system', folder: 'test/integration' },
  e2e: { project: 'system', folder: 'test/e2e' },
  fault: { project: 'system', folder: 'test/fault' },
};

export const isGroup = (name: string): boolean => Object.hasOwn(GROUPS, name);

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface GroupResult extends Counts {
  readonly group: string;
  readonly ms: number;
  readonly skippedNames: readonly string[];
}

/** The part of vitest's JSON report that is read. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests?: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** A file that could not even be loaded counts as one failure. */
export function countsOf(report: VitestReport): Counts & { readonly skippedNames: readonly string[] } {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  ).length;
  const skippedNames = report.testResults.flatMap((file) =>
    file.assertionResults
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => fullName),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    skippedNames,
  };
}

export function sum(results: readonly Counts[]): Counts {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of results) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

export const closingLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** Vitest's own output goes to stderr; the figures come from its JSON report. */
export async function runGroup(
  root: string,
  group: string,
  { filter, path }: { readonly filter: string | undefined; readonly path: string | undefined },
): Promise<GroupResult> {
  const { project, folder } = GROUPS[group] ?? { project: group };
  const dir = mkdtempSync(join(tmpdir(), 'kaiku-test-'));
  const report = join(dir, 'report.json');
  const beganMs = performance.now();
  try {
    const code = await vitest(root, [
      'run',
      '--project',
      project,
      '--passWithNoTests',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...(filter === undefined ? [] : ['-t', filter]),
      ...(path === undefined ? (folder === undefined ? [] : [folder]) : [path]),
    ]);
    const counts = countsOf(readReport(report));
    // Errors outside of any test (an unhandled rejection) end vitest with a code and no failed test.
    const failed = code !== 0 && counts.failed === 0 ? 1 : counts.failed;
    return { group, ...counts, failed, ms: Math.round(performance.now() - beganMs) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const NOTHING: VitestReport = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] };

function readReport(file: string): VitestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch {
    return NOTHING;
  }
}

async function vitest(root: string, args: readonly string[]): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd: root,
      stdio: ['ignore', process.stderr, process.stderr],
    });
    child.once('error', fail);
    child.once('close', (code) => done(code ?? 1));
  });
}
