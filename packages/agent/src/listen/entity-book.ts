/**
 * Which entity something heard is of: by the sender's address; where that is nobody's, by the address or name the message
 * itself gives (a trap that a proxy passed on, a syslog relay). Fed by the plan; names in it are looked up now and then.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { TargetPlan } from '@kaiku/catalog/plan';
import { canonicalAddress } from './thread/address.ts';

export class EntityBook {
  readonly #resolve: (name: string) => Promise<readonly string[]>;
  #names: ReadonlySet<string> = new Set();
  /** What names meant when they last meant anything. */
  readonly #resolved = new Map<string, readonly string[]>();
  #targets: readonly Pick<TargetPlan, 'entity' | 'address'>[] = [];
  /** Of the look-up under way: whoever asks meanwhile waits for the same. */
  #refreshing: Promise<boolean> | undefined;
  #byAddress = new Map<string, string>();
  #byName = new Map<string, string>();

  constructor(resolve = resolveName) {
    this.#resolve = resolve;
  }

  setTargets(targets: readonly TargetPlan[]): void {
    // One that answers SNMP is more likely the sender than another at the same address.
    this.#targets = targets
      .toSorted((a, b) => Number(b.snmp !== undefined) - Number(a.snmp !== undefined))
      .map(({ entity, address }) => ({ entity, address: canonicalAddress(address) }));
    this.#byName = new Map();
    for (const { entity, address } of this.#targets) {
      addOnce(this.#byName, entity.toLowerCase(), entity);
      if (isIP(address) === 0) addOnce(this.#byName, address.toLowerCase(), entity);
    }
    this.#names = new Set(targets.map(({ address }) => address).filter((address) => isIP(address) === 0));
    for (const name of this.#resolved.keys()) if (!this.#names.has(name)) this.#resolved.delete(name);
    this.#index();
  }

  /**
   * Looks names up, one after the other: a name server that is slow must not keep the threads all look-ups share. Answers whether
   * an address is new, gone or another's.
   */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#lookUp().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #lookUp(): Promise<boolean> {
    const before = JSON.stringify([...this.#byAddress]);
    const done = new Set<string>();
    // Names that a new plan brings meanwhile are looked up as well.
    for (let name = this.#nextName(done); name !== undefined; name = this.#nextName(done)) {
      done.add(name);
      const found = await this.#resolve(name);
      if (found.length > 0 && this.#names.has(name)) this.#resolved.set(name, found);
    }
    this.#index();
    return JSON.stringify([...this.#byAddress]) !== before;
  }

  #nextName(done: ReadonlySet<string>): string | undefined {
    for (const name of this.#names) if (!done.has(name)) return name;
    return undefined;
  }

  #index(): void {
    this.#byAddress = new Map();
    for (const { entity, address } of this.#targets) {
      for (const each of this.#resolved.get(address) ?? (this.#names.has(address) ? [] : [address])) {
        addOnce(this.#byAddress, each, entity);
      }
    }
  }

  get addresses(): readonly string[] {
    return [...this.#byAddress.keys()];
  }

  /** Empty when it is nobody's. */
  entityOf(source: string, origin: string | undefined): string {
    const direct = this.#byAddress.get(source);
    if (direct !== undefined || origin === undefined) return direct ?? '';
    const name = canonicalAddress(origin.toLowerCase());
    return this.#byAddress.get(name) ?? this.#byName.get(name) ?? this.#byName.get(name.replace(/\..*$/s, '')) ?? '';
  }
}

function addOnce(map: Map<string, string>, key: string, entity: string): void {
  if (!map.has(key)) map.set(key, entity);
}

async function resolveName(name: string): Promise<readonly string[]> {
  try {
    const found = await lookup(name, { all: true });
    return found.map(({ address }) => address);
  } catch {
    return [];
  }
}
