/**
 * How a network is discovered from an agent: a person's request, and findings fetched while they come.
 *
 * ```
 *  agent ◀── Command: discover (seeds, ranges, access), as a request ── kaiku discover
 *  agent ◀── Command: discover-status (from), as a request, until done ── kaiku discover
 *        ──▶ DiscoverAnswer: how far it is, and devices number `from` and following
 *  agent ◀── Command: discover-stop ── kaiku discover
 * ```
 *
 * An agent discovers one network at a time. A request whose asker falls silent ends by itself; what was found is kept
 * for a while, so a lost answer is asked for again. Documented in docs/formats/discovery.md.
 */
import { z } from 'zod';
import { NAME_PATTERN } from '../batch/header.ts';

const name = z.string().regex(NAME_PATTERN);
const whole = z.number().int().min(0);
const text = z.string().max(2000);
/** An IP address as text. */
const address = z.string().max(45);
/** Six octets as `02:00:5e:00:53:01`. */
const mac = z.string().regex(/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/);
/** Stable name of an interface: ifName, else ifDescr, else its index. */
const port = z.string().max(300);
const job = z.string().regex(/^[0-9a-f]{16}$/);

export const discoveryRequestSchema = z.object({
  /** Addresses to begin with. */
  seeds: z.array(address).min(1).max(200),
  /**
   * Networks (`10.1.0.0/16`) or first and last addresses (`10.1.0.10-10.1.0.20`) in which neighbours are followed;
   * nothing outside is ever spoken to. Seeds always are.
   */
  ranges: z.array(z.string().max(91)).min(1).max(200),
  /** Addresses of devices that are known already: asked as neighbours are, so that one that is gone is missed. */
  known: z.array(address).max(10_000).default([]),
  /** Ask at every address of the ranges, not only at those heard of. */
  sweep: z.boolean().default(false),
  /** SNMP accesses to try, in this order; those of the agent's own plan when empty. */
  access: z.array(z.record(z.string(), z.unknown())).max(20).default([]),
  /** Objects to ask every device for: by which of them it answers, templates are told apart. */
  probes: z.array(z.string().max(400)).max(500).default([]),
  maxDevices: z.number().int().min(1).max(10_000).default(2000),
  /** Ends by then, with what was found. */
  maxSeconds: z.number().int().min(1).max(86_400).default(3600),
});
export type DiscoveryRequest = z.output<typeof discoveryRequestSchema>;

/** Commands to an agent that concern discovery; see commandMessageSchema. All are requests. */
export const discoverCommands = [
  z.object({ v: z.literal(1), command: z.literal('discover'), id: job, request: discoveryRequestSchema }),
  z.object({ v: z.literal(1), command: z.literal('discover-status'), id: job, from: whole }),
  z.object({ v: z.literal(1), command: z.literal('discover-stop'), id: job }),
] as const;

/** Where a neighbour was heard of. */
const NEIGHBOUR_SOURCES = ['lldp', 'cdp'] as const;

const neighbourSchema = z.object({
  source: z.enum(NEIGHBOUR_SOURCES),
  /** Own port. */
  port,
  /** LLDP: chassis id, a MAC where it is one. CDP: the device id. */
  chassis: text,
  /** Name of the neighbour's port as it tells it, in the order of their worth: id, then description. */
  peerPorts: z.array(text).max(4),
  sysName: text,
  addresses: z.array(address).max(20),
});

const interfaceSchema = z.object({
  index: whole,
  name: port,
  descr: text,
  alias: text,
  /** IANAifType. */
  type: whole,
  /** 0: no notion of speed. */
  bitsPerSecond: z.number().min(0),
  mac: mac.optional(),
  adminUp: z.boolean(),
  operUp: z.boolean(),
});

const moduleSchema = z.object({
  /** entPhysicalName, else its description. */
  name: text,
  /** entPhysicalClass: 3 chassis, 6 power supply, 9 module, 11 stack. */
  class: whole,
  serial: text,
  model: text,
});

