/**
 * Modules of a MIB file: SMIv1 (RFC 1155, 1212, 1215) and SMIv2 (RFC 2578 to 2580), as far as names, types, tables and
 * notifications need. A declaration that cannot be read is one problem and is left out; reading goes on behind it.
 * Never throws. Pure.
 */
import type { Declaration, MibModule, OidUse, TypeUse } from './declaration.ts';
import { lex, type Token } from './lexer.ts';
import type { MibProblem } from './problem.ts';

export interface ParsedFile {
  readonly modules: readonly MibModule[];
  readonly problems: readonly MibProblem[];
}

/** More than the largest of known MIBs; what is behind is not read. */
const MOST_CHARS = 16 * 1024 * 1024;
const MOST_PROBLEMS = 100;

export function parseMib(source: string, file: string): ParsedFile {
  const { tokens, openQuoteLine } = lex(source.slice(0, MOST_CHARS));
  const parser = new Parser(tokens, file);
  const modules = parser.modules();
  if (openQuoteLine > 0) {
    const hint = 'close it, or remove it';
    parser.problems.push({ file, line: openQuoteLine, severity: 'error', message: 'a quote is never closed', hint });
  }
  return { modules, problems: parser.problems };
}

/** Macros whose value is an object identifier and whose other clauses say nothing that is needed here. */
const NODE_MACROS: ReadonlySet<string> = new Set([
  'MODULE-IDENTITY',
  'OBJECT-IDENTITY',
  'OBJECT-GROUP',
  'NOTIFICATION-GROUP',
  'MODULE-COMPLIANCE',
  'AGENT-CAPABILITIES',
]);

class Unreadable extends Error {
  readonly line: number;
  readonly hint: string;

  constructor(message: string, line: number, hint: string) {
    super(message);
    this.line = line;
    this.hint = hint;
  }
}

class Parser {
  readonly problems: MibProblem[] = [];
  readonly #tokens: readonly Token[];
  readonly #file: string;
  #at = 0;

  constructor(tokens: readonly Token[], file: string) {
    this.#tokens = tokens;
    this.#file = file;
  }

