/**
 * Sends sealed batches to the broker in two lanes and hears the loggers' acknowledgements.
 *
 * ```
 *  sealed just now ──▶ live lane     kaiku.data.<agent>      at once, a few in flight
 *  everything else ──▶ backlog lane  kaiku.backlog.<agent>   newest first, paced, yields to live
 *  kaiku.ack.*.<agent> ──▶ buffer    who has what
 * ```
 *
 * Fed by the buffer (`onSealed`, and read back for the backlog). Invariants: a batch counts as published only
 * with its PubAck; what fails stays in the backlog; at most `liveInFlight + backlogInFlight` envelopes are in
 * memory. A broker that is away costs nothing but time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ackMessageSchema, addAll, decode, EMPTY_RANGES, subjects, type RangeSet } from '@kaiku/protocol';
import { BrokerError, type Broker, type Log, type Metrics, type Part, type Subscription } from '@kaiku/core';
import type { AgentBuffer, BatchKey, Sealed } from '../buffer/agent-buffer.ts';
import type { PublishConfig } from '../config.ts';
import { common, count, newest, subtract, type EpochRanges } from './choose.ts';
import { Pace } from './pace.ts';
import { lookAt, type LoggerWatch } from './resend.ts';
import { Settling } from './settling.ts';

/** Tries of a live batch before it is left to the backlog lane. */
const LIVE_TRIES = 3;
const RETRY_MS = 300;
/** Live batches waiting for a place in flight; beyond it they are backlog. */
const LIVE_QUEUE = 1000;
/** Backlog keys worked out at once. */
const CHUNK = 64;
const IDLE_MS = 500;
const HOUSEKEEPING_MS = 1000;
const LOOK_EVERY_MS = 5000;
/** A logger that acknowledged nothing for this long is no longer counted. */
const KNOWN_MS = 7 * 24 * 3600 * 1000;
/** What is in flight may arrive for this long at stop. */
const STOP_MS = 2000;

type Link = Pick<Broker, 'connected' | 'publishStored' | 'subscribe'>;

export interface PublisherOptions {
  readonly agent: string;
  readonly buffer: AgentBuffer;
  readonly config: PublishConfig;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Replaced in tests. */
  readonly now?: () => number;
}

export interface Publisher extends Part {
  /** Gives it a broker, once there is one. */
  attach(broker: Link): void;
}

type Lane = 'live' | 'backlog';

