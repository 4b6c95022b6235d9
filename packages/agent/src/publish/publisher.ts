/**
 * Sends sealed batches to the broker in two lanes and hears the loggers' acknowledgements.
 *
 * ```
 *  sealed just now ──▶ live lane     kaiku.data.<agent>      at once, a few in flight
 *  everything else ──▶ backlog lane  kaiku.backlog.<agent>   newest first, paced, yields to live, in bundles
 *  kaiku.ack.*.<agent> ──▶ buffer    who has what
 * ```
 *
 * Fed by the buffer (`onSealed`, and read back for the backlog). Invariants: a batch counts as published only with its
 * PubAck; what fails stays in the backlog; at most `liveInFlight + backlogInFlight` messages are in memory. A broker that is
 * away costs nothing but time. What a logger lacks although the broker took it, the logger asks for: see the responder.
 */
import { ackMessageSchema, addAll, decode, EMPTY_RANGES, subjects } from '@kaiku/protocol';
import { count, fillMessage, subtract, type Broker, type Log, type Metrics } from '@kaiku/core';
import type { Pace, Part, Subscription, Uplink } from '@kaiku/core';
import type { AgentBuffer, BatchKey, Sealed } from '../buffer/agent-buffer.ts';
import type { PublishConfig } from '../config.ts';
import { Lanes } from './lanes.ts';
import { createBundleReaders } from './bundle-readers.ts';

const IDLE_MS = 500;
const HOUSEKEEPING_MS = 1000;
/** A logger that acknowledged nothing for this long is no longer counted. */
const KNOWN_MS = 7 * 24 * 3600 * 1000;
/** What is in flight may arrive for this long at stop. */
const STOP_MS = 2000;
/** Batches: a minute of them. */
const CATCHING_UP = 30;

