/**
 * One discovery: from seeds, breadth first, to whatever the devices found know of, within the ranges allowed.
 *
 * ```
 *  seeds ─▶ waiting ─▶ greet (paced) ─▶ read whole ─▶ onDevice
 *              ▲                            │
 *              └── LLDP, CDP, ARP, next hops, own addresses
 * ```
 * Addresses outside the ranges are never spoken to, only named. Everything is capped: new addresses a second, those
 * under way, devices read at once, devices, time. Ends when nothing waits, when stopped, or at a cap; what was found by
 * then stands.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceFinding, DiscoveryProgress, DiscoveryRequest, Findings, SilentFinding } from '@kaiku/protocol';
import { Pace } from '../sample/snmp/device/pace.ts';
import type { SnmpFailureReason, SnmpSession } from '../sample/snmp/session/session.ts';
import { isHostAddress, networksOf, parseNetwork, type Networks } from './networks.ts';
import { greet, readDevice, type Greeting } from './read-device.ts';

/** New addresses a second: a firewall takes no offence, and a /16 takes 22 minutes. */
const GREETINGS_PER_SECOND = 50;
/** A silent address takes three seconds with one access, six with more, whatever their number. */
const GREETING_AT_ONCE = 300;
const READING_AT_ONCE = 8;
const GREET_TIMEOUT_MS = 1500;
const GREET_TRIES = 2;
const SILENT_MOST = 5000;
const OUTSIDE_MOST = 1000;
const ALIASES_MOST = 5000;
/** Two answers of one device place its start this near to each other: sysUpTime and the way of the answers. */
const SAME_BOOT_MS = 3000;

export interface ExplorationOptions {
  readonly request: DiscoveryRequest;
  /** How many accesses there are to try. */
  readonly accesses: number;
  /** @param vlan of the device, where it is spoken to VLAN by VLAN */
  readonly open: (address: string, access: number, vlan?: number) => SnmpSession;
  /** undefined: it cannot be told (no right to ICMP). */
  readonly ping?: ((address: string) => Promise<boolean | undefined>) | undefined;
  readonly onDevice: (device: DeviceFinding) => void;
  /** A device that could not be read, against all expectation. */
  readonly onFault?: (address: string, error: unknown) => void;
  readonly signal: AbortSignal;
  /** Of one try. */
  readonly greetTimeoutMs?: number;
}

export type Remainder = Pick<Findings, 'aliases' | 'silent' | 'outside' | 'problem'>;

interface Candidate {
  readonly address: string;
  /** Heard of from a device or asked for; else merely swept. */
  readonly wanted: boolean;
  readonly mac?: string | undefined;
  readonly heardFrom?: string | undefined;
}

interface Owner {
  readonly address: string;
  readonly sysName: string;
}

/** Somebody who was read whole. */
interface Met extends Greeting {
  readonly address: string;
}

export class Exploration {
  readonly #options: ExplorationOptions;
  readonly #networks: Networks;
  readonly #seeds: ReadonlySet<string>;
  readonly #pace: Pace;
  readonly #startedMs = performance.now();
  readonly #seen = new Set<string>();
  readonly #waiting: Candidate[] = [];
  readonly #outside = new Set<string>();
  readonly #silent: SilentFinding[] = [];
  readonly #aliases: Findings['aliases'] = [];
  /** Own addresses of the devices found. */
  readonly #owners = new Map<string, Owner>();
  /** By engine id: a device that answers at addresses it does not call its own (NAT, a range that leads to it). */
  readonly #met = new Map<string, Met[]>();
  /** Devices being read, by name: the same device may be heard of under several addresses at once. */
  readonly #reading = new Map<string, Promise<void>>();
  readonly #places = { reading: 0, underWay: 0 };
  #lastAccess = 0;
  #toSweep = 0;
  #asked = 0;
  #devices = 0;
  #problem = '';
  #wake: () => void = () => undefined;

  constructor(options: ExplorationOptions) {
    const { seeds, ranges } = options.request;
    this.#options = options;
    this.#networks = networksOf([...ranges, ...seeds].flatMap((text) => parseNetwork(text) ?? []));
    this.#seeds = new Set(seeds);
    this.#pace = new Pace(GREETINGS_PER_SECOND, 1);
  }

