/**
 * Events that wait to be sealed. Fed by listeners and samplers through the collector, emptied by the sealer. Bounded: when it is
 * full a new event is refused at once, so that who must answer for it (an inform) does not.
 */
import { randomBytes } from 'node:crypto';
import { eventRows, type EventRecord, type TableRows } from '@kaiku/protocol';

const MOST = 5000;
const MOST_BYTES = 16 * 1024 * 1024;
/** Of one batch: sealing a large one would hold up measuring. */
const BATCH = 1000;
const BATCH_BYTES = 1024 * 1024;

/** Called once: true when the event is on the disk, false when it is lost. */
export type Sealed = (sealed: boolean) => void;

export interface TakenEvents {
  readonly rows: TableRows;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly done: Sealed;
}

export class EventList {
  readonly #agent: string;
  /** Random, then rising: unlike those of any other life of this agent. */
  #nextId = BigInt.asUintN(64, randomBytes(8).readBigUInt64LE());
  #waiting: { readonly record: EventRecord; readonly sealed: Sealed | undefined }[] = [];
  #bytes = 0;
  /** Refused because too many waited, since the start. */
  refused = 0;

  constructor(agent: string) {
    this.#agent = agent;
  }

  get length(): number {
    return this.#waiting.length;
  }

  add(record: EventRecord, sealed?: Sealed): void {
    if (this.#waiting.length >= MOST || this.#bytes >= MOST_BYTES) {
      this.refused += 1;
      sealed?.(false);
      return;
    }
    this.#waiting.push({ record, sealed });
    this.#bytes += weightOf(record);
  }

  /** The oldest of them, at most a batch; undefined when none waits. */
  take(): TakenEvents | undefined {
    if (this.#waiting.length === 0) return undefined;
    let [count, bytes] = [0, 0];
    for (const { record } of this.#waiting) {
      if (count === BATCH || bytes >= BATCH_BYTES) break;
      count += 1;
      bytes += weightOf(record);
    }
    const taken = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#bytes -= bytes;
    const records = taken.map(({ record }) => record);
    const times = records.map(({ tsMs }) => tsMs);
    const ids = records.map(() => (this.#nextId = BigInt.asUintN(64, this.#nextId + 1n)));
    return {
      rows: eventRows(this.#agent, records, ids),
      firstMs: Math.min(...times),
      lastMs: Math.max(...times),
      done: (ok) => {
        for (const { sealed } of taken) sealed?.(ok);
      },
    };
  }
}

/** Roughly what it is as a row. */
function weightOf({ raw, message, fields }: EventRecord): number {
  let chars = message.length;
  for (const name in fields) chars += name.length + (fields[name]?.length ?? 0);
  return 200 + chars + Math.ceil((4 * raw.length) / 3);
}
