/**
 * Which devices are known to be down, by anybody's alarms: the reason why alarms of what is reached through them
 * wait. Fed by own and other analyzers' alarm events. No clock, no I/O.
 */
interface DownState {
  readonly active: boolean;
  readonly tsMs: number;
}

const MAX_DEPTH = 16;

export class DownDevices {
  readonly #states = new Map<string, DownState>();

  note(entity: string, event: string, tsMs: number): void {
    if (event !== 'raised' && event !== 'changed' && event !== 'cleared') return;
    const known = this.#states.get(entity);
    if (known !== undefined && known.tsMs > tsMs) return;
    this.#states.set(entity, { active: event !== 'cleared', tsMs });
  }

  /**
   * Is a device cut off: all it is reached through down, or cut off themselves? A parent that came back after the
   * device's observation at `tsMs` still counts: only a newer look at the device tells whether it has a fault of its own.
   */
  isCutOff(
    parents: readonly string[],
    tsMs: number,
    parentsOf: (entity: string) => readonly string[],
    depth = 0,
  ): boolean {
    if (parents.length === 0 || depth > MAX_DEPTH) return false;
    return parents.every((parent) => {
      const state = this.#states.get(parent);
      if (state !== undefined && (state.active || state.tsMs >= tsMs)) return true;
      return this.isCutOff(parentsOf(parent), tsMs, parentsOf, depth + 1);
    });
  }
}
