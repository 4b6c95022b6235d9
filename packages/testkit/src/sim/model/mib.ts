/**
 * A device's management information: objects in lexicographic order, each value a function of time.
 * Read by the responder (get, next) and by the history writer (get, column), so both tell the same.
 */

export type NumberType = 'integer' | 'counter32' | 'gauge32' | 'ticks' | 'counter64';
/** `ip`: an IPv4 address in dotted form. */
export type TextType = 'octets' | 'oid' | 'ip';

interface NumberObject {
  readonly kind: 'number';
  readonly type: NumberType;
  /** A whole number, as SNMP would carry it (32-bit counters already taken modulo 2^32). */
  readonly read: (atMs: number) => number;
}

interface TextObject {
  readonly kind: 'text';
  readonly type: TextType;
  readonly read: (atMs: number) => string;
}

export interface MibEntry {
  readonly oid: readonly number[];
  readonly name: string;
  readonly object: NumberObject | TextObject;
}

export function parseOid(text: string): number[] {
  return text.split('.').map(Number);
}

/** Lexicographic order of OIDs. */
export function compareOids(a: readonly number[], b: readonly number[]): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export class Mib {
  readonly entries: readonly MibEntry[];
  readonly #byName: ReadonlyMap<string, MibEntry>;
  /** Objects (columns and scalars without their instance), to tell a missing instance from a missing object. */
  readonly #objects: ReadonlySet<string>;

  constructor(entries: readonly MibEntry[], objects: ReadonlySet<string>) {
    this.entries = [...entries].sort((a, b) => compareOids(a.oid, b.oid));
    this.#byName = new Map(this.entries.map((each) => [each.name, each]));
    this.#objects = objects;
  }

  /** This and what another tells besides. */
  with(other: Mib): Mib {
    return new Mib([...this.entries, ...other.entries], new Set([...this.#objects, ...other.#objects]));
  }

  get(oid: string): MibEntry | undefined {
    return this.#byName.get(oid);
  }

  /** True when the object exists and only this instance of it does not. */
  hasObject(oid: readonly number[]): boolean {
    for (let length = oid.length; length > 4; length -= 1) {
      if (this.#objects.has(oid.slice(0, length).join('.'))) return true;
    }
    return false;
  }

  /** The first entry behind `oid`, undefined at the end. */
  next(oid: readonly number[]): MibEntry | undefined {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.entries[middle];
      if (entry !== undefined && compareOids(entry.oid, oid) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.entries[low];
  }

  /** All entries of a column, with their index. */
  column(oid: string): readonly { readonly index: string; readonly entry: MibEntry }[] {
    const prefix = `${oid}.`;
    return this.entries
      .filter((each) => each.name.startsWith(prefix))
      .map((entry) => ({ index: entry.name.slice(prefix.length), entry }));
  }
}

/** Collects entries. `add` takes the object's OID and the instance (`0` for a scalar). */
export class MibBuilder {
  readonly #entries: MibEntry[] = [];
  readonly #objects = new Set<string>();

  number(object: string, instance: string | number, type: NumberType, read: ((atMs: number) => number) | number): void {
    const value = typeof read === 'number' ? () => read : read;
    this.#add(object, instance, { kind: 'number', type, read: value });
  }

  text(object: string, instance: string | number, type: TextType, text: string | (() => string)): void {
    this.#add(object, instance, { kind: 'text', type, read: typeof text === 'string' ? () => text : text });
  }

  #add(object: string, instance: string | number, value: MibEntry['object']): void {
    const name = `${object}.${instance}`;
    this.#objects.add(object);
    this.#entries.push({ oid: parseOid(name), name, object: value });
  }

  build(): Mib {
    return new Mib(this.#entries, this.#objects);
  }
}
