/** Runs the history process and shows how far it is. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../errors.ts';

export interface HistoryJob {
  readonly catalog: string;
  readonly dataDir: string;
  readonly anchorMs: number;
  readonly agents: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

export interface HistoryMessage {
  readonly agent: string;
  readonly percent: number;
  /** Given once, when the agent's buffer is complete. */
  readonly done?: { readonly batches: number; readonly samples: number; readonly series: number };
}

/** @throws CommandError when it fails; resolves early, incomplete, when told to stop */
export async function fillHistory(
  job: HistoryJob,
  onMessage: (message: HistoryMessage) => void,
  signal: AbortSignal,
): Promise<void> {
  const program = fileURLToPath(new URL('history-process.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, program, JSON.stringify(job)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, KAIKU_SUPERVISED: '1' },
    detached: true,
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2000)));
  createInterface({ input: child.stdout }).on('line', (line) => onMessage(JSON.parse(line) as HistoryMessage));
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  signal.removeEventListener('abort', stop);
  if (code !== 0 && !signal.aborted) {
    throw new CommandError(`the history could not be written: ${complaint.trim()}`, {
      hint: 'is the disk full? kaiku demo --no-history runs without',
    });
  }
}
