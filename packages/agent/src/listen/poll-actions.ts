/**
 * What a trap makes the poller do. A link that changed: the device's tables are read soon. A start: its counters begin anew.
 * At most once in ten seconds a device; what comes in between is done at their end, so the last word is always acted on.
 */

/** The SNMP sampler as traps see it. */
export interface PollActions {
  /** Reads the entity's tables at the next opportunity, beside its slots. */
  pollSoon(entity: string): void;
  /** Its counters have been reset and its indexes may have moved. */
  dropBaselines(entity: string): void;
}

const PAUSE_MS = 10_000;
const RESTARTS: ReadonlySet<string> = new Set(['coldStart', 'warmStart']);
const CHANGES: ReadonlySet<string> = new Set(['linkDown', 'linkUp', 'entConfigChange']);

interface Pause {
  readonly timer: NodeJS.Timeout;
  restart: boolean;
  again: boolean;
}

export class TrapActions {
  readonly #actions: PollActions;
  readonly #pauses = new Map<string, Pause>();

  constructor(actions: PollActions) {
    this.#actions = actions;
  }

  /** @param name of a trap or inform whose sender is believed */
  onTrap(entity: string, name: string): void {
    const restart = RESTARTS.has(name);
    if (!restart && !CHANGES.has(name)) return;
    const pause = this.#pauses.get(entity);
    if (pause === undefined) this.#act(entity, restart);
    else {
      pause.again = true;
      pause.restart ||= restart;
    }
  }

  stop(): void {
    for (const { timer } of this.#pauses.values()) clearTimeout(timer);
    this.#pauses.clear();
  }

  #act(entity: string, restart: boolean): void {
    if (restart) this.#actions.dropBaselines(entity);
    this.#actions.pollSoon(entity);
    const timer = setTimeout(() => {
      const pause = this.#pauses.get(entity);
      this.#pauses.delete(entity);
      if (pause?.again === true) this.#act(entity, pause.restart);
    }, PAUSE_MS);
    this.#pauses.set(entity, { timer, restart: false, again: false });
  }
}