  modules(): MibModule[] {
    const modules: MibModule[] = [];
    while (this.#peek().kind !== 'end') {
      const start = this.#at;
      const module = this.#module();
      if (module !== undefined) modules.push(module);
      if (this.#at === start) this.#at += 1;
    }
    if (modules.length === 0) {
      const hint = 'a module begins with: NAME DEFINITIONS ::= BEGIN';
      this.#problem('error', 1, 'there is no module in this file', hint);
    }
    return modules;
  }

  #module(): MibModule | undefined {
    while (this.#peek().kind !== 'end' && this.#peek(1).value !== 'DEFINITIONS' && this.#peek(1).value !== '{') {
      this.#at += 1;
    }
    const head = this.#next();
    // An object identifier may stand between the name and DEFINITIONS.
    if (this.#peek().value === '{') this.#skipBraces();
    if (this.#peek().value !== 'DEFINITIONS') return undefined;
    while (this.#peek().kind !== 'end' && this.#peek().value !== 'BEGIN') this.#at += 1;
    this.#at += 1;
    const imports = new Map<string, { module: string; line: number }>();
    const declarations: Declaration[] = [];
    while (this.#peek().kind !== 'end' && this.#peek().value !== 'END') {
      const start = this.#at;
      try {
        this.#statement(imports, declarations);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        this.#problem('error', error.line, error.message, error.hint);
        this.#recover(start);
      }
      // Whoever gives tokens back (IMPORTS without an end) gives back none that were read before: reading goes on.
      this.#at = Math.max(this.#at, start + 1);
    }
    if (this.#peek().kind === 'end') {
      this.#problem('warning', this.#peek().line, `module ${head.value} has no END`, 'the file may be cut short');
    }
    this.#at += 1;
    return { name: head.value, file: this.#file, line: head.line, imports, declarations };
  }

  #statement(imports: Map<string, { module: string; line: number }>, declarations: Declaration[]): void {
    const first = this.#peek();
    if (first.value === 'IMPORTS') this.#imports(imports);
    else if (first.value === 'EXPORTS') this.#skipPast(';');
    else if (first.kind !== 'word') {
      throw new Unreadable(`"${first.value}" where a name is expected`, first.line, 'remove it');
    } else {
      const declaration = this.#declaration();
      if (declaration !== undefined) declarations.push(declaration);
    }
  }

  #imports(imports: Map<string, { module: string; line: number }>): void {
    this.#at += 1;
    let names: Token[] = [];
    for (;;) {
      const token = this.#next();
      if (token.value === ';') return;
      if (token.kind === 'end') throw new Unreadable('IMPORTS never ends', token.line, 'end it with a semicolon');
      const back = this.#declarationBehind(token);
      if (back > 0) {
        this.#at -= back;
        this.#problem('warning', token.line, 'IMPORTS has no semicolon', 'end it with one');
        return;
      }
      if (token.value === 'FROM') {
        const module = this.#next();
        for (const { value, line } of names) imports.set(value, { module: module.value, line });
        names = [];
      } else if (token.kind === 'word') names.push(token);
    }
  }

  /** Within IMPORTS: how many tokens back a declaration began, of which this is the keyword; 0 when it is none. */
  #declarationBehind({ value }: Token): number {
    const after = this.#peek().value;
    if (value === '::=') return this.#peek(-2).value === 'IDENTIFIER' ? 4 : 2;
    return after === 'SYNTAX' || after === 'LAST-UPDATED' || after === 'ENTERPRISE' ? 2 : 0;
  }

  #declaration(): Declaration | undefined {
    const { value: name, line } = this.#next();
    const what = this.#next();
    if (what.value === '::=') return this.#typeDeclaration(name, line);
    if (what.value === 'MACRO') return this.#skipPast('END');
    if (what.value === 'OBJECT' && this.#peek().value === 'IDENTIFIER') {
      this.#at += 1;
      this.#expect('::=', name);
      return { kind: 'node', name, line, oid: this.#oid() };
    }
    if (NODE_MACROS.has(what.value)) {
      this.#until('::=', name);
      return { kind: 'node', name, line, oid: this.#oid() };
    }
    if (what.value === 'OBJECT-TYPE') return this.#object(name, line);
    if (what.value === 'NOTIFICATION-TYPE') return this.#notification(name, line);
    if (what.value === 'TRAP-TYPE') return this.#trap(name, line);
    const hint = 'known: OBJECT-TYPE, OBJECT IDENTIFIER, NOTIFICATION-TYPE, TRAP-TYPE, MODULE-IDENTITY, ::=';
    throw new Unreadable(`"${name} ${what.value}" is no declaration`, what.line, hint);
  }

  #object(name: string, line: number): Declaration {
    let type: TypeUse | undefined;
    let units: string | undefined;
    let access = '';
    let description = '';
    let index: readonly string[] = [];
    let augments: string | undefined;
    for (;;) {
      const clause = this.#next();
      if (clause.value === '::=') break;
      if (clause.value === 'SYNTAX') type = this.#type();
      else if (clause.value === 'UNITS') units = this.#next().value;
      else if (clause.value === 'ACCESS' || clause.value === 'MAX-ACCESS') access = this.#next().value;
      else if (clause.value === 'DESCRIPTION') description = this.#next().value;
      else if (clause.value === 'INDEX') index = this.#names();
      else if (clause.value === 'AUGMENTS') [augments] = this.#names();
      else if (clause.value === 'DEFVAL' && this.#peek().value === '{') this.#skipBraces();
      else this.#mustGoOn(clause, name);
    }
    if (type === undefined) throw new Unreadable(`${name} has no SYNTAX`, line, 'every OBJECT-TYPE needs one');
    return {
      kind: 'object',
      name,
      line,
      oid: this.#oid(),
      type,
      access,
      description,
      index,
      ...(units === undefined ? {} : { units }),
      ...(augments === undefined ? {} : { augments }),
    };
  }

  #notification(name: string, line: number): Declaration {
    const { objects, description } = this.#notificationClauses(name);
    return { kind: 'notification', name, line, objects, description, oid: this.#oid() };
  }

  #trap(name: string, line: number): Declaration {
    const { objects, description, enterprise } = this.#notificationClauses(name);
    const number = Number(this.#next().value);
    if (enterprise === undefined) throw new Unreadable(`${name} has no ENTERPRISE`, line, 'name the subtree it is of');
    if (!Number.isInteger(number)) throw new Unreadable(`${name} has no number`, line, 'end it with ::= and a number');
    return { kind: 'trap', name, line, enterprise, number, objects, description };
  }

  #notificationClauses(name: string): { objects: string[]; description: string; enterprise: OidUse | undefined } {
    let objects: string[] = [];
    let description = '';
    let enterprise: OidUse | undefined;
    for (;;) {
      const clause = this.#next();
      if (clause.value === '::=') return { objects, description, enterprise };
      if (clause.value === 'OBJECTS' || clause.value === 'VARIABLES') objects = this.#names();
      else if (clause.value === 'DESCRIPTION') description = this.#next().value;
      else if (clause.value === 'ENTERPRISE') {
        enterprise = this.#peek().value === '{' ? this.#oid() : { parent: this.#next().value, numbers: [] };
      } else this.#mustGoOn(clause, name);
    }
  }

  /** A clause nobody needs is passed over; the end, or the next declaration, is not. */
  #mustGoOn(clause: Token, name: string): void {
    const lost = clause.kind === 'end' || clause.value === 'END' || this.#peek().value === 'OBJECT-TYPE';
    if (clause.value === 'END') this.#at -= 1;
    if (lost) throw new Unreadable(`${name} is not ended`, clause.line, 'end it with ::= { parent number }');
  }

