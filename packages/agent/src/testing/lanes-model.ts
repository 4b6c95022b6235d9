/**
 * A small world for the lanes, the replay queue and the window: an agent, a broker, two loggers, a net that loses and
 * delays, and a clock of its own. Driven by a seed; never imported by the service. The loggers here are as simple as the
 * repair allows: they ask for what an inventory calls held and not waiting, and their ledger lacks.
 */
import { count, exclude, gather, idOf, include, newest, ReplayQueue, SendWindow, subtract } from '@kaiku/core';
import type { EpochSeq, Flight, SendOutcome, Wanted } from '@kaiku/core';
import { addRange, type RangeSet } from '@kaiku/protocol';
import { Lanes } from '../publish/lanes.ts';

type Sets = Map<number, RangeSet>;

const LOGGERS = ['logger-1', 'logger-2'];
const LIVE_IN_FLIGHT = 4;
const LOWER_IN_FLIGHT = 2;
const BATCH_BYTES = 2000;
/** What a logger waits before it asks for what an inventory calls published. */
const SETTLE_MS = 15_000;
/** A logger takes nothing for this long at worst, while it asks on: its store is slow. */
const STALL_MS = 15_000;
const ASK_EVERY_MS = 3000;
const ASK_MOST = 20;

interface Message {
  readonly key: EpochSeq;
  readonly replay: boolean;
}

interface Sending {
  readonly key: EpochSeq;
  readonly wanted: Wanted | undefined;
  readonly lane: 'live' | 'backlog' | 'replay';
  readonly flight: Flight;
  readonly endsMs: number;
  readonly outcome: SendOutcome;
  readonly arrives: boolean;
}

class ModelLogger {
  readonly name: string;
  ledger: Sets = new Map();
  /** Messages the broker has for it. */
  queue: Message[] = [];
  stalledUntilMs = 0;
  readonly #since = new Map<string, number>();
  #askedMs = -Infinity;

  constructor(name: string) {
    this.name = name;
  }

