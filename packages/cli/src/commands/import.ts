/** `kaiku import`: devices of a CSV file as a catalog file, for `kaiku plan` and `kaiku apply`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { CommandError, UsageError } from '../errors.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const MOST_SHOWN = 50;

export const importCommand: Command = {
  name: 'import',
  summary: 'make catalog entries of a CSV file of devices',
  description: `The first line names the columns: id, name, ip, template, site, agency, agents, community, owner, criticality,
tags.NAME and more, in any order and however they are commonly spelt; separated by commas, semicolons or tabs. Nothing is
written when any line is wrong; all of them are told. With an installation file, sites, agencies and templates must be
in its catalog. What is written goes on with: kaiku plan catalog.yaml FILE`,
  positionals: { usage: 'FILE.csv', max: 1 },
  options: {
    config: { ...configOption, help: 'installation file: its catalog must know the sites, agencies and templates' },
    out: { type: 'text', short: 'o', value: 'FILE', help: 'catalog file to write (default: to the screen)' },
    map: { type: 'text', value: 'COLUMN=FIELD,...', help: 'columns of other names; FIELD "-" leaves one out' },
    default: {
      type: 'text',
      value: 'FIELD=TEXT,...',
      help: 'fields that every device gets where its line says nothing',
    },
    force: { type: 'boolean', help: 'write over a file that is there' },
    json: jsonOption,
  },
  examples: [
    ['kaiku import devices.csv --out devices.yaml', 'then: kaiku plan catalog.yaml devices.yaml'],
    ['kaiku import list.csv --map "Laite=name,Paikka=site" --default agency=ours,agents=agent-1', 'other column names'],
  ],
  run: async (args) => {
    const [file] = args.positionals;
    if (file === undefined) throw new UsageError('import: say which file', { hint: 'kaiku import devices.csv' });
    if (!existsSync(file)) throw new UsageError(`there is no file ${file}`);
    const out = args.text('out');
    if (out !== undefined && existsSync(out) && !args.flag('force')) {
      throw new UsageError(`${out} is there already`, { hint: '--force writes over it' });
    }
    const { decodeCsv, importDevices } = await import('@kaiku/catalog');
    const known = args.text('config') === undefined ? undefined : (await checkInstallation(configFile(args))).catalog;
    const { text: table, encoding } = decodeCsv(readFileSync(file));
    if (encoding === 'windows-1252') process.stderr.write(`${file} is not UTF-8: read as Windows-1252\n`);
    const { devices, problems } = importDevices(table, {
      map: pairs(args.text('map'), 'map'),
      defaults: pairs(args.text('default'), 'default'),
      ...(known === undefined ? {} : { known }),
    });
    if (args.flag('json')) {
      process.stdout.write(`${JSON.stringify({ devices, problems })}\n`);
      if (problems.length > 0) return EXIT.failed;
    }
    if (problems.length > 0) {
      const lines = problems
        .slice(0, MOST_SHOWN)
        .map((each) => `${file}:${each.line}: ${each.message}\n  hint: ${each.hint}`);
      const more = problems.length > MOST_SHOWN ? [`and ${problems.length - MOST_SHOWN} more`] : [];
      throw new CommandError(['nothing was imported', ...lines, ...more].join('\n'));
    }
    const { formatYaml } = await import('@kaiku/core');
    const text = `# Imported from ${file}.\n${formatYaml({ devices }).trimEnd()}\n`;
    if (out !== undefined) {
      writeFileSync(out, text, { mode: 0o640 });
      if (!args.flag('json')) process.stdout.write(`wrote ${devices.length} devices to ${out}\n`);
    } else if (!args.flag('json')) process.stdout.write(text);
    return EXIT.ok;
  },
};

/** `a=b,c=d`. @throws UsageError */
function pairs(text: string | undefined, option: string): Readonly<Record<string, string>> {
  if (text === undefined) return {};
  return Object.fromEntries(
    text.split(',').map((pair): [string, string] => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--${option}: "${pair}" is not NAME=VALUE`);
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
}
