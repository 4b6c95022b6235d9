/**
 * Devices of a CSV file as entries of a catalog file. Column names are understood leniently; what is wrong is told for
 * every line at once, and then nothing is imported. Pure.
 */
import { resolveTemplate } from '../library/resolve.ts';
import { deviceSchema, isMistypedAddress } from '../model/device.ts';
import type { Catalog } from '../model/catalog.ts';
import { TemplateError } from '../errors.ts';
import { parseCsv, type CsvProblem, type CsvRow } from './csv.ts';

/** Names of columns by the field they fill, without case, spaces, `-` and `_`. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  id: ['id', 'deviceid', 'identifier'],
  nick: ['nick', 'name', 'hostname', 'device', 'devicename', 'label', 'title'],
  address: ['address', 'ip', 'ipaddress', 'ipv4', 'ipv6', 'host', 'fqdn', 'managementip', 'mgmtip'],
  template: ['template', 'type', 'kind', 'devicetype', 'class'],
  site: ['site', 'place', 'location', 'office', 'building'],
  agency: ['agency', 'organisation', 'organization', 'customer', 'department'],
  agents: ['agents', 'agent', 'measuredby', 'poller'],
  redundancy: ['redundancy'],
  everyMs: ['everyms', 'intervalms'],
  owner: ['owner', 'responsible', 'contact'],
  user: ['user', 'person'],
  criticality: ['criticality', 'priority'],
  serviceHours: ['servicehours', 'hours', 'calendar'],
  dependsOn: ['dependson', 'parent', 'parents', 'uplink'],
  checks: ['checks'],
  'snmp.version': ['snmp.version', 'snmpversion'],
  'snmp.port': ['snmp.port', 'snmpport'],
  'snmp.community': ['snmp.community', 'snmpcommunity', 'community'],
  'snmp.user': ['snmp.user', 'snmpuser'],
  'snmp.context': ['snmp.context', 'snmpcontext'],
  'snmp.auth.protocol': ['snmp.auth.protocol', 'authprotocol', 'snmpauthprotocol'],
  'snmp.auth.password': ['snmp.auth.password', 'authpassword', 'snmpauthpassword'],
  'snmp.privacy.protocol': ['snmp.privacy.protocol', 'privacyprotocol', 'privprotocol'],
  'snmp.privacy.password': ['snmp.privacy.password', 'privacypassword', 'privpassword'],
};

const LISTS: ReadonlySet<string> = new Set(['agents', 'dependsOn']);
const NUMBERS: ReadonlySet<string> = new Set(['redundancy', 'everyMs', 'snmp.port']);
/** A column that is not wanted. */
const LEFT_OUT = '-';
const MOST_PROBLEMS = 1000;

export interface ImportOptions {
  /** Fields by column name, for columns that are not understood by themselves; `-` leaves one out. */
  readonly map?: Readonly<Record<string, string>>;
  /** Fields that every device gets where its line says nothing. */
  readonly defaults?: Readonly<Record<string, string>>;
  /** Sites, agencies and templates must be there. */
  readonly known?: Catalog;
}

export interface Imported {
  /** As in a catalog file; empty when anything is wrong. */
  readonly devices: readonly Readonly<Record<string, unknown>>[];
  readonly problems: readonly CsvProblem[];
}

export function importDevices(text: string, options: ImportOptions = {}): Imported {
  const { rows, problems: broken } = parseCsv(text);
  const [header, ...lines] = rows;
  if (header === undefined) {
    const problem = {
      line: 1,
      message: 'the file is empty',
      hint: 'the first line names the columns: id,name,address,…',
    };
    return { devices: [], problems: [...broken, problem] };
  }
  const { fields, problems } = fieldsOf(header, options.map ?? {});
  const found: CsvProblem[] = [...broken, ...problems];
  const seen = new Map<string, number>();
  const devices = lines.flatMap((row) => {
    const device = deviceOf(row, fields, options.defaults ?? {});
    const wrong = problems.length > 0 ? [] : [...problemsOf(row, fields, device, options.known)];
    const id = typeof device['id'] === 'string' ? device['id'] : '';
    const before = seen.get(id);
    if (before !== undefined && id !== '') {
      wrong.push({
        line: row.line,
        message: `"${id}" is already used on line ${before}`,
        hint: 'give each device an id of its own',
      });
    }
    seen.set(id, row.line);
    found.push(...wrong);
    return wrong.length === 0 ? [device] : [];
  });
  if (lines.length === 0)
    found.push({
      line: header.line,
      message: 'there are no devices',
      hint: 'one line each, below the names of the columns',
    });
  return found.length > 0 ? { devices: [], problems: found.slice(0, MOST_PROBLEMS) } : { devices, problems: [] };
}

const squeezed = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, '');

