/**
 * Inheritance of templates. What a template extends comes first, in the order named; the same thing said again replaces
 * it: alarms and graphs by id, `icmp` once, `snmp-table` by its table. `snmp-get`s add up. A template
 * of the catalog that extends its own id extends the built-in one it replaces. Pure.
 */
import { TemplateError } from '../errors.ts';
import { isAppCheck } from '../model/app-check.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Measurement } from '../model/measurement.ts';
import type { Template } from '../model/template.ts';
import { builtInIds, builtInTemplate } from './templates.ts';

/**
 * The template with everything it inherits.
 * @throws TemplateError for an unknown id or a circle of `extends`
 */
export function resolveTemplate(catalog: Pick<Catalog, 'templates'>, id: string): Template {
  return resolveBelow(catalog, id, []);
}

/** @param trail the templates that led here by their `extends` */
function resolveBelow(catalog: Pick<Catalog, 'templates'>, id: string, trail: readonly Template[]): Template {
  const own = catalog.templates.find((each) => each.id === id);
  const found = own !== undefined && !trail.includes(own) ? own : builtInTemplate(id);
  if (found === undefined) {
    throw new TemplateError(own === undefined ? `there is no template "${id}"` : circle(id), {
      hint: `known: ${templateIds(catalog).join(', ')}`,
    });
  }
  if (trail.includes(found)) throw new TemplateError(circle(id));
  const parents = parentsOf(found).map((parent) => resolveBelow(catalog, parent, [...trail, found]));
  return [...parents, found].reduce(merge);
}

/** What a template extends, in order. */
export function parentsOf({ extends: parents }: Pick<Template, 'extends'>): readonly string[] {
  if (parents === undefined) return [];
  return typeof parents === 'string' ? [parents] : parents;
}

const circle = (id: string): string => `template "${id}" extends itself through others`;

/** Ids of the catalog's and the built-in templates, sorted. */
export function templateIds(catalog: Pick<Catalog, 'templates'>): readonly string[] {
  return [...new Set([...catalog.templates.map((each) => each.id), ...builtInIds()])].sort();
}

function merge(base: Template, child: Template): Template {
  const { extends: _parents, ...own } = child;
  // What a template is for is said by itself, or by the built-in one it refines under the same id.
  const match = own.match ?? (base.id === own.id ? base.match : undefined);
  return {
    ...own,
    ...(match === undefined ? {} : { match }),
    ...inherited('vendor', base, child),
    ...inherited('model', base, child),
    ...inherited('decidedBy', base, child),
    measurements: mergeMeasurements(base.measurements, child.measurements),
    alarms: mergeById(base.alarms, child.alarms),
    graphs: mergeById(base.graphs, child.graphs),
    availability: child.availability.length > 0 ? child.availability : base.availability,
  };
}

function inherited<K extends 'vendor' | 'model' | 'decidedBy'>(
  key: K,
  base: Template,
  child: Template,
): Partial<Pick<Template, K>> {
  const value = child[key] ?? base[key];
  const out: Partial<Pick<Template, K>> = {};
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
    (isAppCheck(a) && isAppCheck(b) && a.id === b.id) ||
    (a.check === 'snmp-table' && b.check === 'snmp-table' && a.table === b.table)
  );
}

/** Both, with what is said again in place of what it repeats. */
export function mergeMeasurements(base: readonly Measurement[], child: readonly Measurement[]): Measurement[] {
  const replaced = base.map((each) => child.find((other) => same(each, other)) ?? each);
  const added = child.filter((each) => !base.some((other) => same(other, each)));
  return [...replaced, ...added];
}
