/** When a device started: its counters and its uptime begin anew at each. Times are ms since 1970. */
export class Boots {
  readonly #atMs: number[];

  /** @param atMs ascending; the first holds for all time before it too */
  constructor(atMs: readonly [number, ...number[]]) {
    this.#atMs = [...atMs];
  }

  /** Start of the run that `atMs` falls into. */
  bootOf(atMs: number): number {
    for (let index = this.#atMs.length - 1; index > 0; index -= 1) {
      const boot = this.#atMs[index] ?? 0;
      if (boot <= atMs) return boot;
    }
    return this.#atMs[0] ?? 0;
  }

  /** It starts again now. What was planned for later stays planned. */
  reboot(atMs: number): void {
    this.#atMs.push(atMs);
    this.#atMs.sort((a, b) => a - b);
  }
}
