/**
 * Parsed modules into one compiled form: names looked up through imports, object identifiers worked out, types brought
 * down to what SNMP carries. Tolerant: what is missing is a warning that says what is lost. Pure.
 */
import { BASE_NODES, BASE_OBJECTS, BASE_TYPES, GENERIC_TRAPS, type BaseTypeInfo } from './base.ts';
import { MIB_FORMAT, MIB_VERSION, type CompiledMibs, type CompiledNode } from './compiled.ts';
import type { Declaration, MibModule, OidUse, TypeDeclaration, TypeUse } from './declaration.ts';
import type { MibProblem } from './problem.ts';

export interface Compilation {
  readonly mibs: CompiledMibs;
  readonly problems: readonly MibProblem[];
}

const TEXT_CHARS = 240;
const MOST_DEPTH = 64;
/** Of an object identifier (RFC 2578 section 3.5). */
const MOST_NUMBERS = 128;
const MOST_NUMBER = 0xffff_ffff;
const OF_SNMP = '1.3.6.1.2.1.11';
const SNMP_TRAPS = '1.3.6.1.6.3.1.1.5';

export function compileMibs(modules: readonly MibModule[]): Compilation {
  const compiler = new Compiler(modules);
  return compiler.run();
}

type ValueDeclaration = Exclude<Declaration, TypeDeclaration>;

interface Scope {
  readonly module: MibModule;
  readonly values: ReadonlyMap<string, ValueDeclaration>;
  readonly types: ReadonlyMap<string, TypeDeclaration>;
}

class Compiler {
  readonly #scopes = new Map<string, Scope>();
  /** Where a name is declared, whoever imports it. */
  readonly #anywhere = new Map<string, Scope>();
  readonly #oids = new Map<ValueDeclaration, string | undefined>();
  readonly #problems: MibProblem[] = [];
  readonly #lost = new Map<string, { count: number; first: MibModule; line: number }>();
  /** Row types of SEQUENCE OF, to tell rows from scalars: name of the row object by its type. */
  readonly #nodes = new Map<string, CompiledNode>();

