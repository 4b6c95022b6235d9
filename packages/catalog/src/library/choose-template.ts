/**
 * Chooses the template for a device by what discovery heard of it. Pure but for the library's files.
 *
 * Every template is a candidate when each condition of its `match` (or of one of several) holds. The highest priority wins, then the
 * longest prefix of sysObjectID, then the number of conditions, then the catalog's own before a built-in one. What
 * answers SNMP but fits nothing is `snmp-device`; what does not is `ping-only`.
 */
import type { Catalog } from '../model/catalog.ts';
import type { Match } from '../model/match.ts';
import { isWithin } from '../model/oid.ts';
import type { Template } from '../model/template.ts';
import { resolveTemplate, templateIds } from './resolve.ts';

/** What a device said of itself; everything absent when it does not answer SNMP. */
export interface Heard {
  readonly sysObjectID?: string | undefined;
  readonly sysDescr?: string | undefined;
  /** Probes (see `probesOf`) the device has a value for. */
  readonly answers?: ReadonlySet<string> | undefined;
}

export interface TemplateChoice {
  readonly template: string;
  /** For people: what it was chosen by. */
  readonly reason: string;
}

type OwnTemplates = Pick<Catalog, 'templates'>;

const NO_TEMPLATES: OwnTemplates = { templates: [] };

export function chooseTemplate(heard: Heard, catalog: OwnTemplates = NO_TEMPLATES): TemplateChoice {
  const [best] = fittingTemplates(heard, catalog);
  if (best !== undefined) return best;
  const speaks = heard.sysObjectID !== undefined || heard.sysDescr !== undefined || (heard.answers?.size ?? 0) > 0;
  return speaks
    ? { template: 'snmp-device', reason: 'answers SNMP and fits no other template' }
    : { template: 'ping-only', reason: 'does not answer SNMP' };
}

/** Every template that fits, the one to choose first; each once, by its best way to know the device. */
export function fittingTemplates(heard: Heard, catalog: OwnTemplates = NO_TEMPLATES): readonly TemplateChoice[] {
  const fits = candidates(catalog).flatMap(({ id, own, match }) => {
    const fit = fitOf(match, heard);
    return fit === undefined ? [] : [{ id, own, priority: match.priority, ...fit }];
  });
  fits.sort(
    (a, b) =>
      b.priority - a.priority ||
      b.prefixLength - a.prefixLength ||
      b.reasons.length - a.reasons.length ||
      Number(b.own) - Number(a.own) ||
      (a.id < b.id ? -1 : 1),
  );
  const seen = new Set<string>();
  return fits.flatMap(({ id, reasons }) => {
    if (seen.has(id)) return [];
    seen.add(id);
    return [{ template: id, reason: reasons.join('; ') }];
  });
}

/** The objects discovery should ask a device for, so that each template's `answers` can be decided. Sorted. */
export function probesOf(catalog: OwnTemplates = NO_TEMPLATES): readonly string[] {
  return [...new Set(candidates(catalog).flatMap(({ match }) => match.answers ?? []))].sort();
}

/** The ways to know a template's devices. */
export function alternativesOf({ match }: Pick<Template, 'match'>): readonly Match[] {
  if (match === undefined) return [];
  return Array.isArray(match) ? match : [match];
}

interface Candidate {
  readonly id: string;
  readonly own: boolean;
  readonly match: Match;
}

const known = new WeakMap<OwnTemplates, readonly Candidate[]>();

/** Worked out once for a catalog: discovery asks for each device, and resolving the library takes milliseconds. */
function candidates(catalog: OwnTemplates): readonly Candidate[] {
  const before = known.get(catalog);
  if (before !== undefined) return before;
  const own = new Set(catalog.templates.map(({ id }) => id));
  const found = templateIds(catalog).flatMap((id) => {
    const { match, part } = resolveTemplate(catalog, id);
    return part ? [] : alternativesOf({ match }).map((each) => ({ id, own: own.has(id), match: each }));
  });
  known.set(catalog, found);
  return found;
}

interface Fit {
  /** Numbers in the prefix that held; 0 without one. */
  readonly prefixLength: number;
  readonly reasons: readonly string[];
}

function fitOf(match: Match, { sysObjectID, sysDescr, answers }: Heard): Fit | undefined {
  const reasons: string[] = [];
  let prefixLength = 0;
  if (match.sysObjectId !== undefined) {
    const held = match.sysObjectId.filter((prefix) => sysObjectID !== undefined && isWithin(prefix, sysObjectID));
    const longest = held.toSorted((a, b) => b.split('.').length - a.split('.').length)[0];
    if (longest === undefined) return undefined;
    prefixLength = longest.split('.').length;
    reasons.push(`sysObjectID ${sysObjectID ?? ''} lies under ${longest}`);
  }
  if (match.sysDescr !== undefined) {
    if (!new RegExp(match.sysDescr, 'iu').test(sysDescr ?? '')) return undefined;
    reasons.push(`sysDescr matches /${match.sysDescr}/`);
  }
  if (match.answers !== undefined) {
    const answered = match.answers.find((oid) => answers?.has(oid) === true);
    if (answered === undefined) return undefined;
    reasons.push(`answers ${answered}`);
  }
  return { prefixLength, reasons };
}
