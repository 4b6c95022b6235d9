/**
 * Addresses of targets that are given by name. A name server that is slow or away changes nothing: what was known holds, and is
 * asked for beside the bursts. Of several addresses IPv4 ones come first, and the one in use stays while the name has it: figures of a
 * target that changes with every answer cannot be compared.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

const RESOLVE_EVERY_MS = 300_000;
/** A burst without any address waits this long for one. */
const FIRST_WAIT_MS = 3000;
/** Each holds one of Node's four threads, for ten seconds when no name server answers. */
const LOOKUPS_AT_ONCE = 2;

export type Lookup = (name: string) => Promise<readonly string[]>;

export class TargetAddress {
  readonly #name: string;
  readonly #lookup: Lookup;
  #addresses: readonly string[] = [];
  #current: string | undefined;
  #resolvedAtMs = -Infinity;
  #unknown = false;
  #asking: Promise<void> | undefined;

  /** @param ask replaced in tests */
  constructor(name: string, ask: Lookup = inTurn) {
    this.#name = name;
    this.#lookup = ask;
    if (isIP(name) !== 0) this.#current = name;
  }

  /** The name servers were there and know of no such name: the target's fault, where their silence is not. */
  get unknown(): boolean {
    return this.#unknown;
  }

  /** An IPv4 or IPv6 address; undefined while the name has never been resolved. */
  async resolve(): Promise<string | undefined> {
    if (this.#current === this.#name) return this.#current;
    if (performance.now() - this.#resolvedAtMs >= RESOLVE_EVERY_MS) this.#asking ??= this.#ask();
    if (this.#current === undefined && this.#asking !== undefined) {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([this.#asking, new Promise((done) => (timer = setTimeout(done, FIRST_WAIT_MS)))]);
      clearTimeout(timer);
    }
    return this.#current;
  }

  /** This machine has no way to the address: another one of the name may be of the family it speaks. */
  refused(): void {
    const at = this.#addresses.indexOf(this.#current ?? '');
    if (this.#addresses.length > 1) this.#current = this.#addresses[(at + 1) % this.#addresses.length];
  }

  async #ask(): Promise<void> {
    try {
      this.#addresses = await this.#lookup(this.#name);
      if (this.#current === undefined || !this.#addresses.includes(this.#current)) this.#current = this.#addresses[0];
      this.#resolvedAtMs = performance.now();
      this.#unknown = false;
    } catch (error) {
      // An answer that has grown old is better than none.
      this.#unknown = (error as NodeJS.ErrnoException).code === 'ENOTFOUND';
    } finally {
      this.#asking = undefined;
    }
  }
}

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn(name: string): Promise<readonly string[]> {
  if (running >= LOOKUPS_AT_ONCE) await new Promise<void>((turn) => waiting.push(turn));
  else running += 1;
  try {
    return (await lookup(name, { all: true, order: 'ipv4first' })).map(({ address }) => address);
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}
