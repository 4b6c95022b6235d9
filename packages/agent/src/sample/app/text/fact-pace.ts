/**
 * Keeps facts that change with every answer from filling stores: banners hold the time of day or a session's number,
 * load balancers show one of several certificates. Such a fact is written once an hour, and again when it has settled.
 * That a text begins or ends (a reason does) is written at once. One for each check. Pure but for its memory.
 */

/** Changes in a row that may still be news. */
const CHANGES = 3;
const VOLATILE_EVERY_MS = 3_600_000;

interface Known {
  value: string;
  /** Changes in a row. */
  changes: number;
  writtenMs: number;
}

export class FactPace {
  readonly #known = new Map<string, Known>();

  /** Whether to write it. */
  takes(name: string, value: string, slotMs: number): boolean {
    const known = this.#known.get(name);
    if (known === undefined) {
      this.#known.set(name, { value, changes: 0, writtenMs: slotMs });
      return true;
    }
    const turn = value === '' || known.value === '';
    known.changes = turn || value === known.value ? 0 : known.changes + 1;
    known.value = value;
    const takes = known.changes <= CHANGES || slotMs - known.writtenMs >= VOLATILE_EVERY_MS;
    if (takes) known.writtenMs = slotMs;
    return takes;
  }
}
