/** Starts keeper-process.ts as often as a test wants, and collects what they say. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@kaiku/testkit';

const SCRIPT = fileURLToPath(import.meta.resolve('./keeper-process.ts'));
/** To begin: Node, the sources, and the first connection. What is measured begins after. */
const BEGIN_MS = 60_000;

export interface Act {
  readonly name: string;
  readonly partition: number;
  readonly token: number;
  readonly atMs: number;
}

export class Keepers {
  readonly acts: Act[] = [];
  readonly #arguments: readonly string[];
  readonly #children = new Map<string, ChildProcess>();

  constructor(...after: readonly (string | number)[]) {
    this.#arguments = after.map(String);
  }

  /** Starts them at once; resolves when all are at work. */
  async start(url: string, ...names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#start(url, name)));
  }

  async #start(url: string, name: string): Promise<void> {
    const child = spawn(process.execPath, [SCRIPT, url, name, ...this.#arguments], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.set(name, child);
    let ready = false;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Omit<Act, 'name'> | { readonly ready: true };
      if ('ready' in said) ready = true;
      else this.acts.push({ name, ...said });
    });
    await waitFor(() => ready, BEGIN_MS, `${name} at work`);
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.#children.get(name)?.kill(signal);
  }

  async end(): Promise<void> {
    for (const child of this.#children.values()) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await new Promise((done) => child.once('exit', done));
    }
    this.#children.clear();
    this.acts.length = 0;
  }

  /** Partitions acted for since a moment, by name. */
  heldSince(sinceMs: number): ReadonlyMap<string, ReadonlySet<number>> {
    const out = new Map<string, Set<number>>();
    for (const { name, partition, atMs } of this.acts) {
      if (atMs < sinceMs) continue;
      const set = out.get(name) ?? new Set();
      out.set(name, set.add(partition));
    }
    return out;
  }

  /** Partitions acted for by any of these. */
  coveredSince(sinceMs: number, ...names: readonly string[]): number {
    const acted = this.acts.filter(({ name, atMs }) => atMs >= sinceMs && names.includes(name));
    return new Set(acted.map(({ partition }) => partition)).size;
  }
}
