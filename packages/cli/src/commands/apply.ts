/** `kaiku apply`: check the catalog file and publish it to a running installation. */
import { author } from '../supervise/catalog-publisher.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { CommandError, UsageError } from '../errors.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const CONNECT_MS = 5000;

export const applyCommand: Command = {
  name: 'apply',
  summary: 'check the catalog file and publish it to a running installation',
  description: `Loggers, analyzers and webs take the new catalog at once; agents are told to fetch their new plan.
Nothing is published when the file has a mistake.`,
  options: {
    config: configOption,
    reason: { type: 'text', short: 'm', value: 'TEXT', help: 'why, for the history' },
    json: jsonOption,
  },
  examples: [['kaiku apply -m "new switch in Oulu"', 'after editing catalog.yaml']],
  run: async (args) => {
    const checked = await checkInstallation(configFile(args));
    if (checked.catalog === undefined) {
      throw new UsageError(`${checked.file} names no catalog`, { hint: 'add the line: catalog: catalog.yaml' });
    }
    const { connectWithin } = await import('../status/collect.ts');
    const { publishCatalog } = await import('@kaiku/catalog');
    const { url } = checked.installation.broker;
    const broker = await connectWithin(checked.installation, CONNECT_MS);
    if (broker === undefined) {
      throw new CommandError(`the broker does not answer at ${url}`, {
        hint: 'start it with kaiku up, or correct broker.url',
      });
    }
    try {
      const reason = args.text('reason') ?? 'kaiku apply';
      const { revision, changed } = await publishCatalog(broker, checked.catalog, { author: author(), reason });
      const figures = {
        revision,
        changed,
        devices: checked.catalog.devices.length,
        users: checked.catalog.users.length,
      };
      process.stdout.write(
        args.flag('json')
          ? `${JSON.stringify(figures)}\n`
          : `${changed ? 'published' : 'nothing to change; in force is'} revision ${revision}: ${figures.devices} devices, ${figures.users} users\n`,
      );
    } finally {
      await broker.close();
    }
    return EXIT.ok;
  },
};
