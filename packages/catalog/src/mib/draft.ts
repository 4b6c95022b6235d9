/**
 * What a catalog needs to poll objects of a MIB: `metrics`, `facts` and `tables` as YAML, to be looked through and taken
 * over. So any object can be measured by copying a few lines. Pure.
 */
import { FACTS } from '../dictionary/facts.ts';
import { metric } from '../dictionary/metrics.ts';
import type { CompiledNode } from './compiled.ts';
import type { Mibs } from './lookup.ts';

interface Draft {
  readonly metrics: string[];
  readonly facts: string[];
  readonly tables: string[];
}

const HELP_CHARS = 160;
const READABLE = new Set(['read-only', 'read-write', 'read-create', '']);
const NAMED = /(?:name|descr|description|alias|label|path|device)$/i;

/** A name as the dictionary takes it. One that it has for another object gets the catalog's own. */
function nameOf({ name, oid }: CompiledNode): string {
  const plain = name.replaceAll(/[^A-Za-z0-9]/g, '');
  const taken = metric(plain)?.snmp?.oid ?? FACTS[plain]?.oid;
  return taken === undefined || isObject(taken, oid) ? plain : `${plain}Own`;
}

/** The dictionary has it: naming it is enough. */
function isBuiltIn(node: CompiledNode): boolean {
  const known = metric(nameOf(node))?.snmp?.oid ?? FACTS[nameOf(node)]?.oid;
  return known !== undefined && isObject(known, node.oid);
}

const isObject = (known: string, oid: string): boolean => known === oid || known === `${oid}.0`;

/** YAML for each of the nodes: a scalar, a column, or a table with all its readable columns. */
export function draftCatalog(mibs: Mibs, nodes: readonly CompiledNode[]): string {
  const draft: Draft = { metrics: [], facts: [], tables: [] };
  for (const node of nodes) {
    if (node.kind === 'scalar') addObject(draft, node, `${node.oid}.0`);
    else if (node.kind === 'column') addObject(draft, node, node.oid);
    else addTable(draft, mibs, node);
  }
  const part = (name: keyof Draft): string => (draft[name].length === 0 ? '' : `${name}:\n${draft[name].join('')}`);
  return part('metrics') + part('facts') + part('tables');
}

function addTable(draft: Draft, mibs: Mibs, node: CompiledNode): void {
  const row = node.kind === 'row' ? node : mibs.children(node.oid).find(({ kind }) => kind === 'row');
  if (row === undefined) return;
  const columns = mibs.children(row.oid).filter((each) => READABLE.has(each.access ?? ''));
  const names = columns.filter((each) => isText(each) && NAMED.test(each.name));
  const measured = columns.filter(isNumber);
  const texts = columns.filter((each) => isText(each) && !names.includes(each));
  for (const column of [...measured, ...texts]) addObject(draft, column, column.oid);
  const named = names.length === 0 ? '' : `    names: [${names.map(({ oid }) => oid).join(', ')}]\n`;
  draft.tables.push(
    `  - name: ${nameOf(node)}\n${named}    metrics: [${measured.map(nameOf).join(', ')}]\n` +
      `    facts: [${texts.map(nameOf).join(', ')}]\n`,
  );
}

function addObject(draft: Draft, node: CompiledNode, oid: string): void {
  if (isBuiltIn(node)) return;
  const name = nameOf(node);
  const help = JSON.stringify((node.text ?? node.name).slice(0, HELP_CHARS));
  if (!isNumber(node)) {
    draft.facts.push(`  - { name: ${name}, oid: ${oid}, help: ${help} }\n`);
    return;
  }
  const counts = node.type === 'counter32' || node.type === 'counter64';
  const bits = counts ? `, bits: ${node.type === 'counter64' ? 64 : 32}` : '';
  const unit = node.type === 'ticks' ? 's' : node.enums === undefined ? (node.units ?? '1').slice(0, 20) : 'state';
  const scale = node.type === 'ticks' ? '    scale: 0.01\n' : decimals(node);
  const states = node.enums === undefined ? '' : `    states: ${statesText(node.enums)}\n`;
  draft.metrics.push(
    `  - name: ${name}\n    kind: ${counts ? 'counter' : 'gauge'}\n    unit: ${JSON.stringify(unit)}\n` +
      `    help: ${help}\n    snmp: { oid: ${oid}${bits} }\n${counts ? '' : scale}${states}`,
  );
}

/** DISPLAY-HINT d-1: the last digit stands behind the point. */
function decimals({ hint }: CompiledNode): string {
  const digits = Number(/^d-(\d)$/.exec(hint ?? '')?.[1] ?? 0);
  return digits === 0 ? '' : `    scale: ${(10 ** -digits).toFixed(digits)}\n`;
}

function statesText(enums: Readonly<Record<string, string>>): string {
  return `{ ${Object.entries(enums)
    .map((entry) => entry.map((text) => JSON.stringify(text)).join(': '))
    .join(', ')} }`;
}

function isNumber({ type }: CompiledNode): boolean {
  return type !== undefined && !isTextType(type) && type !== 'opaque';
}

function isText({ type }: CompiledNode): boolean {
  return type !== undefined && isTextType(type);
}

function isTextType(type: NonNullable<CompiledNode['type']>): boolean {
  return type === 'octets' || type === 'oid' || type === 'ip' || type === 'bits';
}