  constructor(modules: readonly MibModule[]) {
    for (const module of modules) {
      if (this.#scopes.has(module.name)) {
        const message = `module ${module.name} comes twice`;
        this.#warn(module, module.line, message, 'the first one counts; leave one out');
        continue;
      }
      const values = new Map<string, ValueDeclaration>();
      const types = new Map<string, TypeDeclaration>();
      for (const each of module.declarations) {
        if (each.kind === 'type') types.set(each.name, each);
        else if (!values.has(each.name)) values.set(each.name, each);
      }
      const scope = { module, values, types };
      this.#scopes.set(module.name, scope);
      for (const name of [...values.keys(), ...types.keys()]) {
        if (!this.#anywhere.has(name)) this.#anywhere.set(name, scope);
      }
    }
  }

  run(): Compilation {
    const names = [...this.#scopes.keys()];
    this.#addBase(names.length);
    names.forEach((name, at) => {
      const scope = this.#scopes.get(name);
      if (scope === undefined) return;
      this.#checkImports(scope);
      for (const each of scope.values.values()) this.#addNode(scope, each, at);
    });
    for (const [missing, { count, first, line }] of this.#lost) {
      const hint = 'give the file that declares it, too';
      this.#warn(first, line, `"${missing}" is not known: ${count} declarations under it are lost`, hint);
    }
    const nodes = [...this.#nodes.values()].sort((a, b) => compareOids(a.oid, b.oid));
    return {
      mibs: { format: MIB_FORMAT, v: MIB_VERSION, modules: [...names, 'SNMPv2-MIB, IF-MIB (built in)'], nodes },
      problems: this.#problems,
    };
  }

  /** What every agent has is there without files. */
  #addBase(module: number): void {
    for (const [name, oid] of BASE_NODES) {
      if (!this.#nodes.has(oid)) this.#nodes.set(oid, { oid, name, module, kind: 'node' });
    }
    for (const [name, oid, type] of BASE_OBJECTS) {
      const kind = oid.startsWith('1.3.6.1.2.1.2.2.') || oid.includes('.31.1.1.1.') ? 'column' : 'scalar';
      this.#nodes.set(oid, { oid, name, module, kind, type });
    }
    GENERIC_TRAPS.forEach((name, at) => {
      const oid = `${SNMP_TRAPS}.${at + 1}`;
      const objects = name.startsWith('link') ? { objects: ['ifIndex', 'ifAdminStatus', 'ifOperStatus'] } : {};
      this.#nodes.set(oid, { oid, name, module, kind: 'notification', ...objects });
    });
  }

  #checkImports({ module }: Scope): void {
    const missing = new Map<string, { names: string[]; line: number }>();
    for (const [name, { module: from, line }] of module.imports) {
      if (this.#scopes.has(from) || BASE_NODES.has(name) || BASE_TYPES.has(name)) continue;
      if (MACROS.has(name) || BASE_OBJECTS.some(([base]) => base === name)) continue;
      const entry = missing.get(from) ?? { names: [], line };
      entry.names.push(name);
      missing.set(from, entry);
    }
    for (const [from, { names, line }] of missing) {
      const found = names.filter((name) => this.#anywhere.has(name));
      const lost = names.filter((name) => !this.#anywhere.has(name));
      const what = lost.length === 0 ? `${found.join(', ')} taken from another module` : `without ${lost.join(', ')}`;
      this.#warn(module, line, `module ${from} is not among the files: ${what}`, `give the file of ${from}, too`);
    }
  }

  #addNode(scope: Scope, declaration: ValueDeclaration, module: number): void {
    const oid = this.#oidOf(scope, declaration, 0);
    if (oid === undefined) return;
    const { name, line } = declaration;
    const before = this.#nodes.get(oid);
    // A node may be declared again (an identity over an OBJECT IDENTIFIER); what says more wins.
    if (before !== undefined && before.kind !== 'node' && declaration.kind === 'node') return;
    if (before !== undefined && before.kind !== 'node' && before.name !== name && before.module < this.#scopes.size) {
      this.#warn(
        scope.module,
        line,
        `${name} has the object identifier of ${before.name}: ${oid}`,
        'one of them is wrong',
      );
      return;
    }
    this.#nodes.set(oid, { oid, name, module, ...this.#details(scope, declaration) });
  }

  #details(scope: Scope, declaration: ValueDeclaration): Omit<CompiledNode, 'oid' | 'name' | 'module'> {
    if (declaration.kind === 'node') return { kind: 'node' };
    const text = firstSentences(declaration.description);
    const described = text === '' ? {} : { text };
    if (declaration.kind !== 'object') {
      const { objects } = declaration;
      return { kind: 'notification', ...(objects.length === 0 ? {} : { objects: [...objects] }), ...described };
    }
    const { type, units, access, index, augments, oid } = declaration;
    if (type.rowType !== undefined) return { kind: 'table', ...described };
    if (index.length > 0 || augments !== undefined) {
      return {
        kind: 'row',
        index: [...(augments === undefined ? index : this.#indexOf(scope, augments))],
        ...described,
      };
    }
    const parent = oid.parent === undefined ? undefined : this.#value(scope, oid.parent);
    const inRow = parent?.declaration.kind === 'object' && isRow(parent.declaration);
    const { type: base, hint, enums } = this.#baseOf(scope, type, 0);
    return {
      kind: inRow ? 'column' : 'scalar',
      type: base,
      ...(BASE_TYPES.get(type.name)?.type === base && hint === undefined ? {} : { syntax: type.name }),
      ...(units === undefined ? {} : { units }),
      ...(enums === undefined ? {} : { enums }),
      ...(hint === undefined ? {} : { hint }),
      ...(access === '' ? {} : { access }),
      ...described,
    };
  }

  #indexOf(scope: Scope, row: string): readonly string[] {
    const found = this.#value(scope, row);
    return found?.declaration.kind === 'object' ? found.declaration.index : [];
  }

  #oidOf(scope: Scope, declaration: ValueDeclaration, depth: number): string | undefined {
    if (this.#oids.has(declaration)) return this.#oids.get(declaration);
    // A circle ends here: while it is worked out, it has none.
    this.#oids.set(declaration, undefined);
    const oid = this.#workOut(scope, declaration, depth);
    this.#oids.set(declaration, oid);
    return oid;
  }

  #workOut(scope: Scope, declaration: ValueDeclaration, depth: number): string | undefined {
    if (declaration.kind !== 'trap') return this.#resolve(scope, declaration.oid, declaration.line, depth);
    const enterprise = this.#resolve(scope, declaration.enterprise, declaration.line, depth);
    if (enterprise === undefined) return undefined;
    // RFC 3584: generic traps have names of their own, others lie under a zero.
    return enterprise === OF_SNMP ? `${SNMP_TRAPS}.${declaration.number + 1}` : `${enterprise}.0.${declaration.number}`;
  }

  #resolve(scope: Scope, { parent, numbers }: OidUse, line: number, depth: number): string | undefined {
    const base = parent === undefined ? [] : this.#parentOid(scope, parent, line, depth)?.split('.');
    if (base === undefined) return undefined;
    const length = base.length + numbers.length;
    if (length <= MOST_NUMBERS && numbers.every((number) => number <= MOST_NUMBER))
      return [...base, ...numbers].join('.');
    const what = length > MOST_NUMBERS ? `more than ${MOST_NUMBERS} numbers` : `a number above ${MOST_NUMBER}`;
    this.#warn(scope.module, line, `an object identifier with ${what} is left out`, 'no device can have it (RFC 2578)');
    return undefined;
  }

  #parentOid(scope: Scope, name: string, line: number, depth: number): string | undefined {
    const found = this.#value(scope, name);
    const oid =
      found === undefined || depth > MOST_DEPTH ? undefined : this.#oidOf(found.scope, found.declaration, depth + 1);
    const known = oid ?? BASE_NODES.get(name) ?? BASE_OBJECTS.find(([base]) => base === name)?.[1];
    if (known !== undefined || found !== undefined) return known;
    const lost = this.#lost.get(name) ?? { count: 0, first: scope.module, line };
    lost.count += 1;
    this.#lost.set(name, lost);
    return undefined;
  }

