/**
 * Work asked for out of turn, at most once in ten seconds for each device: the first request is done at once, those that
 * follow too early are done together at the end of the ten seconds, so that the last change is never missed.
 */
const REST_MS = 10_000;

interface Rest {
  /** Asked for meanwhile. */
  again: boolean;
  readonly timer: NodeJS.Timeout;
}

export class Soon {
  readonly #work: (entity: string) => Promise<void>;
  readonly #failed: (entity: string, error: unknown) => void;
  readonly #resting = new Map<string, Rest>();

  constructor(work: (entity: string) => Promise<void>, failed: (entity: string, error: unknown) => void) {
    this.#work = work;
    this.#failed = failed;
  }

  ask(entity: string): true {
    const resting = this.#resting.get(entity);
    if (resting === undefined) this.#run(entity);
    else resting.again = true;
    return true;
  }

  stop(): void {
    for (const { timer } of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
  }

  #run(entity: string): void {
    const timer = setTimeout(() => {
      const again = this.#resting.get(entity)?.again === true;
      this.#resting.delete(entity);
      if (again) this.#run(entity);
    }, REST_MS);
    timer.unref();
    this.#resting.set(entity, { again: false, timer });
    this.#work(entity).catch((error: unknown) => this.#failed(entity, error));
  }
}
