/**
 * One process of a cluster under test: started, killed, paused and started again as a row of the fault matrix
 * wants it. Nothing restarts it by itself (a test decides what runs), except where `keepAlive` says so.
 *
 * Node processes get their end-of-parent from the pipe on stdin (KAIKU_SUPERVISED, as under `kaiku up`), other
 * programs from the kernel where `setpriv` is there; so a killed test leaves nothing behind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import { ServerStartError } from '../errors.ts';
import { findBinary } from '../servers/binary.ts';
import { waitFor } from '../servers/wait.ts';

export interface PartSpec {
  readonly name: string;
  readonly command: string;
  readonly arguments: () => readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Answers true when it can be used; asked until then. */
  readonly ready: () => boolean | Promise<boolean>;
  readonly logFile: string;
}

const READY_MS = 60_000;
const GRACE_MS = 9000;
const KILLED_MS = 20_000;
/** A log grows to this and no further: an hour of a noisy fault must not fill the disk. */
const LOG_BYTES = 8 * 1024 * 1024;
const TAIL_CHARS = 2000;
/** Of /proc, on every Linux there is. */
const TICKS_PER_SECOND = 100;

/** Should the test's own process end without stopping them, they end too, paused or not. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

export class ClusterPart {
  readonly name: string;
  readonly #spec: PartSpec;
  #child: ChildProcess | undefined;
  #log: WriteStream | undefined;
  #logged = 0;
  #paused = false;
  #starts = 0;

  constructor(spec: PartSpec) {
    this.name = spec.name;
    this.#spec = spec;
  }

  get pid(): number | undefined {
    return this.running ? this.#child?.pid : undefined;
  }

  get running(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get starts(): number {
    return this.#starts;
  }

  /** How its last process ended; empty while it runs or was never started. */
  get ending(): string {
    const child = this.#child;
    if (child === undefined || this.running) return '';
    return child.signalCode ?? `exit code ${child.exitCode ?? '?'}`;
  }

  /** Starts it and waits until it is ready (not when `wait` is false). No effect while it runs. */
  async start({ wait = true }: { readonly wait?: boolean } = {}): Promise<void> {
    if (!this.running) this.#spawn();
    if (!wait) return;
    const child = this.#child;
    try {
      await waitFor(
        async () => this.#child !== child || !this.running || (await this.#spec.ready()),
        READY_MS,
        `${this.name} to be ready`,
      );
    } catch (cause) {
      throw new ServerStartError(`${this.name} is not ready: ${this.tail()}`, { cause });
    }
    if (this.#child === child && !this.running) {
      throw new ServerStartError(`${this.name} ended (${this.ending}): ${this.tail()}`);
    }
  }

  #spawn(): void {
    const { command, arguments: words, environment, logFile } = this.#spec;
    this.#log ??= createWriteStream(logFile, { flags: 'a' });
    const node = command === process.execPath;
    const wrapper = node ? undefined : findBinary('setpriv');
    const [program, args] =
      wrapper === undefined ? [command, words()] : [wrapper, ['--pdeathsig', 'KILL', command, ...words()]];
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A Ctrl-C on the terminal is for whoever runs the test, not for its parts.
      detached: true,
      env: { ...process.env, ...environment, ...(node ? { KAIKU_SUPERVISED: '1' } : {}), NODE_NO_WARNINGS: '1' },
    });
    this.#child = child;
    this.#paused = false;
    living.add(child);
    child.once('exit', () => living.delete(child));
    this.#starts += 1;
    child.stdin.on('error', () => undefined);
    child.on('error', () => undefined);
    const keep = (chunk: Buffer): void => {
      if (this.#logged > LOG_BYTES) return;
      this.#logged += chunk.length;
      this.#log?.write(chunk);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
  }

  /** SIGKILL, and its end awaited. @throws when another signal does not end it; it is killed then all the same */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.running) return;
    this.#child?.kill(signal);
    try {
      await waitFor(() => !this.running, KILLED_MS, `${this.name} to end by ${signal}`);
    } catch (error) {
      this.#child?.kill('SIGKILL');
      await waitFor(() => !this.running, KILLED_MS, `${this.name} to be killed`);
      throw error;
    } finally {
      this.#paused = false;
    }
  }

  /** SIGTERM, then SIGKILL after a grace period. Idempotent. */
  async stop(): Promise<void> {
    if (this.running) {
      this.resume();
      this.#child?.kill('SIGTERM');
      try {
        await waitFor(() => !this.running, GRACE_MS, `${this.name} to stop`);
      } catch {
        await this.kill();
      }
    }
    this.#log?.end();
    this.#log = undefined;
  }

  /** SIGSTOP: it holds its sockets and says nothing. */
  pause(): void {
    if (!this.running || this.#paused) return;
    this.#child?.kill('SIGSTOP');
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#child?.kill('SIGCONT');
    this.#paused = false;
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** The end of its log, for a message. */
  tail(): string {
    try {
      return readFileSync(this.#spec.logFile, 'utf8').slice(-TAIL_CHARS);
    } catch {
      return '';
    }
  }

  /** Resident memory in bytes; 0 while it does not run. */
  residentBytes(): number {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(this.#proc('status'))?.[1];
    return Number(kib ?? 0) * 1024;
  }

  /** Seconds of processor time its present process has taken; 0 while it does not run. */
  cpuSeconds(): number {
    const text = this.#proc('stat');
    // The name in parentheses may hold anything; times follow behind it.
    const [user = 0, system = 0] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return (user + system) / TICKS_PER_SECOND;
  }

  #proc(file: string): string {
    const { pid } = this;
    if (pid === undefined) return '';
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  }
}
