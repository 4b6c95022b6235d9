/** `kaiku doctor`: is everything there that a good run needs? */
import type { Args } from '../args.ts';
import { EXIT, type Command } from '../command.ts';
import type { Finding } from '../doctor/finding.ts';
import * as machine from '../doctor/machine.ts';
import { UsageError } from '../errors.ts';
import { styleFor, type Style } from '../terminal/style.ts';
import { configFile, configOption, jsonOption } from './options.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'check versions, ports, rights, clock, disk, broker and stores',
  description: `Each line is good (✓), worth knowing (!) or bad (✗), with a remedy. Without a configuration only the machine
is looked at. Exit code 1 when anything is bad.`,
  options: { config: configOption, json: jsonOption },
  examples: [['kaiku doctor -c kaiku.yaml', 'before the first start, or when something is odd']],
  run: async (args) => {
    const paint = styleFor(process.stdout, process.env);
    const all: Finding[] = [];
    const show = (...findings: readonly Finding[]): void => {
      all.push(...findings);
      if (!args.flag('json')) for (const finding of findings) process.stdout.write(lineOf(finding, paint));
    };
    show(machine.node(), machine.sqlite(), machine.engine());
    const file = fileOrNone(args);
    if (file === undefined) {
      show(await machine.natsServer(false));
      await showMachine(show, process.cwd());
    } else {
      const look = await import('../doctor/installation.ts');
      const { finding, checked } = await look.configuration(file);
      show(await machine.natsServer(checked?.installation.broker.listen !== undefined));
      await showMachine(show, checked?.installation.dataDir ?? process.cwd());
      show(finding);
      if (checked !== undefined) {
        show(...(await look.ports(checked)));
        show(...look.keys(checked));
        show(await look.broker(checked));
        show(...(await look.stores(checked)));
      }
    }
    const bad = all.filter(({ state }) => state === 'bad').length;
    const warnings = all.filter(({ state }) => state === 'warning').length;
    if (args.flag('json')) process.stdout.write(`${JSON.stringify({ ok: bad === 0, findings: all })}\n`);
    else process.stdout.write(`\n${bad === 0 ? 'nothing bad' : `${bad} bad`}, ${warnings} worth knowing\n`);
    return bad === 0 ? EXIT.ok : EXIT.failed;
  },
};

async function showMachine(show: (...findings: readonly Finding[]) => void, dataDir: string): Promise<void> {
  show(
    machine.rawSockets(),
    await machine.clock(),
    await machine.fonts(),
    machine.memory(),
    await machine.disk(dataDir),
  );
}

function fileOrNone(args: Args): string | undefined {
  try {
    return configFile(args);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

const WIDTH = 22;

function lineOf({ state, what, detail, remedy }: Finding, paint: Style): string {
  const sign = state === 'ok' ? paint.green('✓') : state === 'warning' ? paint.yellow('!') : paint.red('✗');
  const next = remedy === undefined ? '' : `  ${' '.repeat(WIDTH)} ${paint.dim(`→ ${remedy}`)}\n`;
  return `${sign} ${what.padEnd(WIDTH)} ${detail}\n${next}`;
}
