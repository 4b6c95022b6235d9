/** The segments read last, for whoever reads many batches of one hour: replays go through whole hours. */
import { isSegment, Segment } from './segment.ts';

/** Each some 20 MB while it is held. */
const MOST = 2;

export class SegmentCache {
  /** Least recently used first. */
  readonly #held = new Map<string, Segment>();

  /**
   * @param name of the file and the segment in it
   * @param load its bytes; undefined when there are none
   * @throws what `load` throws, and when a segment whose hash is right cannot be read (no memory): it is not lost then
   */
  get(name: string, load: () => Uint8Array | undefined): Segment | 'absent' | 'damaged' {
    let segment = this.#held.get(name);
    if (segment === undefined) {
      const bytes = load();
      if (bytes === undefined) return 'absent';
      if (!isSegment(bytes)) return 'damaged';
      segment = new Segment(bytes);
    }
    this.#held.delete(name);
    this.#held.set(name, segment);
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= MOST) break;
      this.#held.delete(oldest);
    }
    return segment;
  }

  clear(): void {
    this.#held.clear();
  }
}
