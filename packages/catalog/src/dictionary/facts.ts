/** Facts: slowly changing texts read by SNMP (RFC 3418, RFC 2863, RFC 1628). */
import type { Fact } from '../model/metrics.ts';

const LIST: readonly Fact[] = [
  { name: 'sysDescr', oid: '1.3.6.1.2.1.1.1.0', help: 'Hardware, system and version in words' },
  { name: 'sysObjectID', oid: '1.3.6.1.2.1.1.2.0', help: "Vendor's identification of the kind of device" },
  { name: 'sysContact', oid: '1.3.6.1.2.1.1.4.0', help: 'Person to ask' },
  { name: 'sysName', oid: '1.3.6.1.2.1.1.5.0', help: 'Name the device has been given' },
  { name: 'sysLocation', oid: '1.3.6.1.2.1.1.6.0', help: 'Where the device stands' },
  { name: 'ifAlias', oid: '1.3.6.1.2.1.31.1.1.1.18', help: 'What an interface is for, as its administrator wrote it' },
  { name: 'upsIdentModel', oid: '1.3.6.1.2.1.33.1.1.2.0', help: 'Model of the UPS' },
];

export const FACTS: Readonly<Record<string, Fact>> = Object.fromEntries(LIST.map((each) => [each.name, each]));
