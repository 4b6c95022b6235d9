/**
 * Walks whole subtrees of one device, object by object in the device's own order: for recordings, never for polling.
 * One request at a time: GETBULK, in version 1 GETNEXT.
 *
 * What is broken is walked around. Where the device repeats itself (OIDs that do not rise) or keeps silent about one
 * object though it answers others, the walk goes on behind the next larger part of the tree, and says so.
 */
import { compareOids, oidBytes, oidText, startsWith } from '../sample/snmp/codec/oid.ts';
import { PDU, type Answer } from '../sample/snmp/codec/pdu.ts';
import { isAbsent } from '../sample/snmp/codec/value.ts';
import type { SnmpFailureReason, SnmpSession } from '../sample/snmp/session/session.ts';

/** An object as it came: its BER tag and content. */
export interface TreeObject {
  readonly oid: string;
  readonly tag: number;
  readonly bytes: Uint8Array;
}

export interface TreeOptions {
  /** Walked one after the other, e.g. `1.3`. */
  readonly roots: readonly string[];
  readonly maxObjects: number;
  readonly maxMs: number;
  /** Ends the walk at the next request; what came is kept. */
  readonly signal: AbortSignal;
  readonly onObject: (object: TreeObject) => void;
}

/** Why a walk ended: `end`: nothing more was there. */
export type TreeEnd = 'end' | 'stopped' | 'objects' | 'time' | Exclude<SnmpFailureReason, 'badObject' | 'tooBig'>;

export interface TreeResult {
  readonly end: TreeEnd;
  readonly objects: number;
  readonly requests: number;
  /** The last object that came; empty when none did. */
  readonly last: string;
  /** Behind which objects something was left out, and why. */
  readonly detours: readonly { readonly behind: string; readonly why: 'disorder' | 'silence' }[];
}

const MOST_REPETITIONS = 25;
const TIMEOUT_MS = 3000;
const GREET_MS = 2000;
/** Some agents make their large tables anew for the first question. */
const TRIES = 3;
const LESS = 6;
/** Asking again, or for less, does not help. */
const FINAL: ReadonlySet<SnmpFailureReason> = new Set(['denied', 'refused', 'unreachable', 'unsupported', 'missed']);
const MOST_DETOURS = 50;
const SYS_UP_TIME = oidBytes('1.3.6.1.2.1.1.3.0');

type Step = { readonly more: boolean } | { readonly why: 'disorder' | 'silence' } | { readonly failed: TreeEnd };

export async function walkTree(session: SnmpSession, options: TreeOptions): Promise<TreeResult> {
  return new TreeWalk(session, options).run();
}

class TreeWalk {
  readonly #session: SnmpSession;
  readonly #options: TreeOptions;
  readonly #untilMs: number;
  readonly #detours: { behind: string; why: 'disorder' | 'silence' }[] = [];
  #repetitions = MOST_REPETITIONS;
  #mostRepetitions = MOST_REPETITIONS;
  #objects = 0;
  #requests = 0;
  #last = '';

  constructor(session: SnmpSession, options: TreeOptions) {
    this.#session = session;
    this.#options = options;
    this.#untilMs = performance.now() + options.maxMs;
  }

