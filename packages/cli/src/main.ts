/**
 * The `kaiku` command: finds the command, parses its options, runs it, turns errors into one message
 * and an exit code. Fed by the launcher `./kaiku`; runs as `node packages/cli/src/main.ts` too.
 */
import { parse } from './args.ts';
import { EXIT } from './command.ts';
import { COMMANDS } from './commands.ts';
import { helpOf, overview } from './help.ts';
import { nearest } from './nearest.ts';
import { VERSION } from './version.ts';

/** Answers the exit code; undefined for a part that goes on running. */
async function run(argv: readonly string[]): Promise<number | undefined> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview(COMMANDS, VERSION));
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === '--version' || name === '-V') {
    process.stdout.write(`kaiku ${VERSION} (node ${process.version})\n`);
    return EXIT.ok;
  }
  const entry = COMMANDS.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    const names = COMMANDS.map((each) => each.name);
    const close = nearest(name, names);
    process.stderr.write(`kaiku: there is no command "${name}"\n`);
    process.stderr.write(`  hint: ${close === undefined ? `known: ${names.join(', ')}` : `did you mean ${close}?`}\n`);
    return EXIT.usage;
  }
  const command = await entry.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(command));
    return EXIT.ok;
  }
  const code = await command.run(parse(command, rest));
  return command.stays === true ? undefined : code;
}

/** A reader that went away (`kaiku query | head`) is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

/** What was written to a pipe may still wait for its reader: ending now would cut it off, unseen. */
function flushed(): Promise<void> {
  return new Promise((done) => void process.stdout.write('', () => done()));
}

try {
  const code = await run(process.argv.slice(2));
  // Whatever still waits in the background (a broker that never answered) is not waited for.
  if (code !== undefined) {
    await flushed();
    process.exit(code);
  }
} catch (error) {
  const { reportFailure } = await import('./failure.ts');
  process.exit(reportFailure(error));
}
