/** `kaiku fault`: break things on purpose and count what is lost. */
import { join } from 'node:path';
import { EXIT, type Command } from '../command.ts';
import { UsageError } from '../errors.ts';
import { jsonOption, ROOT } from './options.ts';

/** A hundred from here on. */
const BASE_PORT = 20_660;
const MINUTES = 60;

export const faultCommand: Command = {
  name: 'fault',
  summary: 'break parts on purpose and count what is lost',
  description: `Starts an installation of its own (in a temporary folder, on ports 20660 to 20759, or the next hundred when another run holds them), lets agents generate known
samples, injects faults, heals, and compares what the agents sealed with what every store holds.

Without --long: the rows of the fault matrix, on four clusters side by side, and a table. With --long: random faults drawn from
a seed for as many minutes as wanted; Ctrl-C ends it early, heals, and reports what was done so far.
Exit code 1 when anything was lost, doubled or wrong. As root, small disks are mounted and filled as well.`,
  options: {
    row: { type: 'text', short: 'r', value: 'N[,N...]', help: 'only these rows of the matrix' },
    part: {
      type: 'text',
      short: 'p',
      value: 'PART',
      help: 'only rows of agent, network, broker, logger, store or all',
    },
    long: { type: 'boolean', help: 'random faults for a long time' },
    seed: { type: 'number', value: 'N', help: 'with --long: the seed of the faults (default: drawn, and printed)' },
    minutes: { type: 'number', value: 'N', help: `with --long: how long (default: ${MINUTES})` },
    csv: { type: 'text', value: 'FILE', help: 'with --long: memory and disk over time (default: kaiku-fault.csv)' },
    port: { type: 'number', value: 'PORT', help: `first of the hundred ports it uses (default: ${BASE_PORT})` },
    json: jsonOption,
  },
  examples: [
    ['kaiku fault', 'all rows, some three minutes'],
    ['kaiku fault --row 15,16', 'the broker killed, and wiped'],
    ['kaiku fault --long --minutes 60 --seed 7', 'an hour of random faults'],
  ],
  run: async (args) => {
    const { runFaultRows, runLong } = await import('../fault/run.ts');
    const stop = new AbortController();
    let asked = 0;
    const onSignal = (): void => {
      asked += 1;
      if (asked > 1) process.exit(EXIT.failed);
      process.stderr.write('ending: healing and counting; once more to end at once\n');
      stop.abort();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    const common = {
      root: ROOT,
      basePort: args.number('port') ?? BASE_PORT,
      json: args.flag('json'),
      signal: stop.signal,
    };
    if (!args.flag('long')) {
      return runFaultRows({ ...common, part: args.text('part'), rows: rowsOf(args.text('row')) });
    }
    const minutes = args.number('minutes') ?? MINUTES;
    const seed = args.number('seed') ?? Math.floor(Math.random() * 1e9);
    if (!(minutes > 0) || !Number.isSafeInteger(seed) || seed < 0) {
      throw new UsageError('fault: --minutes must be above 0, --seed a whole number from 0');
    }
    return runLong({ ...common, minutes, seed, csvFile: args.text('csv') ?? join(process.cwd(), 'kaiku-fault.csv') });
  },
};

function rowsOf(text: string | undefined): ReadonlySet<number> | undefined {
  if (text === undefined) return undefined;
  const rows = text.split(',').map(Number);
  if (rows.some((row) => !Number.isSafeInteger(row) || row < 1)) {
    throw new UsageError(`fault: --row "${text}" is not a list of row numbers`, { hint: 'for example --row 15,16' });
  }
  return new Set(rows);
}