  #typeDeclaration(name: string, line: number): Declaration {
    if (this.#peek().value !== 'TEXTUAL-CONVENTION') return { kind: 'type', name, line, type: this.#type() };
    let hint: string | undefined;
    for (;;) {
      const clause = this.#next();
      if (clause.value === 'DISPLAY-HINT') hint = this.#next().value;
      else if (clause.value === 'SYNTAX') {
        return { kind: 'type', name, line, type: this.#type(), ...(hint === undefined ? {} : { hint }) };
      } else this.#mustGoOn(clause, name);
    }
  }

  #type(): TypeUse {
    // [APPLICATION 1] IMPLICIT
    if (this.#peek().value === '[') this.#skipPast(']');
    if (this.#peek().value === 'IMPLICIT') this.#at += 1;
    const first = this.#next();
    if (first.kind !== 'word') throw new Unreadable(`"${first.value}" is no type`, first.line, 'write a type name');
    if (first.value === 'SEQUENCE' && this.#peek().value === 'OF') {
      this.#at += 1;
      return { name: 'SEQUENCE OF', rowType: this.#next().value };
    }
    if (first.value === 'SEQUENCE' || first.value === 'CHOICE') {
      this.#skipBraces();
      return { name: first.value };
    }
    let name = first.value;
    if (name === 'OCTET' || name === 'OBJECT' || name === 'BIT') name = `${name} ${this.#next().value}`;
    // Module.Type
    if (this.#peek().value === '.') {
      this.#at += 1;
      name = this.#next().value;
    }
    let enums: Record<string, string> | undefined;
    if (this.#peek().value === '{') enums = this.#enums();
    if (this.#peek().value === '(') this.#skipBrackets();
    return { name, ...(enums === undefined ? {} : { enums }) };
  }

  /** `{ up(1), down(2) }`, with commas or without. */
  #enums(): Record<string, string> {
    const open = this.#next();
    const enums: Record<string, string> = {};
    let label = '';
    for (;;) {
      const token = this.#next();
      if (token.value === '}') return enums;
      if (token.kind === 'end') throw new Unreadable('named numbers never end', open.line, 'close them with }');
      if (token.value === '(') {
        const sign = this.#peek().value === '-' ? this.#next().value : '';
        enums[`${sign}${this.#next().value}`] = label;
        this.#skipPast(')');
      } else if (token.kind === 'word') label = token.value;
    }
  }

  /** `{ a, b, IMPLIED c }`, with commas or without. */
  #names(): string[] {
    this.#expect('{', 'a list of names');
    const names: string[] = [];
    for (;;) {
      const token = this.#next();
      if (token.value === '}') return names;
      if (token.kind === 'end') throw new Unreadable('a list never ends', token.line, 'close it with }');
      if (token.kind === 'word' && token.value !== 'IMPLIED') names.push(token.value);
    }
  }

  /** `{ parent 1 }`, `{ iso org(3) dod(6) }`, `{ 1 3 6 }`. */
  #oid(): OidUse {
    const open = this.#next();
    if (open.value !== '{') {
      throw new Unreadable(
        `"${open.value}" where an object identifier is expected`,
        open.line,
        'write { parent number }',
      );
    }
    let parent: string | undefined;
    let behindParent = false;
    const numbers: number[] = [];
    for (;;) {
      const token = this.#next();
      if (token.value === '}') break;
      if (token.kind === 'end') throw new Unreadable('an object identifier never ends', open.line, 'close it with }');
      if (token.value === '(') {
        // A number behind a name says what the name is; the parent's own adds nothing.
        const number = Number(this.#next().value);
        if (!behindParent) numbers.push(number);
        this.#skipPast(')');
      } else if (/^\d+$/.test(token.value)) numbers.push(Number(token.value));
      else if (token.value === '.') parent = this.#next().value;
      else if (token.kind === 'word' && parent === undefined && numbers.length === 0) {
        parent = token.value;
        behindParent = true;
        continue;
      }
      behindParent = false;
    }
    if (parent === undefined && numbers.length === 0) {
      throw new Unreadable('an empty object identifier', open.line, 'write { parent number }');
    }
    return { parent, numbers };
  }

  /** To behind the declaration that could not be read: the next thing that begins one. */
  #recover(start: number): void {
    this.#at = Math.max(this.#at, start + 1);
    while (this.#peek().kind !== 'end' && this.#peek().value !== 'END') {
      const after = this.#peek(1).value;
      const begins = after === 'OBJECT-TYPE' || after === 'NOTIFICATION-TYPE' || after === 'TRAP-TYPE';
      const node = (after === 'OBJECT' && this.#peek(2).value === 'IDENTIFIER') || NODE_MACROS.has(after);
      const type = after === '::=' && /^[A-Z]/.test(this.#peek().value);
      if (this.#peek().kind === 'word' && (begins || node || type)) return;
      this.#at += 1;
    }
  }

  #peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? this.#tokens.at(-1) ?? { kind: 'end', value: '', line: 1 };
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  #expect(mark: string, what: string): void {
    const token = this.#next();
    if (token.value !== mark) {
      throw new Unreadable(`"${token.value}" where "${mark}" of ${what} is expected`, token.line, `write ${mark}`);
    }
  }

  #until(mark: string, name: string): void {
    for (;;) {
      const token = this.#next();
      if (token.value === mark) return;
      this.#mustGoOn(token, name);
    }
  }

  #skipPast(mark: string): undefined {
    for (let token = this.#next(); token.value !== mark && token.kind !== 'end';) token = this.#next();
  }

  #skipBraces(): void {
    this.#skipNested('{', '}');
  }

  #skipBrackets(): void {
    this.#skipNested('(', ')');
  }

  #skipNested(open: string, close: string): void {
    let depth = 0;
    do {
      const token = this.#next();
      if (token.kind === 'end') return;
      if (token.kind === 'mark' && token.value === open) depth += 1;
      else if (token.kind === 'mark' && token.value === close) depth -= 1;
    } while (depth > 0);
  }

  #problem(severity: MibProblem['severity'], line: number, message: string, hint: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push({ file: this.#file, line, severity, message, hint });
  }
}