  /** The module's own, then what it imports, then anybody's. */
  #value(scope: Scope, name: string): { scope: Scope; declaration: ValueDeclaration } | undefined {
    const from = scope.module.imports.get(name)?.module;
    for (const place of [scope, from === undefined ? undefined : this.#scopes.get(from), this.#anywhere.get(name)]) {
      const declaration = place?.values.get(name);
      if (place !== undefined && declaration !== undefined) return { scope: place, declaration };
    }
    return undefined;
  }

  #baseOf(scope: Scope, { name, enums }: TypeUse, depth: number): BaseTypeInfo {
    const said = enums === undefined ? {} : { enums };
    const from = scope.module.imports.get(name)?.module;
    for (const place of [scope, from === undefined ? undefined : this.#scopes.get(from), this.#anywhere.get(name)]) {
      const found = place?.types.get(name);
      if (place === undefined || found === undefined || depth > MOST_DEPTH) continue;
      // The SMI's own types are declared by themselves.
      if (found.type.name === name) break;
      const below = BASE_TYPES.get(name) ?? this.#baseOf(place, found.type, depth + 1);
      return { ...below, ...(found.hint === undefined ? {} : { hint: found.hint }), ...said };
    }
    return { ...(BASE_TYPES.get(name) ?? { type: enums === undefined ? 'opaque' : 'integer' }), ...said };
  }

  #warn({ file }: MibModule, line: number, message: string, hint: string): void {
    this.#problems.push({ file, line, severity: 'warning', message, hint });
  }
}

/** Imported from the SMI, and part of the parser. */
const MACROS: ReadonlySet<string> = new Set([
  'OBJECT-TYPE',
  'MODULE-IDENTITY',
  'OBJECT-IDENTITY',
  'NOTIFICATION-TYPE',
  'TEXTUAL-CONVENTION',
  'TRAP-TYPE',
  'MODULE-COMPLIANCE',
  'OBJECT-GROUP',
  'NOTIFICATION-GROUP',
  'AGENT-CAPABILITIES',
]);

function isRow({ index, augments }: { readonly index: readonly string[]; readonly augments?: string }): boolean {
  return index.length > 0 || augments !== undefined;
}

function firstSentences(description: string): string {
  const text = description.replaceAll(/\s+/g, ' ').trim();
  if (text.length <= TEXT_CHARS) return text;
  const end = text.lastIndexOf('. ', TEXT_CHARS);
  return end > 0 ? text.slice(0, end + 1) : `${text.slice(0, TEXT_CHARS)}…`;
}

/** Order of two dotted OIDs, number by number. */
function compareOids(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = Number(left[at]) - Number(right[at]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
