/** `kaiku gaps`: what is lost for good or was refused, and why. */
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { UsageError } from '../errors.ts';
import { styleFor } from '../terminal/style.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const MOST = 10_000;

export const gapsCommand: Command = {
  name: 'gaps',
  summary: 'list what is lost for good or was refused, with the reason',
  description: `Every store is asked: each logger keeps its own account. A gap is a run of batches that an agent once
sealed and that can no longer be had; a refused batch lies in quarantine with its bytes. What is merely missing is asked
for again by the loggers and is no gap: kaiku status counts it. Exit code 1 when a store cannot be asked.`,
  options: {
    config: configOption,
    limit: { type: 'number', short: 'n', value: 'COUNT', help: 'the newest so many of each store (default 100)' },
    json: jsonOption,
  },
  examples: [
    ['kaiku gaps', 'what is lost, and why'],
    ['kaiku gaps --json | jq ".stores[].gaps"', 'for programs'],
  ],
  run: async (args) => {
    const limit = args.number('limit') ?? 100;
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
      throw new UsageError(`--limit: must be a whole number from 1 to ${MOST}`);
    }
    const checked = await checkInstallation(configFile(args));
    const { collectGaps } = await import('../gaps/collect.ts');
    const { renderGaps } = await import('../gaps/render.ts');
    const stores = await collectGaps(checked, limit);
    const text = renderGaps(stores, styleFor(process.stdout, process.env));
    process.stdout.write(args.flag('json') ? `${JSON.stringify({ stores })}\n` : text);
    return stores.every(({ problem }) => problem === undefined) ? EXIT.ok : EXIT.failed;
  },
};
