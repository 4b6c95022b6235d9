/**
 * Which entity something heard is of: by the sender's address; where that is nobody's, by the address or name the message
 * itself gives (a trap that a proxy passed on, a syslog relay). Fed by the plan; names in it are looked up now and then.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { TargetPlan } from '@kaiku/catalog/plan';

export class EntityBook {
  readonly #resolve: (name: string) => Promise<readonly string[]>;
  /** What names meant when they last meant anything. */
  readonly #resolved = new Map<string, readonly string[]>();
  #targets: readonly TargetPlan[] = [];
  #byAddress = new Map<string, string>();
  #byName = new Map<string, string>();

  constructor(resolve = resolveName) {
    this.#resolve = resolve;
  }

  setTargets(targets: readonly TargetPlan[]): void {
    // One that answers SNMP is more likely the sender than another at the same address.
    this.#targets = targets.toSorted((a, b) => Number(b.snmp !== undefined) - Number(a.snmp !== undefined));
    this.#byName = new Map();
    for (const { entity, address } of this.#targets) {
      addOnce(this.#byName, entity.toLowerCase(), entity);
      if (isIP(address) === 0) addOnce(this.#byName, address.toLowerCase(), entity);
    }
    const names = new Set(targets.map(({ address }) => address));
    for (const name of this.#resolved.keys()) if (!names.has(name)) this.#resolved.delete(name);
    this.#index();
  }

  /** Looks names up. Answers whether an address is new, gone or another's. */
  async refresh(): Promise<boolean> {
    const before = JSON.stringify([...this.#byAddress]);
    for (const name of this.#targets.map(({ address }) => address)) {
      if (isIP(name) !== 0) continue;
      const found = await this.#resolve(name);
      if (found.length > 0 && this.#targets.some(({ address }) => address === name)) this.#resolved.set(name, found);
    }
    this.#index();
    return JSON.stringify([...this.#byAddress]) !== before;
  }

  #index(): void {
    this.#byAddress = new Map();
    for (const { entity, address } of this.#targets) {
      for (const each of this.#resolved.get(address) ?? (isIP(address) === 0 ? [] : [address])) {
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
    const name = origin.toLowerCase();
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
