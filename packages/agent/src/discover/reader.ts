/**
 * Reads single objects and whole tables of one device for discovery, one request at a time. Rows, requests and time
 * are capped; a device that falls silent is not asked again. Never throws: what did not come is absent, and named in
 * `cut`.
 */
import { MalformedError } from '../sample/snmp/codec/ber.ts';
import { oidBytes, oidText } from '../sample/snmp/codec/oid.ts';
import { PDU, type Answer } from '../sample/snmp/codec/pdu.ts';
import { isAbsent } from '../sample/snmp/codec/value.ts';
import { Profile } from '../sample/snmp/device/profile.ts';
import type { SnmpSession } from '../sample/snmp/session/session.ts';
import type { Grid } from '../sample/snmp/walk/grid.ts';
import { RowList } from '../sample/snmp/walk/rows.ts';
import { walkTable } from '../sample/snmp/walk/walk.ts';
import type { Cell } from './octets.ts';

/** Rows of one table; more is cut. */
const MAX_ROWS = 4096;
const MAX_REQUESTS = 1000;
const TIMEOUT_MS = 2000;
const TRIES = 3;
/** Objects in one GET. */
const GET_OBJECTS = 12;
const NO_TIME = { upMs: 0, boots: 0 };

export interface Row {
  /** `4.1.2` */
  readonly index: string;
  /** By the name the column was asked under. */
  readonly cell: (column: string) => Cell | undefined;
}

export class Reader {
  /** Tables not read to their end. */
  readonly cut: string[] = [];
  readonly #session: SnmpSession;
  readonly #limitMs: number;
  readonly #signal: AbortSignal;
  readonly #profile = new Profile();
  readonly #openVlan: ((vlan: number) => SnmpSession) | undefined;
  #silent = false;

  /**
   * @param signal ends everything at the next request
   * @param openVlan a session with one VLAN of the device, where its bridge tables are apart
   */
  constructor(session: SnmpSession, deadlineMs: number, signal: AbortSignal, openVlan?: (vlan: number) => SnmpSession) {
    this.#session = session;
    this.#limitMs = deadlineMs;
    this.#signal = signal;
    this.#openVlan = openVlan;
  }

  /** Its bridge tables are to be asked for VLAN by VLAN. */
  get byVlan(): boolean {
    return this.#openVlan !== undefined && !this.#silent;
  }

  /** Reads in one VLAN, within the time of this reader. Close it. */
  ofVlan(vlan: number): Reader {
    return new Reader(this.#openVlan?.(vlan) ?? this.#session, this.#limitMs, this.#signal);
  }

  /** It has fallen silent, and is not asked again. */
  get silent(): boolean {
    return this.#silent;
  }

  #deadlineMs(): number {
    return this.#signal.aborted ? 0 : this.#limitMs;
  }

  /** Closes the session of a VLAN. */
  close(): void {
    this.#session.close();
  }

  /** The objects that are there. Objects that spoil a request (SNMPv1) are asked for one by one. */
  async get(oids: readonly string[]): Promise<ReadonlyMap<string, Cell>> {
    const found = new Map<string, Cell>();
    for (let from = 0; from < oids.length && !this.#silent; from += GET_OBJECTS) {
      const chunk = oids.slice(from, from + GET_OBJECTS);
      if (await this.#getInto(found, chunk)) continue;
      for (const oid of chunk) if (chunk.length > 1 && !this.#silent) await this.#getInto(found, [oid]);
    }
    return found;
  }

  /** A table by the columns named. Empty where the device has none. */
  async table(name: string, columns: Readonly<Record<string, string>>): Promise<readonly Row[]> {
    if (this.#silent) return [];
    const keys = Object.keys(columns);
    const deadlineMs = (): number => this.#deadlineMs();
    const walk = await walkTable(
      this.#session,
      Object.values(columns).map(oidBytes),
      new RowList<undefined>(),
      {
        maxRows: MAX_ROWS,
        maxRequests: MAX_REQUESTS,
        get deadlineMs() {
          return deadlineMs();
        },
        timeoutMs: TIMEOUT_MS,
        tries: TRIES,
        readClock: () => NO_TIME,
      },
      this.#profile,
    );
    if (walk.failure !== undefined && walk.failure !== 'unsupported') this.cut.push(name);
    this.#silent = walk.failure === 'timeout';
    const rows = walk.rows.flatMap((row): Row[] => {
      const index = indexOf(row);
      const cells = keys.map((_, column) => cellOf(walk.grid, row.at, column));
      return index === undefined ? [] : [{ index, cell: (key) => cells[keys.indexOf(key)] }];
    });
    walk.grid.release();
    return rows;
  }

  /** False when the device refused the request as a whole. */
  async #getInto(found: Map<string, Cell>, oids: readonly string[]): Promise<boolean> {
    const request = { type: PDU.get, names: oids.map((oid) => ({ oid: oidBytes(oid) })) };
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const leftMs = this.#deadlineMs() - performance.now();
      if (leftMs <= 0) break;
      const outcome = await this.#session.ask(
        request,
        (answer) => takeInto(found, answer),
        Math.min(TIMEOUT_MS, leftMs),
      );
      if (outcome.ok) return true;
      if (outcome.reason !== 'timeout') return false;
    }
    this.#silent = true;
    return true;
  }
}

/** The objects of an answer that are there, by their OIDs. */
export function takeInto(found: Map<string, Cell>, answer: Answer): void {
  for (let at = 0; at < answer.count; at += 1) {
    const tag = answer.tag[at] ?? 0;
    if (isAbsent(tag)) continue;
    const bytes = Uint8Array.from(answer.bytes.subarray(answer.start[at], answer.end[at]));
    found.set(oidText(answer.bytes, answer.nameStart[at], answer.nameEnd[at]), { tag, bytes });
  }
}

/** undefined for an index with a number too large to be one. */
function indexOf(row: { readonly text: string }): string | undefined {
  try {
    return row.text;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

function cellOf(grid: Grid, row: number, column: number): Cell | undefined {
  const at = row * grid.width + column;
  const tag = grid.tag[at] ?? 0;
  const message = grid.messages[grid.message[at] ?? 0];
  if (tag === 0 || message === undefined) return undefined;
  return { tag, bytes: Uint8Array.from(message.bytes.subarray(grid.start[at], grid.end[at])) };
}