  /** What it asks for now; undefined: nothing, or not yet. */
  ask(published: Sets, nowMs: number): Sets | undefined {
    if (nowMs - this.#askedMs < ASK_EVERY_MS) return undefined;
    this.#askedMs = nowMs;
    // It knows how far it is in the lanes, and nothing of what was replayed but has not come.
    const coming = gather(this.queue.filter(({ replay }) => !replay).map(({ key }) => key));
    const lacking = newest(subtract(subtract(published, this.ledger), coming), 1000);
    const known = new Set(lacking.map(idOf));
    for (const id of this.#since.keys()) if (!known.has(id)) this.#since.delete(id);
    for (const key of lacking) if (!this.#since.has(idOf(key))) this.#since.set(idOf(key), nowMs);
    const overdue = lacking.filter((key) => nowMs - (this.#since.get(idOf(key)) ?? nowMs) >= SETTLE_MS);
    return overdue.length === 0 ? undefined : gather(overdue.slice(0, ASK_MOST));
  }
}

/** mulberry32: a small seeded generator. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class LanesModel {
  readonly loggers = LOGGERS.map((name) => new ModelLogger(name));
  /** How often each batch was sent to the streams, or by replay to one logger. */
  readonly sent = new Map<string, number>();
  /** How often there was a reason to send it once more. */
  readonly causes = new Map<string, number>();
  readonly stored: Sets = new Map();
  faulty = true;
  nowMs = 0;
  readonly #random: () => number;
  #published: Sets = new Map();
  #publishedOnDisk: Sets = new Map();
  #lanes = this.#newLanes();
  #queue = new ReplayQueue();
  #window = new SendWindow();
  #sending: Sending[] = [];
  #connected = true;
  #epoch = 1;
  #seq = 0;
  /** Reasons that concern every batch: wipes, crashes. */
  #general = 0;

  constructor(seed: number) {
    this.#random = random(seed);
  }

  #newLanes(): Lanes {
    return new Lanes({ stored: () => this.stored, published: () => this.#published });
  }

  #chance(of: number): boolean {
    return this.faulty && this.#random() < of;
  }

  /** Batches that some logger lacks. */
  get lacking(): number {
    return Math.max(...this.loggers.map(({ ledger }) => count(subtract(this.stored, ledger))));
  }

  /** What was sent more often than once and once for each reason. */
  get unexplained(): readonly string[] {
    return [...this.sent]
      .filter(([what, times]) => times > 1 + (this.causes.get(what.split(' ')[0] ?? '') ?? 0) + this.#general)
      .map(([what, times]) => `${what} sent ${times} times`);
  }

  step(): void {
    this.nowMs += 100 + Math.floor(this.#random() * 400);
    if (this.faulty) this.#mishaps();
    if (this.faulty && this.#random() < 0.5) this.#seal();
    this.#land();
    this.#send();
    for (const logger of this.loggers) this.#deliver(logger);
    if (this.#random() < 0.1) this.#publishedOnDisk = new Map(this.#published);
  }

  #seal(): void {
    this.#seq += 1;
    const key = { epoch: this.#epoch, seq: this.#seq };
    include(this.stored, key);
    if (this.#connected) this.#lanes.queueLive(key);
  }

  #mishaps(): void {
    if (this.#chance(0.02)) this.#connected = false;
    else if (!this.#connected && this.#chance(0.2)) this.#connect();
    if (this.#chance(0.005)) this.#crash();
    if (this.#chance(0.005)) {
      // The broker loses all it took.
      this.#general += 1;
      for (const logger of this.loggers) logger.queue = [];
    }
    for (const logger of this.loggers) if (this.#chance(0.005)) this.#loseRows(logger);
    if (this.#chance(0.005)) {
      this.#epoch += 1;
      this.#seq = 0;
    }
  }

  #connect(): void {
    this.#connected = true;
    this.#lanes.reconnected();
  }

  /** The agent ends: what was on its way may have arrived, what was not flushed is forgotten. */
  #crash(): void {
    this.#general += 1;
    for (const sending of this.#sending) if (sending.arrives) this.#store(sending);
    this.#sending = [];
    this.#published = new Map(this.#publishedOnDisk);
    this.#lanes = this.#newLanes();
    this.#queue = new ReplayQueue();
    this.#window = new SendWindow();
  }

  #loseRows(logger: ModelLogger): void {
    for (const key of newest(logger.ledger, 5)) {
      exclude(logger.ledger, key);
      this.#cause(key);
    }
  }

  #cause(key: EpochSeq): void {
    this.causes.set(idOf(key), (this.causes.get(idOf(key)) ?? 0) + 1);
  }

  #launch(lane: Sending['lane'], key: EpochSeq, wanted?: Wanted): void {
    const what = wanted === undefined ? idOf(key) : `${idOf(key)} ${wanted.logger}`;
    this.sent.set(what, (this.sent.get(what) ?? 0) + 1);
    const flight = this.#window.begin(BATCH_BYTES, this.nowMs);
    const late = this.#chance(0.05);
    const failed = !late && this.#chance(0.05);
    const outcome = late ? 'late' : failed ? 'failed' : 'done';
    const arrives = outcome === 'done' || (late && this.#chance(0.5));
    const endsMs = this.nowMs + (late ? 5000 : Math.floor(this.#random() * 600));
    this.#sending.push({ key, wanted, lane, flight, endsMs, outcome, arrives });
  }

  /** Publishes that have ended. */
  #land(): void {
    const broken = !this.#connected;
    const ended = this.#sending.filter(({ endsMs }) => broken || endsMs <= this.nowMs);
    this.#sending = this.#sending.filter((each) => !ended.includes(each));
    for (const each of ended) {
      const outcome = broken ? 'away' : each.outcome;
      if (each.arrives) this.#store(each);
      if (outcome !== 'done') this.#cause(each.key);
      this.#window.end(each.flight, outcome === 'done' || outcome === 'late' ? outcome : 'failed', this.nowMs);
      if (each.wanted !== undefined) this.#queue.ended(each.wanted, outcome, this.nowMs);
      else {
        if (outcome === 'done') include(this.#published, each.key);
        this.#lanes.ended(each.key, outcome, this.nowMs);
      }
    }
  }

  #store({ key, wanted }: Sending): void {
    for (const logger of this.loggers) {
      if (wanted === undefined || wanted.logger === logger.name)
        logger.queue.push({ key, replay: wanted !== undefined });
    }
  }

  #inFlight(lane: Sending['lane']): number {
    return this.#sending.filter((each) => each.lane === lane).length;
  }

  #send(): void {
    if (!this.faulty && !this.#connected) this.#connect();
    if (!this.#connected) return;
    while (this.#inFlight('live') < LIVE_IN_FLIGHT && this.#window.room(BATCH_BYTES)) {
      const key = this.#lanes.takeLive();
      if (key === undefined) break;
      this.#launch('live', key);
    }
    if (this.#lanes.liveWaiting > 0) return;
    while (this.#inFlight('backlog') < LOWER_IN_FLIGHT && this.#window.room(0, 0.5)) {
      const key = this.#lanes.takeBacklog(this.nowMs);
      if (key === undefined) break;
      this.#launch('backlog', key);
    }
    while (this.#inFlight('replay') < LOWER_IN_FLIGHT && this.#window.room(0, 0.5)) {
      const wanted = this.#queue.take(this.nowMs);
      if (wanted === undefined) break;
      this.#launch('replay', wanted.key, wanted);
    }
  }

  /** A logger works through some of what the broker has for it, in any order, and asks for what it lacks. */
  #deliver(logger: ModelLogger): void {
    if (this.#chance(0.02)) logger.stalledUntilMs = this.nowMs + this.#random() * STALL_MS;
    const most = logger.stalledUntilMs > this.nowMs ? 0 : 8;
    for (let times = 0; times < most && logger.queue.length > 0; times += 1) {
      const at = Math.floor(this.#random() * Math.min(logger.queue.length, 4));
      const message = logger.queue[at];
      if (message === undefined) break;
      // Its acknowledgement may be lost: it comes again.
      if (!this.#chance(0.1)) logger.queue.splice(at, 1);
      // The broker may lose what it had acknowledged.
      if (this.#chance(0.02)) {
        this.#cause(message.key);
        continue;
      }
      const { epoch, seq } = message.key;
      logger.ledger.set(epoch, addRange(logger.ledger.get(epoch) ?? [], seq));
    }
    if (!this.#connected || this.#chance(0.2)) return;
    const wanted = logger.ask(this.#published, this.nowMs);
    if (wanted !== undefined) this.#queue.ask(logger.name, wanted, this.stored, this.nowMs);
  }
}
