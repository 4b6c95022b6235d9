/**
 * What loggers have asked for and is still to be sent to them: one request per logger, a new one replaces the old, newest
 * batches first, loggers in turn. Pure; time is passed in.
 *
 * A logger repeats its request until all of it has come, so a batch may be asked for again while it is still on its way.
 * It is sent again only when a wait is over that doubles with each sending: nothing is sent twice without cause.
 */
import type { RangeSet } from '@kaiku/protocol';
import { common, count, exclude, gather, idOf, include, newest, subtract } from './epoch-ranges.ts';
import type { EpochRanges, EpochSeq } from './epoch-ranges.ts';
import type { SendOutcome } from './uplink.ts';

const AGAIN_MS = 20_000;
const MAX_AGAIN_MS = 600_000;
/** A request that is not repeated for this long is no longer wanted: its logger ended. */
const REQUEST_MS = 120_000;
const MAX_LOGGERS = 16;
/** Sendings remembered of one logger; beyond it the oldest are forgotten. */
const MAX_SENT = 20_000;

interface Sending extends EpochSeq {
  readonly tries: number;
  readonly untilMs: number;
}

interface Request {
  readonly logger: string;
  atMs: number;
  asked: EpochRanges;
  todo: Map<number, RangeSet>;
  readonly flying: Map<string, EpochSeq>;
  readonly sent: Map<string, Sending>;
}

export interface Wanted {
  readonly logger: string;
  readonly key: EpochSeq;
}

export class ReplayQueue {
  /** Whose turn it is comes first. */
  readonly #requests = new Map<string, Request>();

  /** A logger's request, of which only what is `held` counts. Replaces its earlier one. */
  ask(logger: string, wanted: EpochRanges, held: EpochRanges, nowMs: number): void {
    const request = this.#requests.get(logger) ?? this.#open(logger);
    request.atMs = nowMs;
    request.asked = common(wanted, held);
    const still = common(gather(request.sent.values()), request.asked);
    const onItsWay: EpochSeq[] = [...request.flying.values()];
    const known = new Map<string, Sending>();
    for (const [id, each] of request.sent) {
      if (count(common(new Map([[each.epoch, [[each.seq, each.seq]]]]), still)) === 0) continue;
      known.set(id, each);
      if (each.untilMs > nowMs) onItsWay.push(each);
    }
    request.sent.clear();
    for (const [id, each] of known) request.sent.set(id, each);
    request.todo = subtract(request.asked, gather(onItsWay));
  }

  /** One more of the logger whose turn it just was, for the same message; undefined when there is none. */
  takeMore(logger: string): Wanted | undefined {
    const request = this.#requests.get(logger);
    const [key] = request === undefined ? [] : newest(request.todo, 1);
    if (request === undefined || key === undefined) return undefined;
    exclude(request.todo, key);
    request.flying.set(idOf(key), key);
    return { logger, key };
  }

  /** One taken did not fit into the message. */
  putBack({ logger, key }: Wanted): void {
    const request = this.#requests.get(logger);
    if (request?.flying.delete(idOf(key)) === true) include(request.todo, key);
  }

  /** The next to send, newest of the logger whose turn it is; undefined when there is none. */
  take(nowMs: number): Wanted | undefined {
    for (const [logger, request] of this.#requests) {
      if (nowMs - request.atMs > REQUEST_MS) {
        if (request.flying.size === 0) this.#requests.delete(logger);
        continue;
      }
      const [key] = newest(request.todo, 1);
      if (key === undefined) continue;
      exclude(request.todo, key);
      request.flying.set(idOf(key), key);
      // To the end of the line.
      this.#requests.delete(logger);
      this.#requests.set(logger, request);
      return { logger, key };
    }
    return undefined;
  }

  /** What became of one taken: `gone` when it could not be read any more. */
  ended({ logger, key }: Wanted, outcome: SendOutcome | 'gone', nowMs: number): void {
    const request = this.#requests.get(logger);
    if (request === undefined) return;
    const id = idOf(key);
    request.flying.delete(id);
    if (outcome === 'gone') return;
    if (outcome === 'away' || outcome === 'failed') {
      if (count(common(request.asked, gather([key]))) > 0) include(request.todo, key);
      return;
    }
    // One the broker refuses is asked for again and again: it waits like one that was sent.
    const tries = (request.sent.get(id)?.tries ?? 0) + 1;
    request.sent.delete(id);
    request.sent.set(id, { ...key, tries, untilMs: nowMs + Math.min(AGAIN_MS * 2 ** (tries - 1), MAX_AGAIN_MS) });
    for (const oldest of request.sent.keys()) {
      if (request.sent.size <= MAX_SENT) break;
      request.sent.delete(oldest);
    }
  }

  /** Batches asked for and not yet sent. */
  get waiting(): number {
    let sum = 0;
    for (const { todo } of this.#requests.values()) sum += count(todo);
    return sum;
  }

  #open(logger: string): Request {
    if (this.#requests.size >= MAX_LOGGERS) {
      const [stalest] = [...this.#requests.values()].toSorted((a, b) => a.atMs - b.atMs);
      if (stalest !== undefined) this.#requests.delete(stalest.logger);
    }
    const request: Request = { logger, atMs: 0, asked: new Map(), todo: new Map(), flying: new Map(), sent: new Map() };
    this.#requests.set(logger, request);
    return request;
  }
}
