/** Addresses of targets that are given by name. A name server that is away changes nothing: what was known holds. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

const RESOLVE_EVERY_MS = 300_000;

export class TargetAddress {
  readonly #name: string;
  #resolved: string | undefined;
  #resolvedAtMs = -Infinity;

  constructor(name: string) {
    this.#name = name;
  }

  /** An IPv4 or IPv6 address; undefined while the name has never been resolved. */
  async resolve(): Promise<string | undefined> {
    if (isIP(this.#name) !== 0) return this.#name;
    const nowMs = performance.now();
    if (this.#resolved !== undefined && nowMs - this.#resolvedAtMs < RESOLVE_EVERY_MS) return this.#resolved;
    try {
      this.#resolved = (await lookup(this.#name, { order: 'ipv4first' })).address;
      this.#resolvedAtMs = nowMs;
    } catch {
      // An answer that has grown old is better than none.
    }
    return this.#resolved;
  }
}
