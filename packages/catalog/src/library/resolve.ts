/**
 * Inheritance of templates. What a template extends comes first; the same thing said again replaces
 * it: alarms and graphs by id, `icmp` once, `snmp-table` by its table. `snmp-get`s add up. A template
 * of the catalog that extends its own id extends the built-in one it replaces. Pure.
 */
import { TemplateError } from '../errors.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Measurement } from '../model/measurement.ts';
import type { Template } from '../model/template.ts';
import { TEMPLATES } from './templates.ts';

/**
 * The template with everything it inherits.
 * @throws TemplateError for an unknown id or a circle of `extends`
 */
export function resolveTemplate(catalog: Pick<Catalog, 'templates'>, id: string): Template {
  const chain: Template[] = [];
  let next: string | undefined = id;
  while (next !== undefined) {
    const wanted: string = next;
    const own: Template | undefined = catalog.templates.find((each) => each.id === wanted);
    const found: Template | undefined = own !== undefined && !chain.includes(own) ? own : TEMPLATES.get(wanted);
    if (found === undefined) {
      throw new TemplateError(own === undefined ? `there is no template "${wanted}"` : circle(wanted), {
        hint: `known: ${templateIds(catalog).join(', ')}`,
      });
    }
    if (chain.includes(found)) throw new TemplateError(circle(wanted));
    chain.push(found);
    next = found.extends;
  }
  return chain.reduceRight((base, child) => merge(base, child));
}

const circle = (id: string): string => `template "${id}" extends itself through others`;

/** Ids of the catalog's and the built-in templates, sorted. */
export function templateIds(catalog: Pick<Catalog, 'templates'>): readonly string[] {
  return [...new Set([...catalog.templates.map((each) => each.id), ...TEMPLATES.keys()])].sort();
}

function merge(base: Template, child: Template): Template {
  const { extends: _parent, ...own } = child;
  return {
    ...own,
    ...inherited('vendor', base, child),
    ...inherited('model', base, child),
    measurements: mergeMeasurements(base.measurements, child.measurements),
    alarms: mergeById(base.alarms, child.alarms),
    graphs: mergeById(base.graphs, child.graphs),
    availability: child.availability.length > 0 ? child.availability : base.availability,
  };
}

function inherited<K extends 'vendor' | 'model'>(key: K, base: Template, child: Template): { [P in K]?: string } {
  const value = child[key] ?? base[key];
  const out: { [P in K]?: string } = {};
  if (value !== undefined) out[key] = value;
  return out;
}

function mergeById<T extends { readonly id: string }>(base: readonly T[], child: readonly T[]): T[] {
  const replaced = base.map((each) => child.find((other) => other.id === each.id) ?? each);
  const added = child.filter((each) => !base.some((other) => other.id === each.id));
  return [...replaced, ...added];
}

function same(a: Measurement, b: Measurement): boolean {
  return (
    (a.check === 'icmp' && b.check === 'icmp') ||
    (a.check === 'snmp-table' && b.check === 'snmp-table' && a.table === b.table)
  );
}

function mergeMeasurements(base: readonly Measurement[], child: readonly Measurement[]): Measurement[] {
  const replaced = base.map((each) => child.find((other) => same(each, other)) ?? each);
  const added = child.filter((each) => !base.some((other) => same(other, each)));
  return [...replaced, ...added];
}
