/** Remembers the last few thousand ids: a message that comes by two ways is heard once. Bounded memory. */
const GENERATION = 4096;

export class Seen {
  #young = new Set<string>();
  #old = new Set<string>();

  /** Was this id here before? Remembers it. */
  before(id: string): boolean {
    if (this.#young.has(id) || this.#old.has(id)) return true;
    this.#young.add(id);
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    return false;
  }
}
