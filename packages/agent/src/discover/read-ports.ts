/** A device's interfaces under stable names, and the ways other tables point at them. */
import type { DeviceFinding } from '@kaiku/protocol';
import { uniqueNames } from '../sample/snmp/device/names.ts';
import { ADDRESS, INTERFACE } from './objects.ts';
import { countOf, indexParts, inetOf, ipText, macOf, numberOf, textOf } from './octets.ts';
import type { Reader } from './reader.ts';

const MBIT = 1_000_000;
const UP = 1;
const GAUGE_CAP = 4_294_967_295;

type Interface = DeviceFinding['interfaces'][number];

export interface Ports {
  readonly interfaces: readonly Interface[];
  /** Stable name of an ifIndex; its number where the device does not list it. */
  nameOf(ifIndex: number): string;
  /** The interface that a device means by this text: its name, description or alias, or the MAC that no other has. */
  find(text: string): Interface | undefined;
}

export async function readPorts(reader: Reader): Promise<Ports> {
  const rows = (await reader.table('interfaces', INTERFACE)).filter(({ index }) => /^\d{1,10}$/.test(index));
  const names = uniqueNames(
    rows.map(({ index, cell }) => ({ index, text: textOf(cell('name')) || textOf(cell('descr')) })),
  );
  const interfaces = rows.map(({ index, cell }, at): Interface => {
    const speed = countOf(cell('speed'));
    const high = countOf(cell('highSpeed')) * MBIT;
    return {
      index: Number(index),
      name: names[at] ?? index,
      descr: textOf(cell('descr')),
      alias: textOf(cell('alias')),
      type: countOf(cell('type')),
      bitsPerSecond: high > 0 && (speed === 0 || speed === GAUGE_CAP || high > speed) ? high : speed,
      adminUp: numberOf(cell('adminStatus')) === UP,
      operUp: numberOf(cell('operStatus')) === UP,
      mac: macOf(cell('mac')),
    };
  });
  const byIndex = new Map(interfaces.map((each) => [each.index, each]));
  // A bridge or a bundle shares the MAC of one of its ports.
  const withMac = (text: string): Interface | undefined => {
    const [first, ...more] = interfaces.filter(({ mac }) => mac === text);
    return more.length === 0 ? first : undefined;
  };
  return {
    interfaces,
    nameOf: (ifIndex) => byIndex.get(ifIndex)?.name ?? String(ifIndex),
    find: (text) =>
      text === ''
        ? undefined
        : (interfaces.find(({ name }) => name === text) ??
          interfaces.find(({ descr, alias }) => descr === text || alias === text) ??
          withMac(text)),
  };
}

/** The device's own addresses. */
export async function readAddresses(reader: Reader, ports: Ports): Promise<DeviceFinding['addresses']> {
  const found = new Map<string, string>();
  for (const { index, cell } of await reader.table('addresses', { ifIndex: ADDRESS.ifIndex })) {
    const address = ipText(indexParts(index));
    if (address !== undefined) found.set(address, ports.nameOf(countOf(cell('ifIndex'))));
  }
  for (const { index, cell } of await reader.table('addresses', { ifIndex: ADDRESS.inetIfIndex })) {
    const inet = inetOf(indexParts(index));
    if (inet !== undefined) found.set(inet.address, ports.nameOf(countOf(cell('ifIndex'))));
  }
  return [...found].map(([address, port]) => ({ address, port }));
}
