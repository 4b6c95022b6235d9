/**
 * Where a device is: its IP address, or what its name resolves to. A name is resolved again every five minutes, and sooner
 * when the device fell silent, for it may have moved. That happens beside the cycles: an address that has grown old is
 * better than waiting for a resolver that does not answer. Fed by the system's resolver, feeds the device's session.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const RESOLVE_EVERY_MS = 300_000;
/** After a failure, and after the device fell silent. */
const AGAIN_MS = 30_000;

export type Resolve = (name: string) => Promise<string>;

const systemResolve: Resolve = async (name) => (await lookup(name)).address;

export class Address {
  readonly name: string;
  readonly #resolve: Resolve;
  /** The last one known. */
  current: string | undefined;
  #dueMs = -Infinity;
  #resolving: Promise<void> | undefined;

  /** @param resolve replaced in tests */
  constructor(name: string, resolve: Resolve = systemResolve) {
    this.name = name;
    this.#resolve = resolve;
    if (isIP(name) !== 0) {
      this.current = name;
      this.#dueMs = Infinity;
    }
  }

  /** Has it resolved where that is due; waits only for the first address, and no longer than told. */
  async refresh(nowMs: number, waitMs: number): Promise<void> {
    if (nowMs >= this.#dueMs) this.#begin(nowMs);
    if (this.current !== undefined || this.#resolving === undefined) return;
    const patience = new AbortController();
    await Promise.race([this.#resolving, delay(waitMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
  }

  /** The device does not answer where it was. */
  doubt(nowMs: number): void {
    this.#dueMs = isIP(this.name) === 0 ? Math.min(this.#dueMs, nowMs + AGAIN_MS) : Infinity;
  }

  #begin(nowMs: number): void {
    this.#dueMs = nowMs + AGAIN_MS;
    this.#resolving ??= this.#ask(nowMs).finally(() => {
      this.#resolving = undefined;
    });
  }

  async #ask(nowMs: number): Promise<void> {
    try {
      this.current = await this.#resolve(this.name);
      this.#dueMs = nowMs + RESOLVE_EVERY_MS;
    } catch {
      // What the name was before is kept.
    }
  }
}
