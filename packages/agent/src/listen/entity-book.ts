/**
 * Which entity something heard is of: by the sender's address; where that is nobody's, by the address or name the message
 * itself gives (a trap that a proxy passed on, a syslog relay). Fed by the plan; names in it are looked up now and then.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { TargetPlan } from '@kaiku/catalog/plan';

export class EntityBook {
  readonly #resolve: (name: string) => Promise<readonly string[]>;
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
    const before = this.#byAddress;
    this.#byAddress = new Map();
    for (const { entity, address } of this.#targets) {
      addOnce(this.#byName, entity.toLowerCase(), entity);
      if (isIP(address) !== 0) addOnce(this.#byAddress, address, entity);
      else addOnce(this.#byName, address.toLowerCase(), entity);
    }
    // Until names are looked up again, what they last meant.
    const entities = new Set(this.#targets.map(({ entity }) => entity));
    for (const [address, entity] of before) if (entities.has(entity)) addOnce(this.#byAddress, address, entity);
  }

  /** Looks names up. Answers whether an address is new or has changed hands. */
  async refresh(): Promise<boolean> {
    const targets = this.#targets;
    let changed = false;
    for (const { entity, address } of targets) {
      if (isIP(address) !== 0) continue;
      for (const found of await this.#resolve(address)) {
        if (targets !== this.#targets) return changed;
        if (this.#byAddress.has(found)) continue;
        this.#byAddress.set(found, entity);
        changed = true;
      }
    }
    return changed;
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
