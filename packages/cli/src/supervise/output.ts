/**
 * What a supervisor shows: condensed lines for people, or the children's JSON as it stands. Its own
 * words go to stderr, so that stdout stays one stream of log lines.
 */
import type { Style } from '../terminal/style.ts';
import { prettyLine, readLine } from './line.ts';

export interface Output {
  /** A line that a child wrote. */
  line(role: string, name: string, line: string, stream: 'stdout' | 'stderr'): void;
  /** Something that happened to a child. */
  event(role: string, name: string, what: string, bad: boolean): void;
  note(text: string): void;
  problem(text: string): void;
}

export interface OutputOptions {
  readonly json: boolean;
  /** Show debug lines too. */
  readonly verbose: boolean;
  /** Show only warnings and errors of the children. */
  readonly quiet: boolean;
  /** While true, the children's warnings stay in their logs: parts that start together miss each other for a moment. */
  readonly hushed?: () => boolean;
  readonly paint: Style;
}

const label = (role: string, name: string): string =>
  role === name || name.startsWith(role) ? name : `${role}/${name}`;
const clock = (): string => new Date().toISOString().slice(11, 19);

export function createOutput({ json, verbose, quiet, hushed, paint }: OutputOptions): Output {
  const own = (text: string): void => void process.stderr.write(`${paint.dim(clock())} ${text}\n`);
  const record = (fields: Readonly<Record<string, unknown>>): void =>
    void process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), role: 'up', ...fields })}\n`);
  if (json) {
    return {
      line: (role, name, line) => {
        if (line.startsWith('{')) process.stdout.write(`${line}\n`);
        else record({ level: 30, role, name, msg: line });
      },
      event: (role, name, what, bad) => record({ level: bad ? 40 : 30, part: `${role}/${name}`, msg: what }),
      note: (text) => record({ level: 30, msg: text }),
      problem: (text) => record({ level: 50, msg: text }),
    };
  }
  return {
    line: (role, name, line, stream) => {
      const read = readLine(line, stream);
      if (read.level === 'debug' && !verbose) return;
      if (read.level === 'info' && quiet && !verbose) return;
      if (read.level === 'warn' && hushed?.() === true && !verbose) return;
      const stamped = read.time === '' ? { ...read, time: clock() } : read;
      process.stdout.write(`${prettyLine(label(role, name), stamped, paint)}\n`);
    },
    event: (role, name, what, bad) => {
      if (!bad && quiet) return;
      own(
        `${paint.hue(label(role, name), label(role, name).padEnd(18))} ${bad ? paint.yellow(`! ${what}`) : paint.dim(what)}`,
      );
    },
    note: (text) => own(paint.bold(text)),
    problem: (text) => own(paint.red(`✗ ${text}`)),
  };
}
