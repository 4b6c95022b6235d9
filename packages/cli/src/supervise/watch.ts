/**
 * Asks the running children that can be asked, and kills the one that hangs; the supervisor's back-off starts it
 * again. Fed by the supervisor with children that have a probe; what counts as hanging is decided in `silence.ts`.
 *
 * When this process itself was late (a starved or sleeping machine) the look is no evidence against anybody.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child.ts';
import { Excuses } from './excuses.ts';
import type { Probe } from './probes.ts';
import { afterLook, hangs, SILENCE, type Silence, type SilencePolicy } from './silence.ts';

export interface WatchPolicy extends SilencePolicy {
  /** Between two looks. */
  readonly everyMs: number;
  /** An answer must come within this. */
  readonly answerMs: number;
  /** Own timers later than this: the machine is starved. */
  readonly lateMs: number;
}

export const WATCH: WatchPolicy = { ...SILENCE, everyMs: 2000, answerMs: 3000, lateMs: 1000 };

const TICK_MS = 250;

export class Watch {
  readonly #child: Child;
  readonly #probe: Probe;
  readonly #policy: WatchPolicy;
  readonly #abort = new AbortController();
  readonly #excuses = new Excuses();
  #silence: Silence | undefined;

  constructor(child: Child, probe: Probe, policy: WatchPolicy) {
    this.#child = child;
    this.#probe = probe;
    this.#policy = policy;
    void this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#probe.close?.();
  }

  async #run(): Promise<void> {
    for (;;) {
      const lateMs = await this.#pause();
      if (this.#abort.signal.aborted) return;
      await this.#look(lateMs);
    }
  }

  async #look(pausedLateMs: number): Promise<void> {
    const { pid, state } = this.#child;
    if (pid === undefined || state !== 'running') return;
    const clock = lateness();
    const answered = await this.#probe.ask(this.#policy.answerMs);
    const lateMs = Math.max(pausedLateMs, clock());
    if (this.#child.pid !== pid || this.#child.state !== 'running') return;
    const atMs = performance.now();
    const late = lateMs > this.#policy.lateMs ? 'the machine is busy' : '';
    const excuse = answered ? '' : this.#excuses.of(pid) || (this.#probe.excuse?.() ?? '') || late;
    this.#silence = afterLook(this.#silence, { pid, atMs, answered, excuse });
    if (hangs(this.#silence, atMs, this.#policy)) this.#child.killHung(atMs - this.#silence.sinceMs);
  }

  /** Answers how late its end was. */
  async #pause(): Promise<number> {
    const clock = lateness();
    const { signal } = this.#abort;
    await sleep(this.#policy.everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    return clock();
  }
}

/** Measures by how much timers come late, until asked. */
function lateness(): () => number {
  let dueMs = performance.now() + TICK_MS;
  let mostMs = 0;
  const tick = (): void => {
    const nowMs = performance.now();
    mostMs = Math.max(mostMs, nowMs - dueMs);
    dueMs = nowMs + TICK_MS;
  };
  const timer = setInterval(tick, TICK_MS).unref();
  return () => {
    clearInterval(timer);
    tick();
    return mostMs;
  };
}
