/**
 * rrdtool in its pipe mode: one process for the whole run, so its start is not counted. Commands go in
 * a line each, answers come back ending with `OK …` or `ERROR: …`.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import { BenchError } from '../errors.ts';
import { FROM_S, HEIGHT, LABELS, STEP_S, TO_S, WIDTH } from './data.ts';

export type ImageFormat = 'SVG' | 'PNG';

/** Colours of our own palette, so that both draw the same picture. */
const COLORS = ['#0072B2', '#E69F00', '#009E73'] as const;
/** Of the system; not one of our packages. */
export const RRDTOOL = 'rrdtool';
const UPDATE_CHUNK = 200;
const ANSWER_MS = 30_000;

export class Rrdtool {
  readonly version: string;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly answers: AsyncIterator<string>;
  private readonly folder: string;

  private constructor(child: ChildProcessWithoutNullStreams, folder: string, version: string) {
    this.child = child;
    this.folder = folder;
    this.version = version;
    this.answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Undefined where rrdtool is not installed. */
  static async open(folder: string): Promise<Rrdtool | undefined> {
    const version = await versionOf();
    if (version === undefined) return undefined;
    return new Rrdtool(
      spawn(RRDTOOL, ['-'], { cwd: folder, env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' } }),
      folder,
      version,
    );
  }

  async fill(lines: readonly Float64Array[]): Promise<void> {
    const count = lines[0]?.length ?? 0;
    const sources = LABELS.map((label) => `DS:${label}:GAUGE:${2 * STEP_S}:U:U`).join(' ');
    await this.run(
      `create t.rrd --start ${FROM_S - STEP_S} --step ${STEP_S} ${sources} RRA:AVERAGE:0.5:1:${count + 10}`,
    );
    for (let start = 0; start < count; start += UPDATE_CHUNK) {
      let command = 'update t.rrd';
      for (let i = start; i < Math.min(count, start + UPDATE_CHUNK); i++) {
        command += ` ${FROM_S + (i + 1) * STEP_S}:${lines.map((line) => line[i]).join(':')}`;
      }
      await this.run(command);
    }
  }

  /** Draws once; into nowhere, so that the disk is not counted either. */
  async draw(format: ImageFormat): Promise<void> {
    await this.run(graphCommand('/dev/null', format));
  }

  async bytes(format: ImageFormat): Promise<number> {
    const file = `sample.${format.toLowerCase()}`;
    await this.run(graphCommand(file, format));
    return (await stat(join(this.folder, file))).size;
  }

  private async run(command: string): Promise<void> {
    this.child.stdin.write(`${command}\n`);
    const deadline = AbortSignal.timeout(ANSWER_MS);
    for (;;) {
      const { value, done } = await Promise.race([this.answers.next(), aborted(deadline)]);
      if (done === true) throw new BenchError('rrdtool ended or fell silent in the middle of the run');
      if (value.startsWith('OK')) return;
      if (value.startsWith('ERROR')) throw new BenchError(`rrdtool refused: ${value}`);
    }
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin.end('quit\n');
    await ended;
  }
}

const ENDED: IteratorResult<string> = { done: true, value: undefined };

async function aborted(signal: AbortSignal): Promise<IteratorResult<string>> {
  await once(signal, 'abort');
  return ENDED;
}

/** The same size in all, three lines from point to point as ours (not slower than its default, steps), the same figures in the legend, its own defaults otherwise. */
function graphCommand(file: string, format: ImageFormat): string {
  const parts = LABELS.map((label, index) => {
    const figures = ['LAST', 'MIN', 'AVERAGE', 'MAX'].map((figure) => `GPRINT:${label}:${figure}:%7.2lf%sbit/s`);
    return (
      `DEF:${label}=t.rrd:${label}:AVERAGE VDEF:${label}p=${label},95,PERCENTNAN ` +
      `LINE1.4:${label}${COLORS[index] ?? '#000000'}:${label} ${figures.join(' ')} GPRINT:${label}p:%7.2lf%sbit/s\\n`
    );
  });
  return (
    `graph ${file} --imgformat ${format} --slope-mode --full-size-mode --width ${WIDTH} --height ${HEIGHT} --title Traffic ` +
    `--vertical-label bit/s --start ${FROM_S} --end ${TO_S} ${parts.join(' ')}`
  );
}

async function versionOf(): Promise<string | undefined> {
  const child = spawn(RRDTOOL, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  try {
    await once(child, 'close');
  } catch {
    return undefined;
  }
  return /RRDtool\s+(\S+)/.exec(text)?.[1];
}
