/**
 * Children in stages: what is downstream starts first and stops last. Stopping goes stage by stage
 * under one deadline; a stage that is slow does not eat the time of the others: when its share is
 * over the next one is asked as well, and at the end of the time what is left is killed. What hangs is
 * killed and started again (`watch.ts`).
 */
import { BACKOFF, type BackoffPolicy } from './backoff.ts';
import { Child, type ChildEvents, type ChildSpec } from './child.ts';
import { Reaper } from './reaper.ts';
import { Watch, WATCH, type WatchPolicy } from './watch.ts';

/** `kaiku up` promises an end within 10 s; the rest is for writing the last lines. */
const STOP_WITHIN_MS = 9500;

export class Supervisor {
  readonly #stages: Child[][] = [];
  readonly #watches: Watch[] = [];
  readonly #events: ChildEvents;
  readonly #reaper: Reaper;
  readonly #policy: BackoffPolicy;
  readonly #watchPolicy: WatchPolicy;
  readonly #stopWithinMs: number;
  #stopping: Promise<void> | undefined;

  constructor(
    events: ChildEvents,
    { policy = BACKOFF, watch = WATCH, stopWithinMs = STOP_WITHIN_MS, reaper = new Reaper() } = {},
  ) {
    this.#reaper = reaper;
    this.#watchPolicy = watch;
    this.#events = {
      ...events,
      onProcess: (pid, alive) => {
        if (alive) reaper.started(pid);
        else reaper.ended(pid);
        events.onProcess?.(pid, alive);
      },
    };
    this.#policy = policy;
    this.#stopWithinMs = stopWithinMs;
  }

  get children(): readonly Child[] {
    return this.#stages.flat();
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Starts the next stage. Nothing starts any more once stopping has begun. */
  startStage(specs: readonly ChildSpec[]): readonly Child[] {
    if (this.stopping) return [];
    const stage = specs.map((spec) => new Child(spec, this.#events, this.#policy));
    this.#stages.push(stage);
    for (const child of stage) {
      child.start();
      const { probe } = child.spec;
      if (probe !== undefined) this.#watches.push(new Watch(child, probe, this.#watchPolicy));
    }
    return stage;
  }

  /** By its name; undefined while stopping, when nothing is held or started any more. */
  find(name: string): Child | undefined {
    return this.stopping ? undefined : this.children.find((child) => child.spec.name === name);
  }

  /** Ends all, upstream first, within the time. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    await this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const beganMs = Date.now();
    const unwatched = Promise.all(this.#watches.map((watch) => watch.stop()));
    const stages = this.#stages.toReversed().filter((stage) => stage.length > 0);
    const ends: Promise<unknown>[] = [];
    for (const [index, stage] of stages.entries()) {
      const ended = Promise.all(stage.map((child) => child.stop()));
      ends.push(ended);
      const shareEndsMs = beganMs + (this.#stopWithinMs * (index + 1)) / stages.length;
      await within(ended, shareEndsMs - Date.now());
    }
    const all = Promise.all(ends);
    if (!(await within(all, beganMs + this.#stopWithinMs - Date.now()))) {
      this.kill();
      await all;
    }
    await unwatched;
    this.#reaper.close();
  }

  kill(): void {
    for (const child of this.children) child.kill();
  }
}

/** True when the promise settled within the time. */
async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((done) => {
    timer = setTimeout(() => done(false), Math.max(0, ms));
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
