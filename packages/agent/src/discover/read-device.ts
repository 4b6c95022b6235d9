/** One device, read whole: who it is, its ports, what it has met. One request at a time, bounded in time and size. */
import type { DeviceFinding } from '@kaiku/protocol';
import { oidBytes } from '../sample/snmp/codec/oid.ts';
import { PDU } from '../sample/snmp/codec/pdu.ts';
import type { SnmpFailureReason, SnmpSession } from '../sample/snmp/session/session.ts';
import { BRIDGE, CISCO_VLANS, ENGINE_ID, IP_FORWARDING, LLDP, SYSTEM } from './objects.ts';
import { countOf, hexOf, macOf, numberOf, octetsOf, textOf, type Cell } from './octets.ts';
import { readIdentity } from './read-identity.ts';
import { idText, readArp, readBridge, readCdp, readLldp, readNextHops } from './read-neighbours.ts';
import { readAddresses, readPorts } from './read-ports.ts';
import { Reader, takeInto } from './reader.ts';

/** A device gets this long; what came by then counts. */
const DEVICE_MS = 60_000;
const CHASSIS_MAC = 4;
const FORWARDING = 1;

/** What a device said when it was first asked: that it is there, and who it is. */
export interface Greeting {
  readonly sysName: string;
  readonly sysDescr: string;
  readonly sysObjectID: string;
  readonly sysLocation: string;
  /** snmpEngineID in hex; empty where it has none. */
  readonly engine: string;
  /** When it began to run, on this process's monotonic clock, ms; to the second or so. */
  readonly bootMs: number;
}

const GREETING = [SYSTEM.descr, SYSTEM.objectId, SYSTEM.name, SYSTEM.location, SYSTEM.upTime, ENGINE_ID];
const TICK_MS = 10;

/** Asks for the system group, `tries` times; why not when nobody answers: `timeout`, `denied`, … */
export async function greet(
  session: SnmpSession,
  timeoutMs: number,
  tries: number,
  signal: AbortSignal,
): Promise<Greeting | SnmpFailureReason> {
  const request = { type: PDU.get, names: GREETING.map((oid) => ({ oid: oidBytes(oid) })) };
  for (let attempt = 0; attempt < tries && !signal.aborted; attempt += 1) {
    const found = new Map<string, Cell>();
    const outcome = await session.ask(request, (answer) => takeInto(found, answer), timeoutMs);
    if (outcome.ok) return greetingOf(found);
    // Version 1 refuses for one object that is missing: the device is there, and is asked one by one.
    if (outcome.reason === 'badObject') return greetingOf(await new Reader(session, soon(), signal).get(GREETING));
    if (outcome.reason !== 'timeout') return outcome.reason;
  }
  return 'timeout';
}

const soon = (): number => performance.now() + DEVICE_MS;

function greetingOf(found: ReadonlyMap<string, Cell>): Greeting {
  return {
    sysDescr: textOf(found.get(SYSTEM.descr)),
    sysObjectID: textOf(found.get(SYSTEM.objectId)),
    sysName: textOf(found.get(SYSTEM.name)),
    sysLocation: textOf(found.get(SYSTEM.location)),
    engine: hexOf(found.get(ENGINE_ID)),
    bootMs: performance.now() - countOf(found.get(SYSTEM.upTime)) * TICK_MS,
  };
}

export interface ReadOptions {
  readonly address: string;
  /** Position of the access it took. */
  readonly access: number;
  readonly greeting: Greeting;
  readonly probes: readonly string[];
  /** A session with one VLAN of it. */
  readonly openVlan: (vlan: number) => SnmpSession;
  readonly signal: AbortSignal;
}

const SINGLE = [LLDP.chassisSubtype, LLDP.chassisId, LLDP.capabilities, BRIDGE.address, BRIDGE.ports, IP_FORWARDING];

export async function readDevice(session: SnmpSession, options: ReadOptions): Promise<DeviceFinding> {
  const { address, access, probes, signal } = options;
  const { bootMs: _, ...greeting } = options.greeting;
  const byVlan = greeting.sysObjectID.startsWith(`${CISCO_VLANS.vendor}.`);
  const reader = new Reader(session, soon(), signal, byVlan ? options.openVlan : undefined);
  const single = await reader.get(SINGLE);
  const bridge = macOf(single.get(BRIDGE.address));
  const answers = await reader.get(probes);
  const ports = await readPorts(reader);
  const addresses = await readAddresses(reader, ports);
  const identity = await readIdentity(reader, greeting.sysObjectID);
  const neighbours = [...(await readLldp(reader, ports)), ...(await readCdp(reader, ports))];
  return {
    address,
    access,
    ...greeting,
    chassis: idText(single.get(LLDP.chassisId), numberOf(single.get(LLDP.chassisSubtype)) === CHASSIS_MAC),
    ...(bridge === undefined ? {} : { bridge }),
    ...identity,
    answers: [...answers.keys()],
    addresses,
    interfaces: [...ports.interfaces],
    neighbours,
    learnt: await readBridge(reader, ports),
    arp: await readArp(reader, ports),
    bridges: bridges(single),
    routes: numberOf(single.get(IP_FORWARDING)) === FORWARDING,
    nextHops: await readNextHops(reader, ports),
    cut: [...new Set(reader.cut)],
  };
}

/** Bits of LldpSystemCapabilitiesMap, the first the highest: bridge(2), wlanAccessPoint(3), router(4). */
const FORWARDS = 0b0011_1000;

function bridges(single: ReadonlyMap<string, Cell>): boolean {
  const enabled = octetsOf(single.get(LLDP.capabilities))[0] ?? 0;
  return (enabled & FORWARDS) !== 0 || countOf(single.get(BRIDGE.ports)) > 1;
}
