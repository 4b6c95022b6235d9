/** `kaiku plan`: what applying catalog files would change, and what that means. */
import { MOST_FILES, wantedCatalog, withBroker } from '../catalog/installation.ts';
import { countedSeries } from '../catalog/counted-series.ts';
import { planFor } from '../catalog/plan.ts';
import { planText } from '../catalog/plan-text.ts';
import { sealForAgents } from '../catalog/sealing.ts';
import { EXIT, type Command } from '../command.ts';
import { styleFor } from '../terminal/style.ts';
import { configFile, configOption, jsonOption } from './options.ts';

/** As other tools have it: 0 nothing to do, 2 something; 2 is wrong usage elsewhere, so only when asked for. */
const DIFFERENT = 2;

export const planCommand: Command = {
  name: 'plan',
  summary: 'show what applying catalog files would change: points, cost, load',
  description: `Compares the catalog of the files with what is in force and changes nothing. Several files make one catalog.
Series of devices that are measured are counted in a store; of others, and where no store answers, typical sizes of tables stand
for them. Samples and bytes follow from the series.`,
  positionals: { usage: '[FILE...]', max: MOST_FILES },
  options: {
    config: configOption,
    all: { type: 'boolean', help: 'show every entry, not the first 40 of each kind' },
    'detailed-exitcode': { type: 'boolean', help: 'exit code 0: nothing to change, 2: something, 1: failed' },
    json: jsonOption,
  },
  examples: [
    ['kaiku plan', 'after editing the catalog'],
    ['kaiku plan catalog.yaml discovered.yaml', 'with what discovery found'],
  ],
  run: async (args) => {
    const wanted = await wantedCatalog(configFile(args), args.positionals);
    const { plan, warnings } = await withBroker(wanted.checked, async (broker) => {
      const sealed = await sealForAgents(wanted.checked.installation, wanted.catalog, broker);
      const counted = await countedSeries(wanted.checked);
      return { plan: await planFor(broker, sealed.catalog, { counted }), warnings: sealed.warnings };
    });
    const { revision } = plan;
    const report = { ...plan.report, warnings: [...plan.report.warnings, ...warnings] };
    if (args.flag('json')) process.stdout.write(`${JSON.stringify({ revision, ...report })}\n`);
    else process.stdout.write(planText(report, styleFor(process.stdout, process.env), args.flag('all')));
    return args.flag('detailed-exitcode') && report.operations.length > 0 ? DIFFERENT : EXIT.ok;
  },
};