/** The field of each column; undefined: left out. */
function fieldsOf(
  { line, cells }: CsvRow,
  map: Readonly<Record<string, string>>,
): { readonly fields: readonly (string | undefined)[]; readonly problems: readonly CsvProblem[] } {
  const wanted = new Map(Object.entries(map).map(([column, field]) => [squeezed(column), field]));
  const problems: CsvProblem[] = [];
  const used = new Map<string, string>();
  const fields = cells.map((cell) => {
    const name = squeezed(cell.trim());
    const said = wanted.get(name);
    if (said === LEFT_OUT || (name === '' && said === undefined)) return undefined;
    const field = said === undefined ? fieldOf(name, cell) : (fieldOf(squeezed(said), said) ?? said);
    if (field === undefined || !(field in COLUMNS || field.startsWith('tags.'))) {
      const list = problems.length > 0 ? '' : `; fields: ${Object.keys(COLUMNS).join(', ')}, tags.NAME`;
      const hint = `--map "${cell.trim()}=FIELD" says what it is, "${cell.trim()}=-" leaves it out${list}`;
      problems.push({ line, message: `the column "${cell.trim()}" is not understood`, hint });
      return undefined;
    }
    const before = used.get(field);
    if (before !== undefined) {
      problems.push({
        line,
        message: `the columns "${before}" and "${cell.trim()}" both are the ${field}`,
        hint: `leave one out: --map "${cell.trim()}=-"`,
      });
    }
    used.set(field, cell.trim());
    return field;
  });
  return { fields, problems };
}

function fieldOf(name: string, written: string): string | undefined {
  const tag = /^tags?[.:](.+)$/i.exec(written.trim());
  if (tag !== null) return `tags.${tag[1] ?? ''}`;
  return Object.entries(COLUMNS).find(([, names]) => names.includes(name))?.[0];
}

function deviceOf(
  { cells }: CsvRow,
  fields: readonly (string | undefined)[],
  defaults: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const device: Record<string, unknown> = {};
  const written = fields.flatMap((field, index): [string, string][] => {
    const text = (cells[index] ?? '').trim();
    return field === undefined || text === '' ? [] : [[field, text]];
  });
  for (const [field, text] of Object.entries({ ...defaults, ...Object.fromEntries(written) })) {
    put(device, field.startsWith('tags.') ? ['tags', field.slice(5)] : field.split('.'), valueOf(field, text));
  }
  const { id, nick } = device;
  const named = typeof nick === 'string' ? slug(nick) : undefined;
  return compact({ id: id ?? named, nick: nick ?? id, ...device });
}

const compact = (device: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(device).filter(([, value]) => value !== undefined));

function put(into: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const inner = (into[key] ?? {}) as Record<string, unknown>;
  into[key] = inner;
  put(inner, rest, value);
}

function valueOf(field: string, text: string): unknown {
  if (LISTS.has(field)) return text.split(/[\s;|,]+/).filter((each) => each !== '');
  if (NUMBERS.has(field)) return /^\d+$/.test(text) ? Number(text) : text;
  if (field === 'criticality' || field.endsWith('.protocol')) return text.toLowerCase();
  if (field === 'snmp.version') return text.replace(/^v/i, '');
  if (field !== 'checks') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** An id of a name for people: `Oulu, kytkin 3` is oulu-kytkin-3. */
function slug(name: string): string {
  const plain = name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 64)
    .replace(/-$/, '');
}

function* problemsOf(
  { line, cells }: CsvRow,
  fields: readonly (string | undefined)[],
  device: Readonly<Record<string, unknown>>,
  known: Catalog | undefined,
): Generator<CsvProblem> {
  if (cells.length > fields.length) {
    yield {
      line,
      message: `${cells.length} cells, but ${fields.length} columns`,
      hint: 'a separator inside a cell needs quotes around the cell',
    };
  }
  const parsed = deviceSchema.safeParse(device);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const field = path.map(String).join('.');
      const missing =
        path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], device) ===
        undefined;
      yield missing
        ? { line, message: `${field} is missing`, hint: `add a column, or give all of them one: --default ${field}=…` }
        : { line, message: `${field}: ${message}`, hint: 'docs/configuration.md says what it may be' };
    }
    return;
  }
  const { address } = parsed.data;
  if (isMistypedAddress(address)) {
    yield { line, message: `address: "${address}" is no IPv4 address`, hint: 'four numbers from 0 to 255' };
  }
  if (known === undefined) return;
  const { site, agency, template } = parsed.data;
  const absent = (what: string, id: string, all: readonly { readonly id: string }[]): CsvProblem => ({
    line,
    message: `there is no ${what} "${id}"`,
    hint: `known: ${all.map((each) => each.id).join(', ')}; new ones belong into the catalog file first`,
  });
  if (!known.sites.some(({ id }) => id === site)) yield absent('site', site, known.sites);
  if (!known.agencies.some(({ id }) => id === agency)) yield absent('agency', agency, known.agencies);
  try {
    resolveTemplate(known, template);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    yield { line, message: error.message, hint: error.hint ?? '' };
  }
}
