/** `kaiku test`: vitest's projects one after the other, and one closing line. */
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, type Command } from '../command.ts';
import { CommandError, UsageError } from '../errors.ts';
import { closingLine, folded, GROUPS, isGroup, runGroup, sum } from '../check/test-groups.ts';
import { missingTools } from '../check/test-tools.ts';
import { duration } from '../terminal/format.ts';
import { styleFor } from '../terminal/style.ts';
import { jsonOption, ROOT } from './options.ts';

export const testCommand: Command = {
  name: 'test',
  summary: 'run the tests',
  description: `Groups: unit (beside the code), integration, e2e (in Chromium), fault (parts killed); all when none is named.
Tests start real servers on loopback; those whose tools are not installed are skipped, by name and with the reason.
A table of the faults injected and what was lost comes before the last line. The last line is always "N passed, N failed, N skipped".`,
  positionals: { usage: '[GROUP...]', max: 8 },
  options: {
    filter: { type: 'text', short: 't', value: 'TEXT', help: 'only tests whose name has this in it' },
    path: { type: 'text', short: 'p', value: 'TEXT', help: 'only files whose path has this in it' },
    containers: {
      type: 'boolean',
      help: 'broker, store and snmpd in containers (integration tests; needs a Docker engine)',
    },
    json: jsonOption,
  },
  examples: [
    ['kaiku test', 'everything'],
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
    const names = contained
      ? ['integration']
      : Object.keys(GROUPS).filter((name) => all || args.positionals.includes(name));
    if (contained) await useContainers();
    const paint = styleFor(process.stderr, process.env);
    for (const tool of missingTools()) {
      process.stderr.write(
        `${paint.yellow('!')} ${tool.name} is not installed: ${tool.tests} are skipped (${tool.remedy})\n`,
      );
    }
    const table = await faultTable();
    const results = [];
    for (const name of names) {
      process.stderr.write(`\n${paint.bold(`── ${name} tests`)}\n`);
      results.push(await runGroup(ROOT, name, { filter: args.text('filter'), path: args.text('path') }));
    }
    const total = sum(results);
    process.stderr.write(`\n${await table()}`);
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

/** Has fault tests keep the results of their rows; answers what prints them as a table, empty when none ran. */
async function faultTable(): Promise<() => Promise<string>> {
  const dir = await mkdtemp(join(tmpdir(), 'kaiku-faults-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const file = (process.env['KAIKU_FAULT_RESULTS'] ??= join(dir, 'rows.jsonl'));
  return async () => {
    if (!existsSync(file)) return '';
    const { formatRows, keptResults } = await import('@kaiku/testkit/faults');
    const rows = keptResults(file);
    return rows.length === 0 ? '' : `${formatRows(rows)}\n\n`;
  };
}

/** @throws CommandError when there is no Docker engine, or no images */
async function useContainers(): Promise<void> {
  const { containersMissing } = await import('@kaiku/testkit');
  const missing = await containersMissing('kaiku/nats:local', 'kaiku/snmpd:local', 'kaiku/node:local');
  if (missing !== undefined) throw new CommandError('tests with containers cannot run here', { hint: missing });
  process.env['KAIKU_TEST_SERVERS'] = 'containers';
}
