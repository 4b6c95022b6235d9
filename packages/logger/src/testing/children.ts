/** Processes of tests: started with Node as it stands, ended for certain. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  /** Last lines of its log, for a failing test's message. */
  readonly tail: () => string;
  kill(): Promise<void>;
}

function start(args: readonly string[]): Child {
  const process_ = spawn(process.execPath, args, {
    cwd: PACKAGE,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  let text = '';
  for (const stream of [process_.stdout, process_.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      text = (text + bytes.toString()).slice(-4000);
    });
  }
  return {
    process: process_,
    tail: () => text,
    kill: async () => {
      if (process_.exitCode !== null || process_.signalCode !== null) return;
      const gone = once(process_, 'exit');
      process_.kill('SIGKILL');
      await gone;
    },
  };
}

/** A service of an installation file, by its `main`. */
export function startService(door: string, config: string, name: string): Child {
  const code = `const { main } = await import(${JSON.stringify(door)}); await main(${JSON.stringify({ config, name })});`;
  return start(['--input-type=module', '-e', code]);
}

export function startProgram(file: URL, args: readonly string[]): Child {
  return start([fileURLToPath(file), ...args]);
}