  async run(): Promise<TreeResult> {
    let end = await this.#greet();
    for (const root of this.#options.roots) {
      if (end !== 'end') break;
      end = await this.#walk(root);
    }
    return { end, objects: this.#objects, requests: this.#requests, last: this.#last, detours: this.#detours };
  }

  /** Whether anybody is there: told soon, since a wrong community is answered by silence. */
  async #greet(): Promise<TreeEnd> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#options.signal.aborted) return 'stopped';
      const reason = await this.#refusal(GREET_MS);
      if (reason === undefined) return 'end';
      if (reason !== 'timeout' || attempt === TRIES) return reason;
    }
  }

  async #walk(root: string): Promise<TreeEnd> {
    const prefix = oidBytes(`${root}.0`).subarray(0, -1);
    /** Everything up to here is known, or left out. */
    let from = root;
    /** What is new comes behind this. */
    let floor = prefix;
    let detourLength = 0;
    for (;;) {
      if (this.#options.signal.aborted) return 'stopped';
      if (this.#objects >= this.#options.maxObjects) return 'objects';
      if (performance.now() >= this.#untilMs) return 'time';
      const before = this.#last;
      const step = await this.#step(from, prefix, floor);
      if ('failed' in step) return step.failed;
      if (this.#last !== before) {
        from = this.#last;
        floor = oidBytes(from);
        detourLength = 0;
      }
      if ('more' in step) {
        if (!step.more) return 'end';
        continue;
      }
      const arcs = from.split('.').map(Number);
      if (detourLength === 0) {
        if (this.#detours.length >= MOST_DETOURS) return step.why === 'silence' ? 'timeout' : 'malformed';
        this.#detours.push({ behind: from, why: step.why });
        detourLength = arcs.length;
      }
      detourLength -= 1;
      if (detourLength <= root.split('.').length) return step.why === 'silence' ? 'timeout' : 'malformed';
      from = behind(arcs.slice(0, detourLength));
    }
  }

  /** One request, tried again. Tells the objects that came. */
  async #step(from: string, prefix: Uint8Array, floor: Uint8Array): Promise<Step> {
    const names = [{ oid: oidBytes(from) }];
    let step: Step | undefined;
    for (let attempt = 1; ;) {
      const bulk = !this.#session.plain && this.#repetitions > 1;
      this.#requests += 1;
      const outcome = await this.#session.ask(
        bulk
          ? { type: PDU.getBulk, nonRepeaters: 0, maxRepetitions: this.#repetitions, names }
          : { type: PDU.getNext, names },
        (answer) => {
          step = this.#take(answer, prefix, floor);
        },
        TIMEOUT_MS * attempt,
      );
      if (outcome.ok) {
        this.#repetitions = Math.min(this.#repetitions + 1, this.#mostRepetitions);
        return step ?? { more: false };
      }
      const { reason } = outcome;
      // Version 1 has no other word for the end.
      if (reason === 'badObject') return { more: false };
      if (reason !== 'tooBig' && FINAL.has(reason)) return { failed: reason };
      if (this.#options.signal.aborted || performance.now() >= this.#untilMs) return { more: true };
      if (bulk) this.#askForLess();
      else if (attempt < TRIES && reason !== 'tooBig') attempt += 1;
      else if (reason === 'tooBig' || (await this.#refusal(TIMEOUT_MS)) === undefined) return { why: 'silence' };
      else return { failed: reason };
    }
  }

  /** Fewer objects at a time, and later never so many again. */
  #askForLess(): void {
    this.#mostRepetitions = this.#repetitions - 1;
    this.#repetitions = Math.ceil(this.#repetitions / LESS);
  }

  /** Why the device does not answer for what every device has; undefined when it does. */
  async #refusal(timeoutMs: number): Promise<Exclude<TreeEnd, 'end'> | undefined> {
    this.#requests += 1;
    const request = { type: PDU.get, names: [{ oid: SYS_UP_TIME }] };
    const outcome = await this.#session.ask(request, () => undefined, timeoutMs);
    if (outcome.ok || outcome.reason === 'badObject') return undefined;
    return outcome.reason === 'tooBig' ? 'error' : outcome.reason;
  }

  #take(answer: Answer, prefix: Uint8Array, floor: Uint8Array): Step {
    const { bytes, count } = answer;
    let low = floor;
    for (let at = 0; at < count; at += 1) {
      const start = answer.nameStart[at] ?? 0;
      const end = answer.nameEnd[at] ?? 0;
      const tag = answer.tag[at] ?? 0;
      if (isAbsent(tag) || !startsWith(bytes, start, end, prefix)) return { more: false };
      if (compareOids(bytes, start, end, low, 0, low.length) <= 0) return { why: 'disorder' };
      if (this.#objects >= this.#options.maxObjects) return { more: true };
      const oid = oidText(bytes, start, end);
      low = Uint8Array.from(bytes.subarray(start, end));
      this.#last = oid;
      this.#objects += 1;
      this.#options.onObject({ oid, tag, bytes: Uint8Array.from(bytes.subarray(answer.start[at], answer.end[at])) });
    }
    return { more: count > 0 };
  }
}

/** The first number behind everything under these. */
function behind(arcs: readonly number[]): string {
  return [...arcs.slice(0, -1), Math.min((arcs.at(-1) ?? 0) + 1, 0xffff_ffff)].join('.');
}
