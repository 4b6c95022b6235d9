/** `kaiku test`: vitest's projects one after the other, and one closing line. Nothing is left behind, however it ends. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXIT, type Command } from '../command.ts';
import { CommandError, UsageError } from '../errors.ts';
import {
  closingLine,
  folded,
  GROUPS,
  isGroup,
  runGroup,
  stillFailed,
  sum,
  type FailedFiles,
  type GroupResult,
} from '../check/test-groups.ts';
import { makeTestPlace } from '../check/test-place.ts';
import { missingTools } from '../check/test-tools.ts';
import { duration } from '../terminal/format.ts';
import { styleFor } from '../terminal/style.ts';
import { jsonOption, ROOT } from './options.ts';

const FAILED_FILE = join(ROOT, '.kaiku/failed-tests.json');
/** Parts that lost whoever started them end by themselves within 10 s. */
const LEFT_BEHIND_MS = 12_000;
const INTERRUPTED = 130;
const COMMAND_CHARS = 140;

export const testCommand: Command = {
  name: 'test',
  summary: 'run the tests',
  description: `Groups: unit (beside the code), integration, e2e (in Chromium), fault (parts killed); all when none is named.
Tests start real servers on loopback; those whose tools are not installed are skipped, by name and with the reason.
A table of the faults injected and what was lost comes before the last line. The last line is always "N passed, N failed, N skipped".
What tests write goes into one temporary folder; it and every process of theirs are gone at the end, also after Ctrl-C.`,
  positionals: { usage: '[GROUP...]', max: 8 },
  options: {
    filter: { type: 'text', short: 't', value: 'TEXT', help: 'only tests whose name has this in it' },
    path: { type: 'text', short: 'p', value: 'TEXT', help: 'only files whose path has this in it' },
    failed: { type: 'boolean', help: 'only files in which something failed when they last ran' },
    containers: {
      type: 'boolean',
      help: 'broker, store and snmpd in containers (integration tests; needs a Docker engine)',
    },
    json: jsonOption,
  },
  examples: [
    ['kaiku test', 'everything'],
    ['kaiku test --failed', 'once more what failed'],
    ['kaiku test --containers', 'integration tests with servers in containers'],
    ['kaiku test unit -p packages/agent', "one package's unit tests"],
  ],
  run: async (args) => {
    const unknown = args.positionals.find((name) => name !== 'all' && !isGroup(name));
    if (unknown !== undefined) {
      throw new UsageError(`test: there is no group "${unknown}"`, {
        hint: `known: ${Object.keys(GROUPS).join(', ')}, all`,
      });
    }
    const all = args.positionals.length === 0 || args.positionals.includes('all');
    const contained = args.flag('containers');
    // Only integration tests choose their servers.
    const before = failedBefore();
    const names = contained
      ? ['integration']
      : Object.keys(GROUPS)
          .filter((name) => all || args.positionals.includes(name))
          .filter((name) => !args.flag('failed') || before[name] !== undefined);
    if (names.length === 0) process.stderr.write('nothing failed when it last ran\n');
    if (contained) await useContainers();
    const paint = styleFor(process.stderr, process.env);
    for (const tool of missingTools()) {
      process.stderr.write(
        `${paint.yellow('!')} ${tool.name} is not installed: ${tool.tests} are skipped (${tool.remedy})\n`,
      );
    }
    const place = makeTestPlace();
    const stop = new AbortController();
    const onSignal = (): void => stop.abort();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
    const results: GroupResult[] = [];
    let table: string;
    try {
      const faults = (process.env['KAIKU_FAULT_RESULTS'] ??= join(place.dir, 'rows.jsonl'));
      for (const name of names) {
        process.stderr.write(`\n${paint.bold(`── ${name} tests`)}\n`);
        const path = args.text('path');
        const paths = path === undefined ? (args.flag('failed') ? (before[name] ?? []) : []) : [path];
        const result = await runGroup({
          root: ROOT,
          group: name,
          place,
          filter: args.text('filter'),
          paths,
          signal: stop.signal,
        });
        if (stop.signal.aborted) break;
        results.push(result);
      }
      for (const { pid, command } of stop.signal.aborted ? [] : await place.leftBehind(LEFT_BEHIND_MS)) {
        process.stderr.write(
          `${paint.yellow('!')} a test left process ${pid} behind: ${command.split('\n', 1)[0]?.slice(0, COMMAND_CHARS)}\n`,
        );
      }
      table = await faultTable(faults);
    } finally {
      place.clear();
    }
    keepFailed(stillFailed(before, ROOT, results));
    if (stop.signal.aborted) {
      process.stderr.write(
        `\ninterrupted in the ${names[results.length] ?? ''} tests; their processes and files are removed\n`,
      );
      return INTERRUPTED;
    }
    const total = sum(results);
    process.stderr.write(`\n${table}`);
    for (const { group, passed, failed, skipped, ms } of results) {
      const counts = `${passed} passed, ${failed} failed, ${skipped} skipped`;
      process.stderr.write(
        `${failed === 0 ? paint.green('✓') : paint.red('✗')} ${group.padEnd(12)} ${counts} in ${duration(ms)}\n`,
      );
    }
    for (const { group, skippedNames } of results) {
      for (const name of folded(skippedNames)) process.stderr.write(`  skipped (${group}): ${name}\n`);
    }
    for (const { group, failures } of results) {
      for (const failure of failures) process.stderr.write(`  ${paint.red('failed')} (${group}): ${failure}\n`);
    }
    if (args.flag('json')) process.stdout.write(`${JSON.stringify({ ...total, groups: results })}\n`);
    else process.stdout.write(`${closingLine(total)}\n`);
    return total.failed === 0 ? EXIT.ok : EXIT.failed;
  },
};

/** The results that fault tests kept, as a table; empty when none ran. */
async function faultTable(file: string): Promise<string> {
  if (!existsSync(file)) return '';
  const { formatRows, keptResults } = await import('@kaiku/testkit/faults');
  const rows = keptResults(file);
  return rows.length === 0 ? '' : `${formatRows(rows)}\n\n`;
}

function failedBefore(): FailedFiles {
  try {
    return JSON.parse(readFileSync(FAILED_FILE, 'utf8')) as FailedFiles;
  } catch {
    return {};
  }
}

/** A checkout that cannot be written to has no memory: no harm. */
function keepFailed(failed: FailedFiles): void {
  try {
    mkdirSync(dirname(FAILED_FILE), { recursive: true });
    writeFileSync(FAILED_FILE, `${JSON.stringify(failed, null, 2)}\n`);
  } catch {
    return;
  }
}

/** @throws CommandError when there is no Docker engine, or no images */
async function useContainers(): Promise<void> {
  const { containersMissing } = await import('@kaiku/testkit');
  const missing = await containersMissing('kaiku/nats:local', 'kaiku/snmpd:local', 'kaiku/node:local');
  if (missing !== undefined) throw new CommandError('tests with containers cannot run here', { hint: missing });
  process.env['KAIKU_TEST_SERVERS'] = 'containers';
}
