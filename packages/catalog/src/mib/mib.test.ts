/** MIB files into names: own small ones with every fault, and those of the system beside what net-snmp makes of them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, assert, constantFrom, nat, oneof, property, string, tuple } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MibError } from '../errors.ts';
import { parseCatalog } from '../load/load-catalog.ts';
import { compileMibs } from './compile.ts';
import { readCompiled, writeCompiled, type CompiledNode } from './compiled.ts';
import { draftCatalog } from './draft.ts';
import { openMibs } from './lookup.ts';
import { parseMib } from './parser.ts';
import { compileFiles } from './read-files.ts';

const FOLDER = join(import.meta.dirname, 'fixtures');
const NEW = join(FOLDER, 'POOL-MIB.txt');
const OLD = join(FOLDER, 'OLD-POOL-MIB.txt');
const POOL = '1.3.6.1.4.1.99999';

const mibs = openMibs(compileFiles([NEW, OLD]).mibs);

describe('SMIv2', () => {
  it('has names, types, units, states and access', () => {
    expect(mibs.show('poolTemperature.0')).toMatchObject({
      text: 'poolTemperature.0',
      rest: '0',
      node: {
        oid: `${POOL}.1.1`,
        kind: 'scalar',
        type: 'integer',
        syntax: 'Tenths',
        hint: 'd-1',
        units: 'degrees Celsius',
        access: 'read-only',
        text: 'Temperature of the water. Over two lines.',
      },
    });
    expect(mibs.show('POOL-MIB::pumpState')?.node.enums).toEqual({ '0': 'off', '1': 'running', '-1': 'blocked' });
    expect(mibs.show('pumpSpare')?.node).toMatchObject({ type: 'integer', enums: { 1: 'true', 2: 'false' } });
  });

  it('tells tables, rows with their indexes, and columns apart', () => {
    const kinds = ['pumpTable', 'pumpEntry', 'pumpLitres'].map((name) => mibs.show(name)?.node.kind);
    expect(kinds).toEqual(['table', 'row', 'column']);
    expect(mibs.show('pumpEntry')?.node.index).toEqual(['pumpIndex']);
    expect(mibs.show('pumpMoreEntry')?.node.index).toEqual(['pumpIndex']);
    expect(mibs.children(`${POOL}.2.1.1`).map(({ name }) => name)).toEqual([
      'pumpIndex',
      'pumpName',
      'pumpState',
      'pumpLitres',
      'pumpSpare',
    ]);
  });

  it('names the beginning of what it does not know', () => {
    expect(mibs.nameOfOid(`${POOL}.77.1`)?.text).toBe('poolMIB.77.1');
    expect(mibs.nameOfOid('9.9')).toBeUndefined();
    expect(mibs.show('nothingOfThatName')).toBeUndefined();
  });

  it('finds by words', () => {
    expect(mibs.find('water moved').map(({ name }) => name)).toEqual(['pumpLitres']);
  });
});

describe('notifications', () => {
  it('of SMIv1 lie where RFC 3584 puts them, and the generic ones are known without a file', () => {
    expect(mibs.notification('1.3.6.1.4.1.99998.0.7')?.name).toBe('oldTrap');
    expect(mibs.notification('1.3.6.1.6.3.1.1.5.3')?.name).toBe('linkDown');
    expect(mibs.notification('1.3.6.1.4.1.4242.0.1')).toBeUndefined();
    expect(mibs.notificationsLike('PUMPst')).toEqual([`${POOL}.0.1`, `${POOL}.1`, `${POOL}.0.0.1`]);
  });
});

describe('faults', () => {
  it('are told with file, line and hint; what is around them is kept', () => {
    const { problems } = compileFiles([OLD]);
    expect(problems.map(({ line, severity, message }) => `${line} ${severity} ${message}`)).toEqual([
      '13 error "{" is no type',
      '20 error "oldNonsense SOMETHING-ELSE" is no declaration',
      '26 error oldEndless is not ended',
    ]);
    for (const { hint, file } of problems) expect([hint, file]).toEqual([expect.stringMatching(/\S/), OLD]);
    for (const name of ['oldGood', 'oldAlsoGood', 'oldTrap']) expect(mibs.show(name), name).toBeDefined();
  });

  it('a missing import is a warning that says what is lost', () => {
    const messages = compileFiles([NEW]).problems.map(({ severity, message }) => `${severity}: ${message}`);
    expect(messages).toEqual([
      'warning: module LIFEGUARD-MIB is not among the files: without lifeguardOnDuty',
      'warning: "lifeguardOnDuty" is not known: 1 declarations under it are lost',
    ]);
  });

  it('object identifiers in a circle end nothing', () => {
    const text = 'A DEFINITIONS ::= BEGIN a OBJECT IDENTIFIER ::= { b 1 } b OBJECT IDENTIFIER ::= { a 1 } END';
    expect(compileMibs(parseMib(text, 'a').modules).mibs.nodes.map(({ name }) => name)).not.toContain('a');
  });

  it('names that every object of the language has are names like any other', () => {
    const text = `A DEFINITIONS ::= BEGIN
      a OBJECT IDENTIFIER ::= { constructor 1 }
      toString OBJECT-TYPE SYNTAX valueOf ACCESS read-only DESCRIPTION "b" ::= { enterprises 1 } END`;
    const { mibs: compiled, problems } = compileMibs(parseMib(text, 'a').modules);
    const own = compiled.nodes.filter(({ module }) => module === 0);
    expect(own).toMatchObject([{ name: 'toString', oid: '1.3.6.1.4.1.1', type: 'opaque' }]);
    expect(problems.map(({ message }) => message)).toEqual([
      '"constructor" is not known: 1 declarations under it are lost',
    ]);
    const opened = openMibs(compiled);
    expect(opened.valueText({ ...(own[0] as CompiledNode), enums: { 1: 'up' } }, 'constructor')).toBe('constructor');
  });

  it('object identifiers no device can have are left out, and with them what would grow without end', () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => `n${at + 1} OBJECT IDENTIFIER ::= { n${at} 1 }`);
    const text = `A DEFINITIONS ::= BEGIN n0 OBJECT IDENTIFIER ::= { enterprises 1 }
      big OBJECT IDENTIFIER ::= { enterprises 4294967296 } ${chain.join('\n')} END`;
    const { mibs: compiled, problems } = compileMibs(parseMib(text, 'a').modules);
    expect(compiled.nodes.filter(({ module }) => module === 0)).toHaveLength(128 - 6);
    expect(problems.map(({ message }) => message)).toEqual([
      'an object identifier with a number above 4294967295 is left out',
      'an object identifier with more than 128 numbers is left out',
    ]);
  });

  it('IMPORTS where none can be ends nothing', () => {
    const text = 'A DEFINITIONS ::= BEGIN IMPORTS ::= { enterprises 1 } b OBJECT IDENTIFIER ::= { enterprises 2 } END';
    const { modules, problems } = parseMib(text, 'x');
    expect(modules.flatMap(({ declarations }) => declarations.map(({ name }) => name))).toEqual(['b']);
    expect(problems.map(({ message }) => message)).toContain('IMPORTS has no semicolon');
  });

  it('pieces of MIBs in any order end nothing', () => {
    const texts = [NEW, OLD].map((file) => readFileSync(file, 'utf8').split(/(\s+)/));
    const piece = tuple(constantFrom(...texts), nat(2000), nat(60)).map(([words, from, count]) =>
      words
        .slice(from % words.length)
        .slice(0, count)
        .join(''),
    );
    const word = constantFrom(
      'IMPORTS',
      '::=',
      '{',
      '}',
      '"',
      'END',
      'SYNTAX',
      'A DEFINITIONS ::= BEGIN',
      'constructor',
    );
    const options = { numRuns: Number(process.env['KAIKU_FUZZ'] ?? 500) };
    const all = property(array(oneof(piece, word), { maxLength: 30 }), (pieces) => {
      const parsed = parseMib(`A DEFINITIONS ::= BEGIN ${pieces.join(' ')}`, 'x');
      expect(parsed.problems.length).toBeLessThanOrEqual(101);
      for (const { oid } of compileMibs(parsed.modules).mibs.nodes) expect(oid).toMatch(/^\d+(?:\.\d+)*$/);
    });
    assert(all, options);
  });

  it('no text makes the parser throw, or go on for ever', () => {
    const words = ['A', 'a', 'DEFINITIONS', '::=', 'BEGIN', 'END', 'IMPORTS', 'FROM', ';', 'OBJECT-TYPE', 'SYNTAX'];
    const more = ['INTEGER', '{', '}', '(', ')', '1', '"', '--', '\n', 'OBJECT', 'IDENTIFIER', 'TRAP-TYPE', 'MACRO'];
    const pieces = array(oneof(constantFrom(...words, ...more), string({ maxLength: 4 })), {
      maxLength: 60,
    });
    assert(
      property(pieces, (parts) => {
        compileMibs(parseMib(parts.join(' '), 'x').modules);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the compiled file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaiku-mib-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads as it was written', () => {
    const file = join(folder, 'mibs.json');
    const compiled = compileFiles([NEW]).mibs;
    writeCompiled(file, compiled);
    expect(readCompiled(file)).toEqual(compiled);
  });

  it('is refused when it is none', () => {
    expect(() => readCompiled(NEW)).toThrow(MibError);
    expect(() => compileFiles([join(folder, 'nowhere')])).toThrow('cannot be read');
  });
});

describe('draftCatalog', () => {
  it('gives a catalog that loads', () => {
    const nodes = ['poolTemperature', 'pumpTable'].flatMap((name) => mibs.show(name)?.node ?? []);
    const draft = draftCatalog(mibs, nodes);
    const head =
      'version: 1\nagencies: [{ id: a, name: A }]\nsites: [{ id: s, name: S, country: FI, locality: Oulu }]\n';
    const catalog = parseCatalog(head + draft, 'draft.yaml');
    expect(catalog.metrics.map(({ name, kind, unit, scale }) => [name, kind, unit, scale])).toEqual([
      ['poolTemperature', 'gauge', 'degrees Celsius', 0.1],
      ['pumpState', 'gauge', 'state', undefined],
      ['pumpLitres', 'counter', 'litres', undefined],
      ['pumpSpare', 'gauge', 'state', undefined],
    ]);
    expect(catalog.tables).toMatchObject([
      { name: 'pumpTable', names: [`${POOL}.2.1.1.2`], metrics: ['pumpState', 'pumpLitres', 'pumpSpare'] },
    ]);
  });
});

const SYSTEM = '/usr/share/snmp/mibs';
/** Roots that Debian leaves out, as another package brings them. */
const ROOTS = join(import.meta.dirname, '../../../testkit/node_modules/net-snmp/lib/mibs');
const missing = [SYSTEM, ROOTS, '/usr/bin/snmptranslate'].filter((path) => !existsSync(path));

describe.skipIf(missing.length > 0)(`the system's own MIBs (missing: ${missing.join(', ') || 'nothing'})`, () => {
  it('have the names and numbers snmptranslate has', () => {
    const { mibs: compiled, problems } = compileFiles([SYSTEM, ROOTS]);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    const ours = openMibs(compiled);
    const options = ['-M', `${ROOTS}:${SYSTEM}`, '-m', 'ALL', '-Tz'];
    const lines = execFileSync('snmptranslate', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const theirs = [...lines.matchAll(/^"(\w[\w-]*)"\s+"([\d.]+)"/gm)].filter(([, , oid = '']) =>
      oid.startsWith('1.3.6.1.4.1.'),
    );
    expect(theirs.length).toBeGreaterThan(300);
    for (const [, name = '', oid = ''] of theirs) {
      expect(ours.nameOfOid(oid)?.text ?? oid, oid).toBe(name);
    }
  });
});
