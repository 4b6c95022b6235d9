/** The groups of tests: which vitest project and folder each is, running one, and adding results up. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LeftOut } from './errors-reporter.ts';
import type { TestPlace } from './test-place.ts';

export const GROUPS: Readonly<Record<string, { readonly project: string; readonly folder?: string }>> = {
  unit: { project: 'unit' },
  integration: { project: 'integration' },
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
  /** Name and first line of the reason, a line each. */
  readonly failures: readonly string[];
  /** Absolute paths of the files that ran, and of those in which something failed. */
  readonly files: readonly string[];
  readonly failedFiles: readonly string[];
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
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

type Outcome = Omit<GroupResult, 'group' | 'ms'>;

const NOTHING_LEFT_OUT: LeftOut = { errors: [], reasons: {} };

const firstLine = (text: string | undefined): string => (text ?? '').trim().split('\n', 1)[0] ?? '';

/**
 * A file that failed though none of its tests did counts as one failure.
 * @param leftOut why such a file failed, and why tests were skipped
 */
export function outcomeOf(report: VitestReport, { errors, reasons }: LeftOut = NOTHING_LEFT_OUT): Outcome {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  );
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status === 'failed');
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    skippedNames: tests
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => (reasons[fullName] === undefined ? fullName : `${fullName} (${reasons[fullName]})`)),
    failures: [
      ...failed.map(({ fullName, failureMessages }) => `${fullName}: ${firstLine(failureMessages?.[0])}`),
      ...(errors.length > 0 ? errors : broken.map(({ name, message }) => `${name}: ${firstLine(message)}`)),
    ],
    files: report.testResults.map(({ name }) => name),
    failedFiles: report.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name),
  };
}

/**
 * Names that begin with the same words, as the tests of one suite that was skipped do, in one line with their number.
 * A suite's name ends where its tests' names begin to differ.
 */
export function folded(names: readonly string[], atLeast = 4): readonly string[] {
  const lines: string[] = [];
  const words = names.map((name) => name.split(' '));
  for (let at = 0; at < names.length;) {
    let common = words[at] ?? [];
    let end = at + 1;
    for (; end < words.length; end += 1) {
      const shared = sharedStart(common, words[end] ?? []);
      if (shared.length < SUITE_WORDS) break;
      common = shared;
    }
    if (end - at >= atLeast) lines.push(`${common.join(' ')} … (${end - at} tests)`);
    else lines.push(...names.slice(at, end));
    at = end;
  }
  return lines;
}

/** Fewer words in common are chance. */
const SUITE_WORDS = 4;

function sharedStart(a: readonly string[], b: readonly string[]): string[] {
  const end = a.findIndex((word, index) => word !== b[index]);
  return a.slice(0, end === -1 ? a.length : end);
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

export interface GroupRun {
  readonly root: string;
  readonly group: string;
  readonly place: TestPlace;
  /** Part of a test's name. */
  readonly filter: string | undefined;
  /** Parts of paths; all files of the group, when empty. */
  readonly paths: readonly string[];
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** Vitest's own output goes to stderr; the figures come from its JSON report. */
export async function runGroup({ root, group, place, filter, paths, signal }: GroupRun): Promise<GroupResult> {
  const { project, folder } = GROUPS[group] ?? { project: group };
  const report = join(place.dir, `${group}.json`);
  const errors = join(place.dir, `${group}-errors.json`);
  const beganMs = performance.now();
  const words = [
    'run',
    '--project',
    project,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--reporter=${ERRORS_REPORTER}`,
    `--outputFile.json=${report}`,
    ...(filter === undefined ? [] : ['-t', filter]),
    ...(paths.length === 0 && folder !== undefined ? [folder] : paths),
  ];
  const code = await vitest(root, words, { ...place.env, KAIKU_TEST_ERRORS: errors }, signal);
  const outcome = outcomeOf(readJson(report, NOTHING), readJson(errors, NOTHING_LEFT_OUT));
  const ms = Math.round(performance.now() - beganMs);
  if (code === 0 || outcome.failed > 0) return { group, ...outcome, ms };
  const unknown = [`vitest ended with exit code ${code}: see its output above`];
  return { group, ...outcome, failed: 1, failures: outcome.failures.length > 0 ? outcome.failures : unknown, ms };
}

/** Files with failures, by group: what `kaiku test --failed` runs. */
export type FailedFiles = Readonly<Record<string, readonly string[]>>;

/** What has failed and was not run again meanwhile, or failed again; relative to the checkout. */
export function stillFailed(before: FailedFiles, root: string, results: readonly GroupResult[]): FailedFiles {
  const failed: Record<string, readonly string[]> = { ...before };
  for (const { group, files, failedFiles } of results) {
    const ran = new Set(files.map((file) => relative(root, file)));
    const others = (before[group] ?? []).filter((file) => !ran.has(file));
    failed[group] = [...others, ...failedFiles.map((file) => relative(root, file))];
  }
  return Object.fromEntries(Object.entries(failed).filter(([, files]) => files.length > 0));
}

const ERRORS_REPORTER = fileURLToPath(new URL('errors-reporter.ts', import.meta.url));

const NOTHING: VitestReport = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] };

function readJson<T>(file: string, otherwise: T): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return otherwise;
  }
}

/** In a session of its own: a Ctrl-C reaches only this process, which ends it and clears up behind it. */
async function vitest(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd: root,
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', process.stderr, process.stderr],
    });
    const end = (): void => void child.kill('SIGINT');
    signal.addEventListener('abort', end, { once: true });
    child.once('error', fail);
    child.once('close', (code) => {
      signal.removeEventListener('abort', end);
      done(code ?? 1);
    });
  });
}
