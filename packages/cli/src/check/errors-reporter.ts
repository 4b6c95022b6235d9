/**
 * What vitest's JSON report leaves out, into the file KAIKU_TEST_ERRORS names: errors outside of tests (a hook that failed, and so
 * skipped its suite; a file that does not load; a rejection nobody awaited), a line each, and why tests were skipped by
 * themselves. Loaded by vitest for `kaiku test`.
 */
import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export interface LeftOut {
  readonly errors: readonly string[];
  /** By the full names of skipped tests. */
  readonly reasons: Readonly<Record<string, string>>;
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? '';

export default class ErrorsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const lines: string[] = [];
    const reasons: Record<string, string> = {};
    const add = (where: string, errors: readonly { readonly message: string }[]): void => {
      for (const { message } of errors) lines.push(`${where}: ${firstLine(message)}`);
    };
    for (const module of modules) {
      add(module.relativeModuleId, module.errors());
      for (const suite of module.children.allSuites()) add(suite.fullName, suite.errors());
      for (const test of module.children.allTests('skipped')) {
        const result = test.result();
        // The JSON report joins the names of suites and test by blanks.
        const name = test.fullName.replaceAll(' > ', ' ');
        if (result.state === 'skipped' && result.note !== undefined) reasons[name] = result.note;
      }
    }
    add('outside of any test', unhandled);
    const file = process.env['KAIKU_TEST_ERRORS'];
    const leftOut: LeftOut = { errors: lines, reasons };
    if (file !== undefined) writeFileSync(file, JSON.stringify(leftOut));
  }
}
