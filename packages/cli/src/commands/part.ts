/** `kaiku part`: hold, release, restart or list the parts that `kaiku up` or `kaiku demo` runs. */
import { EXIT, type Command } from '../command.ts';
import { UsageError } from '../errors.ts';
import { askSupervisor, type ControlledPart, type ControlRequest } from '../supervise/control.ts';
import { duration } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import { configFile, configOption, jsonOption } from './options.ts';

export const partCommand: Command = {
  name: 'part',
  summary: 'hold, release, restart or list the parts of a running installation',
  description: `Speaks to the supervisor of a running "kaiku up" or "kaiku demo". A held part is stopped and stays stopped
until it is released; the others go on, and its silence raises an alarm, as it should.`,
  positionals: { usage: 'list|hold|release|restart [NAME]', max: 2 },
  options: {
    config: configOption,
    hard: { type: 'boolean', help: 'hold: end it at once (SIGKILL), as a failure would' },
    json: jsonOption,
  },
  examples: [
    ['kaiku part list', 'all parts, with their processes'],
    ['kaiku part hold store-1', 'take a store away'],
    ['kaiku part release store-1', 'and give it back'],
  ],
  run: async (args) => {
    const { loadInstallation } = await import('@kaiku/core');
    const request = requestOf(args.positionals, args.flag('hard'));
    const { dataDir } = loadInstallation(configFile(args));
    const parts = await askSupervisor(dataDir, request);
    const text = args.flag('json') ? JSON.stringify(parts) : show(parts, Date.now());
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};

/** @throws UsageError */
function requestOf([action = 'list', name]: readonly string[], hard: boolean): ControlRequest {
  if (action === 'list') return { command: 'list' };
  if (action !== 'hold' && action !== 'release' && action !== 'restart') {
    throw new UsageError(`part: "${action}" is not known`, { hint: 'kaiku part list|hold|release|restart [NAME]' });
  }
  if (name === undefined)
    throw new UsageError(`part ${action}: which one?`, { hint: 'kaiku part list shows their names' });
  return action === 'hold' ? { command: action, name, hard } : { command: action, name };
}

function show(parts: readonly ControlledPart[], nowMs: number): string {
  return table(
    [
      { title: 'part' },
      { title: 'state' },
      { title: 'process', right: true },
      { title: 'age', right: true },
      { title: 'restarts', right: true },
    ],
    parts.map(({ role, name, state, pid, startedMs, restarts }) => [
      role === name ? name : `${role}/${name}`,
      state,
      pid === null ? '-' : String(pid),
      pid === null ? '-' : duration(nowMs - startedMs),
      String(restarts),
    ]),
    '',
  );
}
