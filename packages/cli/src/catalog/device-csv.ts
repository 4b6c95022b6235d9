/** Devices as CSV, in the columns that `kaiku import` reads. Pure. */
import type { Device } from '@kaiku/catalog';
import { csv } from '../terminal/table.ts';

type Column = readonly [title: string, text: (device: Device) => string | number | undefined];

const COLUMNS: readonly Column[] = [
  ['id', ({ id }) => id],
  ['nick', ({ nick }) => nick],
  ['address', ({ address }) => address],
  ['template', ({ template }) => template],
  ['site', ({ site }) => site],
  ['agency', ({ agency }) => agency],
  ['agents', ({ agents }) => agents.join(' ')],
  ['redundancy', ({ redundancy }) => redundancy],
  ['everyMs', ({ everyMs }) => everyMs],
  ['owner', ({ owner }) => owner],
  ['user', ({ user }) => user],
  ['criticality', ({ criticality }) => criticality],
  ['serviceHours', ({ serviceHours }) => serviceHours],
  ['dependsOn', ({ dependsOn }) => dependsOn.join(' ')],
  ['snmp.version', ({ snmp }) => snmp?.version],
  ['snmp.port', ({ snmp }) => snmp?.port],
  ['snmp.community', ({ snmp }) => snmp?.community],
  ['snmp.user', ({ snmp }) => snmp?.user],
  ['snmp.context', ({ snmp }) => snmp?.context],
  ['snmp.auth.protocol', ({ snmp }) => snmp?.auth?.protocol],
  ['snmp.auth.password', ({ snmp }) => snmp?.auth?.password],
  ['snmp.privacy.protocol', ({ snmp }) => snmp?.privacy?.protocol],
  ['snmp.privacy.password', ({ snmp }) => snmp?.privacy?.password],
  ['checks', ({ checks }) => (checks.length === 0 ? '' : JSON.stringify(checks))],
];

export function devicesAsCsv(devices: readonly Device[]): string {
  const tags = [...new Set(devices.flatMap((device) => Object.keys(device.tags)))].sort();
  const columns: readonly Column[] = [
    ...COLUMNS,
    ...tags.map((tag): Column => [`tags.${tag}`, (device) => device.tags[tag]]),
  ];
  const rows = devices.map((device) => columns.map(([, text]) => String(text(device) ?? '')));
  return csv(
    columns.map(([title]) => title),
    rows,
  );
}
