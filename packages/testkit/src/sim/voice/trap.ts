/** SNMPv2c notifications as devices send them (RFC 3416, RFC 3418). Pure. */
import { encode, encodeNumber, encodeOid, TAG } from '../snmp/ber.ts';

const VERSION_2C = 1;
const TRAP_V2 = 0xa7;
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
const TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';
const IF_ENTRY = '1.3.6.1.2.1.2.2.1';
const IF_NAME = '1.3.6.1.2.1.31.1.1.1.1';

export const NOTIFICATIONS = {
  coldStart: '1.3.6.1.6.3.1.1.5.1',
  linkDown: '1.3.6.1.6.3.1.1.5.3',
  linkUp: '1.3.6.1.6.3.1.1.5.4',
} as const;

export interface Notification {
  readonly community: string;
  readonly requestId: number;
  /** Hundredths of a second. */
  readonly upTicks: number;
  readonly name: keyof typeof NOTIFICATIONS;
  /** Of linkDown and linkUp. */
  readonly link?: { readonly index: number; readonly name: string; readonly up: boolean };
}

const oidOf = (text: string): Buffer => encodeOid(text.split('.').map(Number));
const varbind = (oid: string, value: Buffer): Buffer => encode(TAG.sequence, oidOf(oid), value);

export function encodeTrap({ community, requestId, upTicks, name, link }: Notification): Buffer {
  const varbinds = [
    varbind(SYS_UP_TIME, encodeNumber(TAG.ticks, upTicks)),
    varbind(TRAP_OID, oidOf(NOTIFICATIONS[name])),
  ];
  if (link !== undefined) {
    varbinds.push(
      varbind(`${IF_ENTRY}.1.${link.index}`, encodeNumber(TAG.integer, link.index)),
      varbind(`${IF_ENTRY}.7.${link.index}`, encodeNumber(TAG.integer, 1)),
      varbind(`${IF_ENTRY}.8.${link.index}`, encodeNumber(TAG.integer, link.up ? 1 : 2)),
      varbind(`${IF_NAME}.${link.index}`, encode(TAG.octets, Buffer.from(link.name, 'utf8'))),
    );
  }
  return encode(
    TAG.sequence,
    encodeNumber(TAG.integer, VERSION_2C),
    encode(TAG.octets, Buffer.from(community, 'latin1')),
    encode(
      TRAP_V2,
      encodeNumber(TAG.integer, requestId),
      encodeNumber(TAG.integer, 0),
      encodeNumber(TAG.integer, 0),
      encode(TAG.sequence, ...varbinds),
    ),
  );
}