/** What one device told. Texts are as the device gave them, empty where it gave none. */
export const deviceFindingSchema = z.object({
  /** Where it was reached. */
  address,
  /** Which of the accesses it took, by position. */
  access: whole,
  sysName: text,
  sysDescr: text,
  sysObjectID: text,
  sysLocation: text,
  /** snmpEngineID in hex. */
  engine: text,
  /** LLDP chassis id. */
  chassis: text,
  /** dot1dBaseBridgeAddress. */
  bridge: mac.optional(),
  maker: text,
  model: text,
  serial: text,
  hardware: text,
  firmware: text,
  software: text,
  /** Which of the request's probes it answers. */
  answers: z.array(text),
  /** Its own addresses, as its address table has them. */
  addresses: z.array(z.object({ address, port })),
  interfaces: z.array(interfaceSchema),
  modules: z.array(moduleSchema),
  /** entPhySensorTable: names of sensors. */
  sensors: z.array(text),
  neighbours: z.array(neighbourSchema),
  /** Bridge table: what was learnt at each port. */
  learnt: z.array(z.object({ port, macs: z.array(mac) })),
  /** ARP and neighbour discovery. */
  arp: z.array(z.object({ address, mac, port })),
  /** ipForwarding: it passes packets on for others. */
  routes: z.boolean(),
  /** It says that it passes frames on for others (LLDP's capabilities, or a bridge of several ports). */
  bridges: z.boolean().default(false),
  nextHops: z.array(z.object({ address, port })),
  /** Tables that could not be read to their end. */
  cut: z.array(text),
});
export type DeviceFinding = z.output<typeof deviceFindingSchema>;

/** An address that answered, too, and belongs to the device found at `of`. */
const aliasSchema = z.object({ address, of: address });

/** An address that was heard of (or swept) and did not answer SNMP. */
export const silentSchema = z.object({
  address,
  mac: mac.optional(),
  heardFrom: address.optional(),
  ping: z.boolean().optional(),
  /** It speaks SNMPv3 and took none of the accesses: why it refused them. */
  refused: z.string().max(100).optional(),
});
export type SilentFinding = z.output<typeof silentSchema>;

/** Where the discovering agent itself stands: what its machine says of its interfaces and default routes. */
const hereSchema = z.object({
  addresses: z.array(address).max(100),
  macs: z.array(mac).max(100),
  gateways: z.array(address).max(20),
});
export type Here = z.output<typeof hereSchema>;

const progressSchema = z.object({
  /** Addresses asked so far, and still to ask. */
  asked: whole,
  waiting: whole,
  devices: whole,
  elapsedMs: whole,
});
export type DiscoveryProgress = z.output<typeof progressSchema>;

export const DISCOVERY_STATES = ['running', 'done', 'stopped', 'refused'] as const;
export type DiscoveryState = (typeof DISCOVERY_STATES)[number];

export const discoverAnswerSchema = z.object({
  v: z.literal(1),
  agent: name,
  id: job,
  state: z.enum(DISCOVERY_STATES),
  /** Why it was refused or ended before its end; empty otherwise. */
  problem: text,
  progress: progressSchema,
  /** Devices number `from` and following, as many as one message takes. */
  from: whole,
  devices: z.array(deviceFindingSchema),
  /** What follows comes with the last devices of a finished discovery. */
  aliases: z.array(aliasSchema),
  silent: z.array(silentSchema),
  /** Neighbours outside the ranges, which were not asked. */
  outside: z.array(address),
  here: hereSchema.optional(),
});
export type DiscoverAnswer = z.output<typeof discoverAnswerSchema>;
/** The largest answer: for `decode`. */
export const DISCOVER_BYTES = 4 * 1024 * 1024;

/** Everything a discovery found, as kept in a file. */
export const findingsSchema = z.object({
  v: z.literal(1),
  agent: name,
  startedMs: whole,
  tookMs: whole,
  seeds: z.array(address),
  ranges: z.array(text),
  devices: z.array(deviceFindingSchema),
  aliases: z.array(aliasSchema),
  silent: z.array(silentSchema),
  outside: z.array(address),
  here: hereSchema.optional(),
  problem: text,
});
export type Findings = z.output<typeof findingsSchema>;

/** Names of facts that say what a device is made of and runs: serial numbers, models, versions. For RE2, too. */
export const INVENTORY_FACTS = '(?i)^sys(?:Descr|ObjectID)$|serial|model|firmware|software|hardware|version';
const INVENTORY_PATTERN = new RegExp(INVENTORY_FACTS.replace('(?i)', ''), 'i');

/**
 * A fact is told when it changes and once a day. One that was not told for so long while the device told others is past:
 * a card that was pulled.
 */
export const FACT_GONE_MS = 2 * 86_400_000;

/** True for those facts. One that changes is an event; `kaiku inventory` lists them. */
export function isInventoryFact(fact: string): boolean {
  return INVENTORY_PATTERN.test(fact);
}
