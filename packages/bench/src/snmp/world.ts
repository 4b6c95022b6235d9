/**
 * The devices all peers poll: switches with full ifTable and ifXTable, whose values stand still, so that everybody must
 * read the same. Pure.
 */
import { hash01, MibBuilder, type Mib } from '@kaiku/testkit';

export const COMMUNITY = 'public';
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
export const SYS_UP_TIME = '1.3.6.1.2.1.1.3';
export const IF_NAME = `${IFX}.1`;
export const IF_DESCR = `${IF}.2`;
export const IF_ALIAS = `${IFX}.18`;

export interface Column {
  readonly name: string;
  readonly oid: string;
  readonly kind: 'counter' | 'gauge';
  readonly bits: 32 | 64;
}

/** What is to be delivered of every interface. */
export const COLUMNS: readonly Column[] = [
  { name: 'ifHCInOctets', oid: `${IFX}.6`, kind: 'counter', bits: 64 },
  { name: 'ifHCInUcastPkts', oid: `${IFX}.7`, kind: 'counter', bits: 64 },
  { name: 'ifHCOutOctets', oid: `${IFX}.10`, kind: 'counter', bits: 64 },
  { name: 'ifHCOutUcastPkts', oid: `${IFX}.11`, kind: 'counter', bits: 64 },
  { name: 'ifHighSpeed', oid: `${IFX}.15`, kind: 'gauge', bits: 32 },
  { name: 'ifAdminStatus', oid: `${IF}.7`, kind: 'gauge', bits: 32 },
  { name: 'ifOperStatus', oid: `${IF}.8`, kind: 'gauge', bits: 32 },
  { name: 'ifInDiscards', oid: `${IF}.13`, kind: 'counter', bits: 32 },
  { name: 'ifInErrors', oid: `${IF}.14`, kind: 'counter', bits: 32 },
  { name: 'ifOutDiscards', oid: `${IF}.19`, kind: 'counter', bits: 32 },
  { name: 'ifOutErrors', oid: `${IF}.20`, kind: 'counter', bits: 32 },
];

/** A hundred addresses are enough: what is measured is the cost of a device, not of an address. */
export function addressOf(device: number): string {
  return `127.51.0.${device + 1}`;
}

export const portName = (port: number): string => `Gi1/0/${port}`;

/** Below 2^53, so that no peer's floating point loses any of it. */
function reading(device: number, port: number, column: number, bits: 32 | 64): number {
  return Math.floor(hash01((device * 64 + port) * 32 + column, 7) * (bits === 64 ? 2 ** 44 : 2 ** 31));
}

export function buildMib(device: number, ports: number): Mib {
  const mib = new MibBuilder();
  mib.text('1.3.6.1.2.1.1.1', 0, 'octets', `Bench switch ${device}`);
  mib.number(SYS_UP_TIME, 0, 'ticks', 123_456_700);
  mib.number('1.3.6.1.2.1.2.1', 0, 'integer', ports);
  for (let port = 1; port <= ports; port += 1) {
    mib.text(IF_DESCR, port, 'octets', `GigabitEthernet1/0/${port}`);
    mib.text(IF_NAME, port, 'octets', portName(port));
    mib.text(IF_ALIAS, port, 'octets', `desk ${device}-${port}`);
    mib.text(`${IF}.6`, port, 'octets', '\u0000\u0011\u0022\u0033\u0044\u0055');
    mib.number(`${IF}.1`, port, 'integer', port);
    mib.number(`${IF}.3`, port, 'integer', 6);
    mib.number(`${IF}.4`, port, 'integer', 1500);
    mib.number(`${IF}.5`, port, 'gauge32', 1_000_000_000);
    mib.number(`${IF}.7`, port, 'integer', 1);
    mib.number(`${IF}.8`, port, 'integer', 1);
    mib.number(`${IF}.9`, port, 'ticks', 4711);
    for (const column of [10, 11, 13, 14, 15, 16, 17, 19, 20])
      mib.number(`${IF}.${column}`, port, 'counter32', reading(device, port, column, 32));
    for (const column of [2, 3, 4, 5])
      mib.number(`${IFX}.${column}`, port, 'counter32', reading(device, port, 40 + column, 32));
    for (const column of [6, 7, 8, 9, 10, 11, 12, 13])
      mib.number(`${IFX}.${column}`, port, 'counter64', reading(device, port, 60 + column, 64));
    mib.number(`${IFX}.14`, port, 'integer', 1);
    mib.number(`${IFX}.15`, port, 'gauge32', 1000);
    mib.number(`${IFX}.16`, port, 'integer', 2);
    mib.number(`${IFX}.17`, port, 'integer', 1);
    mib.number(`${IFX}.19`, port, 'ticks', 0);
  }
  return mib.build();
}

/** What every peer must deliver, `device/port/metric` to its value. */
export function truth(devices: number, ports: number): Map<string, number> {
  const all = new Map<string, number>();
  for (let device = 0; device < devices; device += 1) {
    const mib = buildMib(device, ports);
    for (const { name, oid } of COLUMNS) {
      for (let port = 1; port <= ports; port += 1) {
        const object = mib.get(`${oid}.${port}`)?.object;
        if (object?.kind === 'number') all.set(`${device}/${portName(port)}/${name}`, object.read(0));
      }
    }
  }
  return all;
}
