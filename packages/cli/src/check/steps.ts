/** The steps of `kaiku check`: foreign tools by name and arguments, and the dependency rules. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { scan } from './scan.ts';

export interface StepResult {
  readonly ok: boolean;
  readonly output: string;
}

export interface Step {
  readonly name: string;
  readonly run: (root: string) => Promise<StepResult>;
}

const tool =
  (command: string, ...args: readonly string[]) =>
  (root: string): Promise<StepResult> =>
    new Promise((done) => {
      const child = spawn(join(root, 'node_modules/.bin', command), args, {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.once('error', (error) => done({ ok: false, output: error.message }));
      child.once('close', (code) => done({ ok: code === 0, output }));
    });

function rules(root: string): Promise<StepResult> {
  const found = scan(root);
  const output = found.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n');
  return Promise.resolve({ ok: found.length === 0, output });
}

export const STEPS: readonly Step[] = [
  { name: 'format', run: tool('oxfmt', '--check') },
  { name: 'dependencies', run: rules },
  { name: 'lint', run: tool('oxlint', '--type-aware', '--deny-warnings') },
  { name: 'types', run: tool('tsc', '--noEmit', '-p', 'tsconfig.json') },
  { name: 'dead code', run: tool('knip', '--no-progress') },
];
