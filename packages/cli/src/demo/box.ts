/** The box that `kaiku demo` ends its start with: where, who, what to try, how to stop. Pure. */
import type { Style } from '../terminal/style.ts';
import type { DemoState } from './state.ts';

export interface BoxFacts {
  readonly state: DemoState;
  /** How to call the launcher from here. */
  readonly kaiku: string;
  readonly dir: string;
  /** Process ids by part, for the kill line. */
  readonly pidOf: (name: string) => number | undefined;
  /** False when the box is shown before all data has arrived. */
  readonly complete: boolean;
}

export function demoBox(facts: BoxFacts, paint: Style): string {
  const { state, kaiku, pidOf } = facts;
  const address = state.host === '0.0.0.0' ? '127.0.0.1' : state.host;
  const [first, ...others] = state.ports.webs.map((port) => `http://${address}:${port}/`);
  const kill = pidOf('logger-1');
  const control = `http://127.0.0.1:${state.ports.control}`;
  const rows: readonly (readonly [string, string] | string)[] = [
    paint.bold('Kaiku runs.'),
    '',
    ['Portal', paint.bold(paint.cyan(first ?? ''))],
    ...others.map((other) => ['', `${other}   the second web server, just alike`] as const),
    ['Sign in', `${paint.bold('noc')} / ${paint.bold(state.users.noc.password)}   sees and does everything`],
    ['', `katja / ${state.users.katja.password}   sees one agency`],
    '',
    ['Try', `${kaiku} status`],
    ['', `curl -X POST ${control}/devices/hel-core-1/down   and watch the alarm list; …/up again`],
    [
      '',
      kill === undefined
        ? `kill -9 a process of ${facts.dir}/data/run.json`
        : `kill -9 ${kill}   a logger; nothing is lost, it comes back`,
    ],
    ...(state.thisMachine
      ? [['', `${kaiku} query -e this-machine -m ifHCInOctets --latest   beside snmpget`] as const]
      : []),
    '',
    ['Stop', 'Ctrl-C   the next start goes on with the data it has'],
    ['Logs', `${facts.dir}/data/logs/`],
    ...(facts.complete
      ? []
      : ['', paint.yellow('Some of the history is still on its way into the stores; graphs fill as it arrives.')]),
  ];
  const lines = rows.map((row) => (typeof row === 'string' ? row : `${row[0].padEnd(8)} ${row[1]}`));
  return frame(lines, paint);
}

// eslint-disable-next-line no-control-regex -- the escape character is what is looked for
const COLOUR = /\u001b\[\d+m/g;

function frame(lines: readonly string[], paint: Style): string {
  const length = (line: string): number => Array.from(line.replaceAll(COLOUR, '')).length;
  const width = Math.max(...lines.map(length));
  const body = lines.map((line) => `${paint.dim('│')} ${line}${' '.repeat(width - length(line))} ${paint.dim('│')}`);
  const bar = '─'.repeat(width + 2);
  return [paint.dim(`╭${bar}╮`), ...body, paint.dim(`╰${bar}╯`)].join('\n');
}
