/**
 * A trap or inform as an agent reports it, with the names of compiled MIBs: what it is, what it carries, its states, units and
 * decimals. Agents keep numbers for what is not in every NOC's head; names are put in where an event is shown, so MIBs that are
 * compiled later name earlier events as well. Fed by the store's events; feeds the portal and `kaiku events`. Pure.
 */
import type { Mibs, NamedOid } from './lookup.ts';

/** What of an event is named; the rest of it stays as it is. */
export interface NamedParts {
  readonly kind: string;
  /** The notification's name, or its OID. */
  readonly name: string;
  readonly message: string;
  /** In the order of the PDU; what an agent has no name for stands under its OID. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Fields about the message itself; all others are varbinds. */
const HEAD: ReadonlySet<string> = new Set([
  'version',
  'user',
  'engineId',
  'context',
  'trapOid',
  'upTimeMs',
  'snmpTrapEnterprise',
  'snmpTrapAddress',
]);
const OID = /^\d+(?:\.\d+)+$/;
/** The agent left some out. */
const CUT = '…';

/** The event itself when there is nothing to name. */
export function nameEvent<T extends NamedParts>(mibs: Mibs, event: T): T {
  if (event.kind !== 'trap' && event.kind !== 'inform') return event;
  const entries = Object.entries(event.fields);
  const isNumber = ([field]: [string, string]): boolean => OID.test(field);
  if (!OID.test(event.name) && !entries.some(isNumber)) return event;
  const name = mibs.notification(event.name)?.name ?? event.name;
  const varbinds = entries
    .filter(([field]) => !HEAD.has(field) && field !== CUT)
    .map(([field, value]) => {
      const named = objectOf(mibs, field);
      const shown = named === undefined ? value : valueText(mibs, named, value);
      return {
        field,
        shown,
        label: named?.text ?? field,
        object: named?.node.name ?? plainName(field),
      };
    });
  const renamed = new Map(varbinds.map(({ field, label, shown }) => [field, [label, shown]]));
  const words = varbinds.map(({ object, shown }) => `${object}=${/\s/.test(shown) ? JSON.stringify(shown) : shown}`);
  return {
    ...event,
    name,
    message: [name, ...words, ...(CUT in event.fields ? [CUT] : [])].join(' '),
    fields: Object.fromEntries(entries.map((entry) => renamed.get(entry[0]) ?? entry)),
  };
}

/** Without its index, as agents word it; an OID stays whole. */
const plainName = (field: string): string => (OID.test(field) ? field : field.replace(/(?:\.\d+)+$/, ''));

/** A column or scalar; what is only the beginning of an unknown one stays a number. */
function objectOf(mibs: Mibs, field: string): NamedOid | undefined {
  const named = mibs.show(field);
  return named?.node.kind === 'column' || named?.node.kind === 'scalar' ? named : undefined;
}

function valueText(mibs: Mibs, { node }: NamedOid, value: string): string {
  const { type, units, hint } = node;
  if (type === 'oid') return mibs.nameOfOid(value)?.text ?? value;
  const word = mibs.valueText(node, value);
  if (word !== value) return word;
  if (type === 'octets') return hint === DATE_AND_TIME ? dateText(value) : value;
  if (!/^-?\d+$/.test(value)) return value;
  if (type === 'ticks') return `${Number(value) / 100} s`;
  const digits = Number(/^d-(\d)$/.exec(hint ?? '')?.[1] ?? 0);
  const shown = digits === 0 ? value : (Number(value) / 10 ** digits).toFixed(digits);
  return units === undefined ? shown : `${shown} ${units}`;
}

const DATE_AND_TIME = '2d-1d-1d,1d:1d:1d.1d,1a1d:1d';

/** RFC 2579: two octets of the year, then month, day, hour, minute, second, tenths, and perhaps how far it is from UTC. */
function dateText(hex: string): string {
  const octets = hex.split(':').map((each) => (/^[0-9a-f]{2}$/.test(each) ? Number.parseInt(each, 16) : Number.NaN));
  if ((octets.length !== 8 && octets.length !== 11) || octets.some(Number.isNaN)) return hex;
  const [high = 0, low = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, , sign = 0, hours = 0, minutes = 0] =
    octets;
  const two = (number: number): string => String(number).padStart(2, '0');
  const zone = octets.length === 8 ? '' : `${String.fromCharCode(sign)}${two(hours)}:${two(minutes)}`;
  return `${high * 256 + low}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}${zone}`;
}
