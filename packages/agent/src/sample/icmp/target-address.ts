/** Addresses of targets that are given by name. A name server that is away changes nothing: what was known holds. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

const RESOLVE_EVERY_MS = 300_000;

export class TargetAddress {
  readonly #name: string;
  #resolved: string | undefined;
  #resolvedAtMs = -Infinity;
  #unknown = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** The name servers were there and know of no such name: the target's fault, where their silence is not. */
  get unknown(): boolean {
    return this.#unknown;
  }

  /** An IPv4 or IPv6 address; undefined while the name has never been resolved. */
  async resolve(): Promise<string | undefined> {
    if (isIP(this.#name) !== 0) return this.#name;
    const nowMs = performance.now();
    if (this.#resolved !== undefined && nowMs - this.#resolvedAtMs < RESOLVE_EVERY_MS) return this.#resolved;
    try {
      this.#resolved = (await lookup(this.#name, { order: 'ipv4first' })).address;
      this.#resolvedAtMs = nowMs;
      this.#unknown = false;
    } catch (error) {
      // An answer that has grown old is better than none.
      this.#unknown = (error as NodeJS.ErrnoException).code === 'ENOTFOUND';
    }
    return this.#resolved;
  }
}
