/** `kaiku status`: every part, its lag, and whether the stores agree. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import type { StatusReport } from '../status/report.ts';
import { renderStatus } from '../status/render.ts';
import { styleFor } from '../terminal/style.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const WATCH_PAUSE_MS = 500;

export const statusCommand: Command = {
  name: 'status',
  summary: 'show every part, its lag, and whether the stores agree',
  description: `Listens to the health reports on the broker for 2.5 s and asks every store. Parts of the file that are
not heard are shown as silent, those stopped by kaiku part hold as held. Exit code 1 when the broker, a part or a
store is silent or held, or the stores differ in what they hold; being behind by the batches that are just on their way is no difference.`,
  options: {
    config: configOption,
    watch: { type: 'boolean', short: 'w', help: 'again and again, until Ctrl-C' },
    json: jsonOption,
  },
  examples: [
    ['kaiku status', 'one look'],
    ['kaiku status --json | jq .comparison', 'do the stores hold the same?'],
  ],
  run: async (args) => {
    const checked = await checkInstallation(configFile(args));
    const { collectStatus } = await import('../status/collect.ts');
    const paint = styleFor(process.stdout, process.env);
    for (;;) {
      const report = await collectStatus(checked);
      const text = args.flag('json') ? `${JSON.stringify(report)}\n` : renderStatus(report, paint);
      const clear = args.flag('watch') && process.stdout.isTTY ? '\u001b[H\u001b[2J' : '';
      process.stdout.write(clear + text);
      if (!args.flag('watch')) return isWell(report) ? EXIT.ok : EXIT.failed;
      await sleep(WATCH_PAUSE_MS);
    }
  },
};

function isWell(report: StatusReport): boolean {
  return (
    report.brokerProblem === undefined &&
    report.parts.every((part) => part.report?.ready === true) &&
    report.stores.every((store) => store.problem === undefined) &&
    report.comparison.state !== 'differ'
  );
}
