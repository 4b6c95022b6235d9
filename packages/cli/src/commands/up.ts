/** `kaiku up`: check everything, then run the roles of one file under one supervisor. */
import type { Args } from '../args.ts';
import { EXIT, type Command } from '../command.ts';
import {
  checkInstallation,
  ROLE_ORDER,
  SECTION_OF,
  type CheckedInstallation,
  type WantedAddress,
} from '../config/installation-check.ts';
import { checkAddresses } from '../config/ports.ts';
import { UsageError } from '../errors.ts';
import { createOutput, type Output } from '../supervise/output.ts';
import { runInstallation } from '../supervise/run-installation.ts';
import { styleFor } from '../terminal/style.ts';
import { configFile, configOption } from './options.ts';
import type { Role } from './role.ts';

export const upCommand: Command = {
  name: 'up',
  summary: 'run the roles of a configuration under one supervisor',
  description: `Checks the whole file first: sections, names, references, catalog, ports. If anything is wrong, nothing
is started and the exit code is 2. Then starts the broker (where broker.listen is set), stores, loggers,
analyzers, webs and agents, each a process of its own, restarted with back-off (0.5 s to 15 s) when it ends.
Ctrl-C ends all within 10 s, a second one kills. SIGHUP publishes the catalog file again.
Logs of each part: <dataDir>/logs/<name>.log (three files of 8 MB each at most); processes: <dataDir>/run.json.`,
  options: {
    config: configOption,
    roles: { type: 'text', value: 'LIST', help: 'only these, e.g. agents or broker,stores,loggers' },
    verbose: { type: 'boolean', short: 'v', help: 'show debug lines too' },
    quiet: { type: 'boolean', short: 'q', help: 'show only warnings and errors' },
    json: { type: 'boolean', help: 'the log lines of all parts as JSON' },
    'check-only': { type: 'boolean', help: 'check the file and the ports, start nothing' },
  },
  examples: [
    ['kaiku up -c kaiku.yaml', 'everything in the file, on this machine'],
    ['kaiku up -c kaiku.yaml --roles agents', 'only the agents of the file, e.g. in an office'],
    ['kaiku up --check-only', 'would it start?'],
  ],
  run: async (args) => {
    const roles = wantedRoles(args.text('roles'));
    const checked = await checkInstallation(configFile(args));
    const withBroker = args.text('roles') === undefined || (args.text('roles') ?? '').split(',').includes('broker');
    const running = withBroker ? checked : withoutBroker(checked);
    const addresses = wantedAddresses(running, roles);
    if (args.flag('check-only')) {
      await checkAddresses(checked.installation.source.file, addresses);
      process.stdout.write(`${checked.file}: ${checked.entries.length} parts, all checks passed\n`);
      return EXIT.ok;
    }
    const output = outputFor(args);
    return runInstallation({
      checked: running,
      roles,
      addresses,
      output,
      onStarted: () => {
        output.note(startedNote(running, roles));
        return Promise.resolve();
      },
    });
  },
};

function startedNote({ entries }: CheckedInstallation, roles: readonly Role[]): string {
  const running = entries.filter((entry) => roles.includes(entry.role));
  const portals = running
    .filter((entry) => entry.role === 'web')
    .map((entry) => `http://${String(entry.entry['listen'])}/`);
  const where = portals.length === 0 ? '' : `; the portal: ${portals.join(', ')}`;
  return `${running.length} parts started${where}`;
}

export function outputFor(args: Args, quiet = args.flag('quiet'), hushed?: () => boolean): Output {
  return createOutput({
    json: args.flag('json'),
    verbose: args.flag('verbose'),
    quiet,
    ...(hushed === undefined ? {} : { hushed }),
    paint: styleFor(process.stdout, process.env),
  });
}

/** `--roles` takes singular and plural names. @throws UsageError */
function wantedRoles(text: string | undefined): readonly Role[] {
  if (text === undefined) return ROLE_ORDER;
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== 'broker')
    .map((word) => {
      const role = ROLE_ORDER.find((each) => each === word || SECTION_OF[each] === word);
      if (role !== undefined) return role;
      throw new UsageError(`--roles: there is no role "${word}"`, { hint: `known: broker, ${ROLE_ORDER.join(', ')}` });
    });
}

/** With `--roles` the broker runs only when it is among them. */
function withoutBroker(checked: CheckedInstallation): CheckedInstallation {
  const { installation } = checked;
  const { listen: _, ...broker } = installation.broker;
  return { ...checked, installation: { ...installation, broker } };
}

/** Every address that the broker and the wanted roles will listen on. */
export function wantedAddresses(checked: CheckedInstallation, roles: readonly Role[]): readonly WantedAddress[] {
  const { installation, entries } = checked;
  const { listen, websocket } = installation.broker;
  const wanted = (key: string, address: string | undefined): readonly WantedAddress[] =>
    address === undefined
      ? []
      : [{ label: `broker.${key}`, address, line: installation.source.lineOf(['broker', key]) }];
  const broker = listen === undefined ? [] : [...wanted('listen', listen), ...wanted('websocket', websocket)];
  return [...broker, ...entries.filter((entry) => roles.includes(entry.role)).flatMap((entry) => entry.addresses)];
}
