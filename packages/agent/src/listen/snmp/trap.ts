/**
 * What a trap says, in one shape for all versions: version 1 is translated as RFC 3584 section 3.1 has it. Pure.
 *
 * `raw` is the PDU as it was on the wire, decrypted. The envelope around it is left out on purpose: it holds the community.
 */
import { MalformedError, TAG } from '../../sample/snmp/codec/ber.ts';
import { oidText } from '../../sample/snmp/codec/oid.ts';
import { textValue, ticksValue } from '../../sample/snmp/codec/value.ts';
import { oneLine, wholeCharacters } from '../text.ts';
import type { Pdu, TrapV1Pdu, Varbind } from './message.ts';
import {
  ENUMS,
  GENERIC_TRAPS,
  OBJECTS,
  SNMP_TRAP_ADDRESS,
  SNMP_TRAP_COMMUNITY,
  SNMP_TRAP_ENTERPRISE,
  SNMP_TRAP_OID,
  SYS_UP_TIME,
  TRAPS,
  UNKNOWN_TRAP_SEVERITY,
} from './names.ts';

export interface Trap {
  /** Standard name, or the OID. */
  readonly name: string;
  readonly severity: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
  /** The device the trap is about, where it says so itself: a version 1 trap, or one that a proxy passed on. */
  readonly origin: string | undefined;
}

const ENTERPRISE_SPECIFIC = 6;
/** Fields and characters of one kept in readable form; everything is in the raw bytes. */
const MOST_FIELDS = 64;
const MOST_CHARS = 1000;
const MESSAGE_CHARS = 2000;

interface Facts {
  readonly oid: string;
  /** Hundredths of a second; negative when it does not say. */
  readonly upTime: number;
  readonly enterprise: string | undefined;
  readonly agentAddress: string | undefined;
  readonly varbinds: readonly Varbind[];
}

/**
 * Traps and informs of versions 2c and 3. RFC 3416 has sysUpTime.0 and snmpTrapOID.0 as the first two, in this order; some
 * devices leave out the first, swap them, or give the time as another type: a trap is what says which one it is.
 * @throws MalformedError when it does not say which trap it is
 */
export function trapOf({ varbinds }: Pdu, head: Readonly<Record<string, string>>): Trap {
  const trapOid = varbinds.find(({ oid, tag }) => oid === SNMP_TRAP_OID && tag === TAG.oid);
  if (trapOid === undefined) throw new MalformedError('no snmpTrapOID');
  const upTime = varbinds.find(({ oid }) => oid === SYS_UP_TIME);
  const rest = varbinds.filter((varbind) => varbind !== trapOid && varbind !== upTime);
  const address = rest.find(({ oid, tag }) => oid === SNMP_TRAP_ADDRESS && tag === TAG.ipAddress);
  const ticks = upTime === undefined ? -1 : ticksValue(upTime.tag, upTime.content, 0, upTime.content.length);
  return describe(
    {
      oid: oidText(trapOid.content),
      upTime: ticks,
      enterprise: undefined,
      agentAddress: address === undefined ? undefined : valueText(address, undefined),
      varbinds: rest,
    },
    head,
  );
}

/** @throws MalformedError for a generic trap that does not exist */
export function trapOfV1(pdu: TrapV1Pdu, head: Readonly<Record<string, string>>): Trap {
  const { generic, specific, enterprise, agentAddress, upTime, varbinds } = pdu;
  if (generic < 0 || generic > ENTERPRISE_SPECIFIC) throw new MalformedError('generic trap');
  const oid = generic === ENTERPRISE_SPECIFIC ? `${enterprise}.0.${specific}` : `${GENERIC_TRAPS}.${generic + 1}`;
  const address = agentAddress === '0.0.0.0' ? undefined : agentAddress;
  return describe({ oid, upTime, enterprise, agentAddress: address, varbinds }, head);
}

function describe({ oid, upTime, enterprise, agentAddress, varbinds }: Facts, head: Readonly<Record<string, string>>) {
  const known = TRAPS.get(oid);
  const name = known?.name ?? oid;
  const fields: Record<string, string> = { ...head, trapOid: oid };
  if (upTime >= 0) fields['upTimeMs'] = `${upTime * 10}`;
  if (enterprise !== undefined) fields['snmpTrapEnterprise'] = enterprise;
  if (agentAddress !== undefined) fields['snmpTrapAddress'] = agentAddress;
  const words = [name];
  for (const varbind of varbinds) {
    if (HIDDEN.has(varbind.oid)) continue;
    const { object, index } = objectOf(varbind.oid);
    const text = valueText(varbind, object);
    if (Object.keys(fields).length < MOST_FIELDS)
      fields[object === undefined ? varbind.oid : `${object}${index}`] = text;
    words.push(`${object ?? varbind.oid}=${/\s/.test(text) ? JSON.stringify(text) : text}`);
  }
  return {
    name,
    severity: known?.severity ?? UNKNOWN_TRAP_SEVERITY,
    message: words.join(' ').slice(0, MESSAGE_CHARS),
    fields,
    origin: agentAddress,
  };
}

/** A secret, and what has a field of its own. */
const HIDDEN: ReadonlySet<string> = new Set([SNMP_TRAP_COMMUNITY, SNMP_TRAP_ADDRESS, SNMP_TRAP_ENTERPRISE]);

/** The longest known prefix of an OID, and the index behind it with its dot. */
function objectOf(oid: string): { readonly object: string | undefined; readonly index: string } {
  for (let end = oid.lastIndexOf('.'); end > 0; end = oid.lastIndexOf('.', end - 1)) {
    const object = OBJECTS.get(oid.slice(0, end));
    if (object !== undefined) return { object, index: oid.slice(end) };
  }
  return { object: undefined, index: '' };
}

/** One line; an enumeration's word where it is known. */
function valueText({ tag, content }: Varbind, object: string | undefined): string {
  const cut = tag === TAG.octets && content.length > MOST_CHARS;
  const shown = cut ? wholeCharacters(content.subarray(0, MOST_CHARS)) : content;
  const text = oneLine(textValue(tag, shown, 0, shown.length));
  const word = object === undefined || tag !== TAG.integer ? undefined : ENUMS[object]?.[Number(text)];
  return word === undefined || word === '' ? text : word;
}
