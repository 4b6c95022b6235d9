/**
 * One supervised process: started, watched, restarted with back-off, held, stopped.
 *
 * It runs in a session of its own, so a Ctrl-C on the terminal reaches only the supervisor, which
 * stops children in order. Its stdin is a pipe the supervisor holds: when that closes, the child ends
 * (`guard.ts`). A program that does not watch its stdin is given a death signal by the kernel
 * (`setpriv --pdeathsig`) instead. Each line it writes goes to `onLine`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterExit, BACKOFF, type BackoffPolicy } from './backoff.ts';
import type { Probe } from './probes.ts';

export interface ChildSpec {
  readonly role: string;
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Priority behind others of this machine, 0 to 19. */
  readonly nice?: number;
  /** How to ask it whether it lives; without one only its end is noticed. */
  readonly probe?: Probe;
}

/** A part stops within 8 s. */
const HOLD_WITHIN_MS = 9000;

export type ChildState = 'idle' | 'running' | 'waiting' | 'stopping' | 'given-up' | 'held' | 'stopped';

export interface ChildEvents {
  onLine(spec: ChildSpec, line: string, stream: 'stdout' | 'stderr'): void;
  /** Started, ended, given up: in words for people. */
  onChange(child: Child, what: string, bad: boolean): void;
  /** A process has begun or ended, whatever it means. */
  onProcess?(pid: number, alive: boolean): void;
}

export class Child {
  readonly spec: ChildSpec;
  readonly #events: ChildEvents;
  readonly #policy: BackoffPolicy;
  #process: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #state: ChildState = 'idle';
  #failures = 0;
  #startedMs = 0;
  #restarts = 0;
  #held = false;
  #over = false;
  #holdEnds: NodeJS.Timeout | undefined;
  #ended: (() => void)[] = [];

  constructor(spec: ChildSpec, events: ChildEvents, policy: BackoffPolicy = BACKOFF) {
    this.spec = spec;
    this.#events = events;
    this.#policy = policy;
  }

  get id(): string {
    return this.spec.role === this.spec.name ? this.spec.name : `${this.spec.role}/${this.spec.name}`;
  }

  get state(): ChildState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get startedMs(): number {
    return this.#startedMs;
  }

  /** Stopped on demand, and not started again before it is released. */
  get held(): boolean {
    return this.#held;
  }

  start(): void {
    if (this.#held || (this.#state !== 'idle' && this.#state !== 'waiting')) return;
    const child = spawn(this.spec.command, this.spec.args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...this.spec.env, KAIKU_SUPERVISED: '1' },
    });
    this.#process = child;
    if (child.pid !== undefined && this.spec.nice !== undefined) yieldTo(child.pid, this.spec.nice);
    this.#startedMs = Date.now();
    this.#state = 'running';
    child.stdin.on('error', () => undefined);
    this.#follow(child.stdout, 'stdout');
    this.#follow(child.stderr, 'stderr');
    child.once('error', (error) => {
      if (child.pid === undefined) this.#onExit(child, { code: null, signal: error.message });
    });
    child.once('exit', (code, signal) => this.#onExit(child, { code, signal }));
    if (child.pid !== undefined) this.#events.onProcess?.(child.pid, true);
    if (child.pid !== undefined) this.#events.onChange(this, `started, process ${child.pid}`, false);
  }

  #follow(stream: Readable, kind: 'stdout' | 'stderr'): void {
    createInterface({ input: stream }).on('line', (line) => this.#events.onLine(this.spec, line, kind));
  }

  #onExit(child: ChildProcess, { code, signal }: { code: number | null; signal: string | null }): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    // What it left behind in its own session ends with it.
    if (child.pid !== undefined) {
      signalGroup(child.pid, 'SIGKILL');
      this.#events.onProcess?.(child.pid, false);
    }
    const how = signal === null ? `exit code ${code}` : signal;
    if (this.#state === 'stopping') {
      this.#state = this.#held ? 'held' : 'stopped';
      this.#events.onChange(this, this.#held ? 'stopped, and held' : 'stopped', false);
    } else {
      const next = afterExit(this.#failures, { code, signal, ranMs: Date.now() - this.#startedMs }, this.#policy);
      if (next.action === 'give-up') {
        this.#state = 'given-up';
        this.#events.onChange(this, `ended and is not started again: ${next.why}`, true);
      } else {
        this.#state = 'waiting';
        this.#failures = next.failures;
        this.#restarts += 1;
        this.#timer = setTimeout(() => this.start(), next.delayMs);
        this.#events.onChange(this, `ended (${how}); started again in ${next.delayMs / 1000} s`, true);
      }
    }
    for (const done of this.#ended.splice(0)) done();
  }

  /**
   * Ends it and keeps it stopped until `release`, or for so long: at once when `hard`, else as a stop does, killed
   * after a while.
   */
  async hold({ hard, forMs }: { readonly hard: boolean; readonly forMs?: number }): Promise<void> {
    this.#held = true;
    clearTimeout(this.#holdEnds);
    if (forMs !== undefined) this.#holdEnds = setTimeout(() => void this.release(), forMs).unref();
    const late = hard ? undefined : setTimeout(() => this.kill(), HOLD_WITHIN_MS);
    if (hard) await this.#killed();
    else await this.#asked();
    clearTimeout(late);
    if (this.#process !== undefined || this.#over || this.#state === 'held') return;
    this.#state = 'held';
    this.#events.onChange(this, 'held', false);
  }

  /** Starts it, whatever kept it from running; one that is still ending is waited for. */
  async release(): Promise<void> {
    this.#held = false;
    clearTimeout(this.#holdEnds);
    if (this.#state === 'stopping') await new Promise<void>((done) => this.#ended.push(done));
    if (this.#process !== undefined || this.#over) return;
    clearTimeout(this.#timer);
    this.#state = 'idle';
    this.#failures = 0;
    this.start();
  }

  async restart(): Promise<void> {
    await this.hold({ hard: false });
    await this.release();
  }

  async #killed(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#process === undefined) return;
    const ended = new Promise<void>((done) => this.#ended.push(done));
    this.kill();
    await ended;
  }

  /** Asks it to end, for good. Resolves when it has, however long that takes. */
  async stop(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#holdEnds);
    this.#held = false;
    await this.#asked();
  }

  async #asked(): Promise<void> {
    clearTimeout(this.#timer);
    const child = this.#process;
    if (child?.pid === undefined) {
      if (this.#state !== 'given-up') this.#state = 'stopped';
      return;
    }
    const ended = new Promise<void>((done) => this.#ended.push(done));
    if (this.#state !== 'stopping') {
      this.#state = 'stopping';
      child.kill('SIGTERM');
    }
    await ended;
  }

  /** Ends it because it does not answer; what follows is what follows any end. */
  killHung(silentMs: number): void {
    const pid = this.#process?.pid;
    if (pid === undefined || this.#state !== 'running') return;
    this.#events.onChange(this, `has not answered for ${Math.round(silentMs / 1000)} s; killed`, true);
    signalGroup(pid, 'SIGKILL');
  }

  /** Ends it and whatever it started, at once. */
  kill(): void {
    clearTimeout(this.#timer);
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    this.#state = 'stopping';
    signalGroup(pid, 'SIGKILL');
  }
}

/** A group that is gone is what was wanted. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in it.
  }
}

/** A process that has ended already, or a system that does not allow it: no harm. */
function yieldTo(pid: number, nice: number): void {
  try {
    setPriority(pid, nice);
  } catch {
    // Only a matter of order.
  }
}