  /** Addresses of a sweep still to come are counted as waiting. */
  get progress(): DiscoveryProgress {
    return {
      asked: this.#asked,
      waiting: this.#waiting.length + this.#places.underWay + this.#toSweep,
      devices: this.#devices,
      elapsedMs: Math.round(performance.now() - this.#startedMs),
    };
  }

  /** Never throws. */
  async run(): Promise<Remainder> {
    const { signal, request } = this.#options;
    const stop = (): void => this.#wake();
    signal.addEventListener('abort', stop);
    for (const address of [...request.seeds, ...request.known]) this.#hear({ address, wanted: true });
    const swept = request.sweep ? this.#networks.addresses() : undefined;
    if (request.sweep) this.#toSweep = this.#networks.size;
    while (!this.#ended()) {
      const next = this.#places.underWay < GREETING_AT_ONCE ? (this.#waiting.shift() ?? this.#sweep(swept)) : undefined;
      if (next === undefined) {
        if (this.#places.underWay === 0) break;
        await this.#news();
        continue;
      }
      const waitMs = this.#pace.book(performance.now()) ?? 0;
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      void this.#visit(next);
    }
    while (this.#places.underWay > 0) await this.#news();
    signal.removeEventListener('abort', stop);
    const byAddress = <T extends { readonly address: string }>(list: readonly T[]): T[] =>
      list.toSorted((a, b) => (a.address < b.address ? -1 : 1));
    return {
      aliases: byAddress(this.#aliases),
      silent: byAddress(this.#silent),
      outside: [...this.#outside].toSorted(),
      problem: this.#problem,
    };
  }

  #ended(): boolean {
    const { signal, request } = this.#options;
    if (signal.aborted) this.#problem ||= 'it was stopped before its end';
    else if (this.#devices >= request.maxDevices) this.#problem ||= `ended at ${request.maxDevices} devices`;
    else if (performance.now() - this.#startedMs > request.maxSeconds * 1000)
      this.#problem ||= `ended after ${request.maxSeconds} s`;
    return this.#problem !== '';
  }

  #news(): Promise<void> {
    return new Promise((done) => {
      this.#wake = done;
    });
  }

  #sweep(swept: Generator<string> | undefined): Candidate | undefined {
    for (;;) {
      const next = swept?.next();
      if (next === undefined || next.done === true) return undefined;
      this.#toSweep -= 1;
      if (this.#seen.has(next.value)) continue;
      this.#seen.add(next.value);
      return { address: next.value, wanted: false };
    }
  }

  #hear(candidate: Candidate): void {
    const { address } = candidate;
    if (this.#seen.has(address) || (!isHostAddress(address) && !this.#seeds.has(address))) return;
    if (!this.#networks.has(address)) {
      if (this.#outside.size < OUTSIDE_MOST) this.#outside.add(address);
      return;
    }
    this.#seen.add(address);
    this.#waiting.push(candidate);
  }

  async #visit(candidate: Candidate): Promise<void> {
    this.#places.underWay += 1;
    this.#asked += 1;
    try {
      const answered = await this.#greet(candidate.address);
      if ('refused' in answered) await this.#note(candidate, answered.refused);
      else {
        try {
          await this.#meet(candidate.address, answered);
        } finally {
          answered.session.close();
        }
      }
    } catch (error) {
      // One device that cannot be read ends nothing.
      this.#options.onFault?.(candidate.address, error);
      if (this.#silent.length < SILENT_MOST) this.#silent.push({ address: candidate.address });
    } finally {
      this.#places.underWay -= 1;
      this.#wake();
    }
  }

  /**
   * Tries the accesses: the one that worked last, then the others at once, of which the first in order that is taken
   * counts. Each is asked for twice at most and not at all after a refusal, so no user is locked out.
   */
  async #greet(address: string): Promise<Answered | Unanswered> {
    const first = this.#lastAccess;
    const tried = await this.#try(address, first);
    if (!('refused' in tried)) return tried;
    let refused = tried.refused;
    const enough = new AbortController();
    const others = Array.from({ length: this.#options.accesses }, (_, at) => at).filter((at) => at !== first);
    const trying = others.map((access) => this.#try(address, access, enough.signal));
    for (const [at, pending] of trying.entries()) {
      const answered = await pending;
      if ('refused' in answered) {
        refused = refused === 'timeout' ? answered.refused : refused;
        continue;
      }
      enough.abort();
      for (const later of trying.slice(at + 1)) void later.then((each) => 'session' in each && each.session.close());
      this.#lastAccess = answered.access;
      return answered;
    }
    return { refused };
  }

  async #try(address: string, access: number, enough?: AbortSignal): Promise<Answered | Unanswered> {
    const { open, signal, greetTimeoutMs = GREET_TIMEOUT_MS } = this.#options;
    const either = enough === undefined ? signal : AbortSignal.any([signal, enough]);
    if (either.aborted) return { refused: 'timeout' };
    const session = open(address, access);
    const greeting = await greet(session, greetTimeoutMs, GREET_TRIES, either);
    if (typeof greeting !== 'string') return { session, access, greeting };
    session.close();
    return { refused: greeting };
  }

  async #note({ address, wanted, mac, heardFrom }: Candidate, refused: SnmpFailureReason): Promise<void> {
    if (this.#silent.length >= SILENT_MOST || this.#options.signal.aborted) return;
    const ping = await this.#options.ping?.(address);
    const speaks = refused === 'denied';
    if (!wanted && ping !== true && !speaks) return;
    this.#silent.push({
      address,
      ...(mac === undefined ? {} : { mac }),
      ...(heardFrom === undefined ? {} : { heardFrom }),
      ...(ping === undefined ? {} : { ping }),
      ...(speaks ? { refused } : {}),
    });
  }

  async #meet(address: string, answered: Answered): Promise<void> {
    const { sysName, sysDescr } = answered.greeting;
    const key = `${sysName}\n${sysDescr}`;
    if (sysName !== '') while (this.#reading.has(key)) await this.#reading.get(key);
    const owner = this.#owners.get(address);
    const of = owner?.sysName === sysName ? owner.address : this.#metBefore(answered.greeting)?.address;
    if (of !== undefined) {
      if (this.#aliases.length < ALIASES_MOST) this.#aliases.push({ address, of });
      return;
    }
    const reading = this.#read(address, answered);
    this.#reading.set(key, reading);
    try {
      await reading;
    } finally {
      this.#reading.delete(key);
    }
  }

  /** The same engine with the same name that began to run at the same time; a cloned machine did not. */
  #metBefore({ engine, sysName, bootMs }: Greeting): Met | undefined {
    if (engine === '') return undefined;
    return this.#met
      .get(engine)
      ?.find((met) => met.sysName === sysName && Math.abs(met.bootMs - bootMs) < SAME_BOOT_MS);
  }

  async #read(address: string, { session, access, greeting }: Answered): Promise<void> {
    const { request, open, onDevice, signal } = this.#options;
    while (this.#places.reading >= READING_AT_ONCE) await this.#placeToRead();
    if (signal.aborted || this.#devices >= request.maxDevices) return;
    this.#places.reading += 1;
    this.#devices += 1;
    try {
      const openVlan = (vlan: number): SnmpSession => open(address, access, vlan);
      const { probes } = request;
      const device = await readDevice(session, { address, access, greeting, probes, openVlan, signal });
      for (const own of device.addresses) this.#owners.set(own.address, { address, sysName: greeting.sysName });
      const { engine } = greeting;
      if (engine !== '') this.#met.set(engine, [...(this.#met.get(engine) ?? []), { ...greeting, address }]);
      onDevice(device);
      this.#follow(device);
    } finally {
      this.#places.reading -= 1;
      this.#readers.shift()?.();
    }
  }

  readonly #readers: (() => void)[] = [];

  #placeToRead(): Promise<void> {
    return new Promise((done) => {
      this.#readers.push(done);
    });
  }

  #follow(device: DeviceFinding): void {
    const heardFrom = device.address;
    const hear = (address: string, mac?: string): void => this.#hear({ address, wanted: true, mac, heardFrom });
    for (const { address } of device.addresses) hear(address);
    for (const { addresses } of device.neighbours) for (const address of addresses) hear(address);
    for (const { address } of device.nextHops) hear(address);
    for (const { address, mac } of device.arp) hear(address, mac);
    this.#wake();
  }
}

interface Answered {
  readonly session: SnmpSession;
  readonly access: number;
  readonly greeting: Greeting;
}

interface Unanswered {
  /** `timeout`, or how SNMPv3 refused. */
  readonly refused: SnmpFailureReason;
}
