/** `kaiku audit`: have loggers compare their stores with the agents and with what was inserted, now. */
import { auditReportSchema, decode, encode, subjects, type AuditReport } from '@kaiku/protocol';
import { describeError, readSection } from '@kaiku/core';
import { loggerEntrySchema } from '@kaiku/logger/config';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { CommandError, UsageError } from '../errors.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const CONNECT_MS = 5000;
const DEFAULT_TIMEOUT_S = 3600;

type Outcome = { readonly logger: string } & ({ readonly report: AuditReport } | { readonly problem: string });

export const auditCommand: Command = {
  name: 'audit',
  summary: 'compare the stores with what the agents hold and what was inserted, now',
  description: `Each logger looks at its store's ledger, compares every hour agents hold with its agent, and counts the
samples in the tables. What is missing is asked for again by itself. Loggers do this in the background anyway, once a day.
Exit code 1 when a difference was found or a logger did not answer.`,
  options: {
    config: configOption,
    logger: { type: 'text', short: 'l', value: 'NAME', help: 'only this logger (default: all of the file)' },
    timeout: {
      type: 'number',
      value: 'SECONDS',
      help: `how long to wait for an answer (default: ${DEFAULT_TIMEOUT_S})`,
    },
    json: jsonOption,
  },
  examples: [
    ['kaiku audit', 'is everything in every store?'],
    ['kaiku audit -l logger-1', 'after its store was restored'],
  ],
  run: async (args) => {
    const { installation } = await checkInstallation(configFile(args));
    const known = readSection(installation, 'loggers', loggerEntrySchema).map(({ name }) => name);
    const named = args.text('logger');
    if (named !== undefined && !known.includes(named)) {
      throw new UsageError(`there is no logger "${named}"`, { hint: `known: ${known.join(', ')}` });
    }
    const { connectWithin } = await import('../status/collect.ts');
    const broker = await connectWithin(installation, CONNECT_MS);
    if (broker === undefined) {
      throw new CommandError(`the broker does not answer at ${installation.broker.url}`, {
        hint: 'start it with kaiku up, or correct broker.url',
      });
    }
    const timeoutMs = (args.number('timeout') ?? DEFAULT_TIMEOUT_S) * 1000;
    const ask = async (logger: string): Promise<Outcome> => {
      try {
        const bytes = await broker.request(
          subjects.loggerCommand(logger),
          encode({ v: 1, command: 'audit' }),
          timeoutMs,
        );
        const report = decode(auditReportSchema, bytes);
        return report === undefined ? { logger, problem: 'its answer cannot be read' } : { logger, report };
      } catch (error) {
        return { logger, problem: describeError(error) };
      }
    };
    try {
      const outcomes = await Promise.all((named === undefined ? known : [named]).map(ask));
      process.stdout.write(
        args.flag('json') ? `${JSON.stringify(outcomes)}\n` : outcomes.map((each) => `${lineOf(each)}\n`).join(''),
      );
      return outcomes.every((each) => 'report' in each && each.report.differences === 0) ? EXIT.ok : EXIT.failed;
    } finally {
      await broker.close();
    }
  },
};

function lineOf(outcome: Outcome): string {
  if ('problem' in outcome) return `${outcome.logger}: no answer: ${outcome.problem}`;
  const { logger, tookMs, sealedHours, sampleHours, differences, doubted, adopted, conflicts, silent } = outcome.report;
  const looked = `${sealedHours} hours compared with agents, ${sampleHours} counted in the tables, ${(tookMs / 1000).toFixed(1)} s`;
  const found =
    differences === 0
      ? 'nothing is missing'
      : `${differences} differences; ${doubted} batches are asked for again, ${conflicts} conflicts in quarantine`;
  const more = [
    ...(adopted > 0 ? [`${adopted} batches were found that it did not know of`] : []),
    ...(silent.length > 0 ? [`no answer from ${silent.join(', ')}`] : []),
  ];
  return [`${logger}: ${found} (${looked})`, ...more.map((text) => `  ${text}`)].join('\n');
}