export interface PublisherOptions {
  readonly agent: string;
  readonly buffer: AgentBuffer;
  readonly config: PublishConfig;
  readonly uplink: Uplink;
  /** Bytes a second of the backlog, shared with what loggers ask for. */
  readonly pace: Pace;
  /** False while another instance speaks under this name: nothing leaves. */
  readonly maySpeak: () => boolean;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Publisher extends Part {
  /** Gives it a broker, once there is one. */
  attach(broker: Pick<Broker, 'subscribe'>): void;
  /** Live data wait for a place: what is later should wait too. */
  readonly busy: boolean;
  /** More is on its way to the broker, or will be in a moment, than what was sealed just now. */
  readonly catchingUp: boolean;
  /** Batches too large for the broker. */
  readonly refused: number;
}

type Lane = 'live' | 'backlog';

export function createPublisher(options: PublisherOptions): Publisher {
  const { agent, buffer, config, uplink, pace, maySpeak, log, metrics } = options;
  const lanes = new Lanes({ stored: () => buffer.stored(), published: () => buffer.published });
  const readers = createBundleReaders();
  /** This broker takes smaller messages only; looked into again at its next connection. */
  let refusesBundles = false;
  const flying = new Set<Promise<void>>();
  const inFlight = { live: 0, backlog: 0 };
  let subscription: Subscription | undefined;
  let connected = false;
  /** Batches the broker lacks, as last counted; undefined before the first count. */
  let waiting: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let loop: Promise<void> | undefined;
  const abort = new AbortController();
  let wake: () => void = () => undefined;

  const usable = (): boolean => uplink.usable && maySpeak();

  const send = async (lane: Lane, keys: readonly BatchKey[], bytes: Uint8Array): Promise<void> => {
    let outcome = await uplink.send(lane === 'live' ? subjects.data(agent) : subjects.backlog(agent), bytes);
    if (outcome === 'refused' && keys.length > 1) {
      refusesBundles = true;
      outcome = 'failed';
    }
    const nowMs = performance.now();
    for (const key of keys) {
      if (outcome === 'done') buffer.markPublished(key);
      lanes.ended(key, outcome, nowMs);
    }
    if (outcome === 'done') metrics.add(lane === 'live' ? 'publishedLive' : 'publishedBacklog', keys.length);
  };

  const launch = (lane: Lane, keys: readonly BatchKey[], bytes: Uint8Array): void => {
    inFlight[lane] += 1;
    const work: Promise<void> = send(lane, keys, bytes).finally(() => {
      flying.delete(work);
      inFlight[lane] -= 1;
      pumpLive();
      wake();
    });
    flying.add(work);
  };

  const read = (key: BatchKey): Uint8Array | undefined => {
    let bytes: Uint8Array | undefined;
    try {
      bytes = buffer.read(key);
    } catch (error) {
      log.error({ err: error, ...key }, 'a batch could not be read back; it is tried again');
      lanes.ended(key, 'late', performance.now());
      return undefined;
    }
    if (bytes === undefined) lanes.ended(key, 'gone', performance.now());
    return bytes;
  };

  const placeForLive = (bytes: number): boolean => inFlight.live < config.liveInFlight && uplink.roomForLive(bytes);

  const onSealed = ({ epoch, seq, bytes }: Sealed): void => {
    if (!usable()) return;
    lanes.queueLive({ epoch, seq });
    if (lanes.liveWaiting > 1 || !placeForLive(bytes.length)) return;
    const key = lanes.takeLive();
    if (key !== undefined) launch('live', [key], bytes);
  };

  const pumpLive = (): void => {
    while (lanes.liveWaiting > 0 && usable() && placeForLive(0) && !abort.signal.aborted) {
      const key = lanes.takeLive();
      const bytes = key === undefined ? undefined : read(key);
      if (key !== undefined && bytes !== undefined) launch('live', [key], bytes);
    }
  };

  const mayBundle = (): boolean => !refusesBundles && readers.all(buffer.loggers, Date.now());

  /** Sends one backlog message if it may. Answers how long to wait before the next, ms. */
  const stepBacklog = (): number => {
    if (!usable() || lanes.liveWaiting > 0 || inFlight.backlog >= config.backlogInFlight) return IDLE_MS;
    const nowMs = performance.now();
    const waitMs = Math.max(uplink.lowerWaitMs(), pace.waitMs(nowMs));
    if (waitMs > 0) return Math.min(waitMs, IDLE_MS);
    const message = fillMessage<BatchKey>({
      take: () => lanes.takeBacklog(nowMs),
      read,
      putBack: (key) => lanes.putBack(key),
      mostBytes: mayBundle() ? uplink.bundleBytes : 0,
    });
    if (message === 'none') return IDLE_MS;
    if (message === 'gone') return 0;
    pace.spend(message.bytes.length);
    launch('backlog', message.keys, message.bytes);
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

  const reportLoggers = (): void => {
    const stored = buffer.stored();
    let worst = count(lanes.unpublished());
    for (const [name, { epochs: acked, lastMs: lastAckMs }] of buffer.loggers) {
      const unacked = count(subtract(stored, acked));
      metrics.set(`unacked_${name}`, unacked);
      if (Date.now() - lastAckMs < KNOWN_MS) worst = Math.max(worst, unacked);
    }
    metrics.set('unackedBatches', worst);
  };

  const housekeeping = (): void => {
    if (uplink.usable && !connected) {
      lanes.reconnected();
      refusesBundles = false;
    }
    connected = uplink.usable;
    pumpLive();
    try {
      buffer.flush();
    } catch (error) {
      metrics.add('flushFailures');
      log.warn({ err: error }, 'what is published and acknowledged could not be noted on the disk; it is tried again');
    }
    waiting = count(lanes.unpublished());
    metrics.set('unpublishedBatches', waiting);
    metrics.set('backlogBatches', Math.max(waiting - inFlight.live - lanes.liveWaiting, 0));
    reportLoggers();
  };

  const onAck = (bytes: Uint8Array): void => {
    const ack = decode(ackMessageSchema, bytes);
    if (ack === undefined || ack.agent !== agent) {
      metrics.add('badAcks');
      return;
    }
    readers.heard(ack.logger, ack.bundles === true, Date.now());
    const ranges = addAll(
      EMPTY_RANGES,
      ack.ranges.filter(([from, to]) => from <= to),
    );
    try {
      buffer.markReads(ack.logger, ack.reads ?? 1);
      buffer.markAcked(ack.logger, ack.epoch, ranges);
    } catch (error) {
      metrics.add('flushFailures');
      log.warn({ err: error }, 'an acknowledgement could not be noted; loggers repeat it');
    }
  };

  return {
    name: 'publisher',
    get busy() {
      return lanes.liveWaiting > 0;
    },
    get catchingUp() {
      return waiting === undefined || (usable() && waiting > CATCHING_UP);
    },
    get refused() {
      return lanes.refused;
    },
    attach: (link) => {
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
      await Promise.race([Promise.all(flying), deadline]);
      subscription?.stop();
      buffer.flush();
    },
  };
}