export function createPublisher({ agent, buffer, config, log, metrics, now = Date.now }: PublisherOptions): Publisher {
  const flying = new Map<string, Promise<void>>();
  const inFlight = { live: 0, backlog: 0 };
  const liveQueue = new Map<string, BatchKey>();
  /** Batches the broker refuses for good (too large for it): not tried again by this process. */
  const refused = new Set<string>();
  const settling = new Settling();
  const watches = new Map<string, LoggerWatch>();
  const pace = new Pace(config.backlogBytesPerSecond, now());
  let resend: EpochRanges = new Map();
  let chunk: BatchKey[] = [];
  let broker: Link | undefined;
  let subscription: Subscription | undefined;
  let lookedMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let loop: Promise<void> | undefined;
  const abort = new AbortController();
  let wake: () => void = () => undefined;

  const usable = (): boolean => broker?.connected === true;

  /** One try. Answers whether another may help. */
  const deliver = async (lane: Lane, bytes: Uint8Array): Promise<'done' | 'again' | 'refused'> => {
    if (broker === undefined || !broker.connected) return 'again';
    try {
      await broker.publishStored(lane === 'live' ? subjects.data(agent) : subjects.backlog(agent), bytes);
      return 'done';
    } catch (error) {
      metrics.add('publishFailures');
      if (error instanceof BrokerError && !error.retryable) {
        log.error({ err: error, bytes: bytes.length }, 'the broker refuses a batch for good; raise its max_payload');
        return 'refused';
      }
      log.debug({ err: error, lane }, 'publish failed');
      return 'again';
    }
  };

  const send = async (lane: Lane, key: BatchKey, bytes: Uint8Array): Promise<void> => {
    const tries = lane === 'live' ? LIVE_TRIES : 1;
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      const outcome = await deliver(lane, bytes);
      if (outcome === 'done') {
        const again = takeFromResend(key);
        settling.add(key, now(), again);
        buffer.markPublished(key);
        metrics.add(lane === 'live' ? 'publishedLive' : 'publishedBacklog');
        if (again) metrics.add('resentBatches');
        return;
      }
      if (outcome === 'refused') {
        refused.add(idOf(key));
        return;
      }
      if (attempt < tries && !abort.signal.aborted) await sleep(RETRY_MS);
    }
  };

  const takeFromResend = (key: BatchKey): boolean => {
    if (resend.size === 0) return false;
    const one: EpochRanges = new Map([[key.epoch, [[key.seq, key.seq]]]]);
    if (count(common(resend, one)) === 0) return false;
    resend = subtract(resend, one);
    return true;
  };

  const launch = (lane: Lane, key: BatchKey, bytes: Uint8Array): void => {
    const id = idOf(key);
    inFlight[lane] += 1;
    const work = send(lane, key, bytes).finally(() => {
      flying.delete(id);
      inFlight[lane] -= 1;
      pumpLive();
      wake();
    });
    flying.set(id, work);
  };

  const onSealed = ({ epoch, seq, bytes }: Sealed): void => {
    if (!usable()) return;
    if (inFlight.live < config.liveInFlight) launch('live', { epoch, seq }, bytes);
    else if (liveQueue.size < LIVE_QUEUE) liveQueue.set(idOf({ epoch, seq }), { epoch, seq });
  };

  const pumpLive = (): void => {
    for (const [id, key] of liveQueue) {
      if (inFlight.live >= config.liveInFlight) return;
      liveQueue.delete(id);
      if (!usable()) continue;
      const bytes = buffer.read(key);
      if (bytes !== undefined) launch('live', key, bytes);
    }
  };

  const unpublished = (): Map<number, RangeSet> => subtract(buffer.stored(), buffer.published);

  const refill = (): void => {
    const wanted = unpublished();
    for (const [epoch, ranges] of resend) wanted.set(epoch, addAll(wanted.get(epoch) ?? EMPTY_RANGES, ranges));
    chunk = newest(wanted, CHUNK, (key) => {
      const id = idOf(key);
      return !flying.has(id) && !liveQueue.has(id) && !refused.has(id);
    });
  };

  /** Sends one backlog batch if it may. Answers how long to wait before the next, ms. */
  const stepBacklog = (): number => {
    if (!usable() || liveQueue.size > 0 || inFlight.backlog >= config.backlogInFlight) return IDLE_MS;
    const waitMs = pace.waitMs(now());
    if (waitMs > 0) return waitMs;
    if (chunk.length === 0) refill();
    const key = chunk.shift();
    if (key === undefined) return IDLE_MS;
    // It may have been sent since the chunk was worked out.
    if (flying.has(idOf(key)) || liveQueue.has(idOf(key))) return 0;
    const bytes = buffer.read(key);
    if (bytes === undefined) return 0;
    pace.spend(bytes.length);
    launch('backlog', key, bytes);
    return 0;
  };

  const runBacklog = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      const waitMs = stepBacklog();
      if (waitMs === 0) await new Promise<void>((done) => setImmediate(done));
      else {
        await new Promise<void>((done) => {
          const idle = setTimeout(done, waitMs);
          wake = () => {
            clearTimeout(idle);
            done();
          };
        });
      }
    }
  };

  /** Works out what to send again for loggers that lack what the broker once took. */
  const lookAtLoggers = (): void => {
    const nowMs = now();
    if (nowMs - lookedMs < LOOK_EVERY_MS) return;
    lookedMs = nowMs;
    const stored = buffer.stored();
    const settled = subtract(subtract(common(stored, buffer.published), settling.ranges(nowMs)), resend);
    let worst = count(unpublished());
    for (const [name, { epochs: acked, lastMs: lastAckMs }] of buffer.loggers) {
      const look = lookAt({ acked, lastAckMs, settled, nowMs, before: watches.get(name) });
      watches.set(name, look.watch);
      const unacked = count(subtract(stored, acked));
      metrics.set(`unacked_${name}`, unacked);
      if (nowMs - lastAckMs < KNOWN_MS) worst = Math.max(worst, unacked);
      if (look.resend.size === 0) continue;
      log.warn({ logger: name, batches: count(look.resend) }, 'a logger lacks what the broker took; sending again');
      const more = new Map(resend);
      for (const [epoch, ranges] of look.resend) more.set(epoch, addAll(more.get(epoch) ?? EMPTY_RANGES, ranges));
      resend = more;
    }
    metrics.set('unackedBatches', worst);
  };

  const housekeeping = (): void => {
    buffer.flush();
    const waiting = count(unpublished());
    metrics.set('unpublishedBatches', waiting);
    metrics.set('backlogBatches', Math.max(waiting - inFlight.live - liveQueue.size, 0) + count(resend));
    lookAtLoggers();
  };

  const onAck = (bytes: Uint8Array): void => {
    const ack = decode(ackMessageSchema, bytes);
    if (ack === undefined || ack.agent !== agent) {
      metrics.add('badAcks');
      return;
    }
    const ranges = addAll(
      EMPTY_RANGES,
      ack.ranges.filter(([from, to]) => from <= to),
    );
    buffer.markAcked(ack.logger, ack.epoch, ranges);
  };

  return {
    name: 'publisher',
    attach: (link) => {
      broker = link;
      subscription?.stop();
      subscription = link.subscribe(subjects.acksOf(agent), onAck);
      wake();
    },
    start: () => {
      buffer.onSealed(onSealed);
      timer = setInterval(housekeeping, HOUSEKEEPING_MS);
      loop ??= runBacklog();
      return Promise.resolve();
    },
    stop: async () => {
      if (abort.signal.aborted) return;
      abort.abort();
      clearInterval(timer);
      wake();
      await loop;
      const deadline = new Promise((done) => setTimeout(done, STOP_MS).unref());
      await Promise.race([Promise.all(flying.values()), deadline]);
      subscription?.stop();
      buffer.flush();
    },
  };
}

function idOf({ epoch, seq }: BatchKey): string {
  return `${epoch}/${seq}`;
}
