/**
 * Speaks for whoever seals batches: tells loggers what it holds, answers their audits, and sends what they lack.
 *
 * ```
 *  source (buffer on disk, results in memory)
 *    ├─▶ kaiku.inventory.<agent>            at connection, each minute, on news, when asked
 *    ├─▶ answers to `audit` and `list`
 *    └─▶ kaiku.replay.<logger>.<agent>      what a logger asked for: newest first, paced, behind live data
 * ```
 *
 * Keeps no list of its own but the loggers' present requests, which are repeated by them; so everything here may be lost
 * with the process. A few messages are in memory at once.
 */
import { commandMessageSchema, decode, encode, subjects, type CommandMessage } from '@kaiku/protocol';
import type { Broker } from '../broker/broker.ts';
import type { Subscription } from '../broker/messages.ts';
import type { Metrics } from '../report/metrics.ts';
import type { Part } from '../run/lifecycle.ts';
import type { Log } from '../run/log.ts';
import type { BatchSource } from './batch-source.ts';
import { fillMessage } from './fill-message.ts';
import { heldOf, inventoryMessages } from './inventory.ts';
import type { Pace } from './pace.ts';
import { ReplayQueue, type Wanted } from './replay-queue.ts';
import type { Uplink } from './uplink.ts';

const TICK_MS = 250;
const INVENTORY_EVERY_MS = 60_000;
/** Several pieces of news make one inventory. */
const NEWS_MS = 200;
/** After a connection: spread, for all agents connect again at once when a broker returns. */
const CONNECT_SPREAD_MS = 1000;
const IN_FLIGHT = 8;
/** Loggers there may be; those beyond get single envelopes. */
const MOST_BUNDLING = 100;
const IDLE_MS = 500;
const STOP_MS = 2000;
const DAY_MS = 24 * 3_600_000;

export interface ResponderOptions {
  readonly source: BatchSource;
  readonly uplink: Uplink;
  /** Bytes a second of what is sent later than live; may be shared with a backlog lane. */
  readonly pace: Pace;
  /** True while replays must wait: live data wait, or the source may not speak. */
  readonly busy: () => boolean;
  /** False while the source cannot tell yet what it holds: no inventory is sent. Absent: always. */
  readonly mayTell?: () => boolean;
  readonly metrics?: Metrics | undefined;
  readonly log: Log;
}

export interface Responder extends Part {
  attach(broker: Pick<Broker, 'connected' | 'publish' | 'subscribe'>): void;
  /** Something loggers should know (a new epoch, a loss): an inventory follows soon. */
  announce(): void;
}

type Command<K extends CommandMessage['command']> = Extract<CommandMessage, { command: K }>;

export function createResponder(options: ResponderOptions): Responder {
  const { source, uplink, pace, busy, mayTell, metrics, log } = options;
  const { agent } = source;
  const queue = new ReplayQueue();
  /** Loggers whose last request said that they read bundles. */
  const bundling = new Set<string>();
  /** This broker takes smaller messages only. */
  let refusesBundles = false;
  const flying = new Set<Promise<void>>();
  const abort = new AbortController();
  let broker: Pick<Broker, 'connected' | 'publish'> | undefined;
  let subscription: Subscription | undefined;
  let connected = false;
  let inventoryDueMs = Infinity;
  let timer: NodeJS.Timeout | undefined;
  let loop: Promise<void> | undefined;
  let wake: () => void = () => undefined;

  const dueWithin = (ms: number): void => {
    inventoryDueMs = Math.min(inventoryDueMs, performance.now() + ms);
  };

  const tellInventory = (): void => {
    if (broker?.connected !== true || mayTell?.() === false) return;
    inventoryDueMs = performance.now() + INVENTORY_EVERY_MS * (0.8 + 0.4 * Math.random());
    for (const message of inventoryMessages(source, Date.now())) {
      broker.publish(subjects.inventory(agent), encode(message));
    }
    metrics?.add('inventoriesSent');
  };

  const tick = (): void => {
    const now = broker?.connected === true;
    if (now && !connected) dueWithin(Math.random() * CONNECT_SPREAD_MS);
    connected = now;
    try {
      if (performance.now() >= inventoryDueMs) tellInventory();
    } catch (error) {
      log.error({ err: error }, 'the inventory could not be told; it is tried again');
    }
    metrics?.set('replayWaiting', queue.waiting);
  };

  const onReplay = ({ logger, wanted, bundles }: Command<'replay'>): void => {
    if (bundles !== true) bundling.delete(logger);
    else if (bundling.size < MOST_BUNDLING) bundling.add(logger);
    const ranges = new Map(wanted.map((each) => [each.epoch, each.ranges.filter(([from, to]) => from <= to)]));
    for (const [epoch, each] of ranges) source.lacks(logger, epoch, each);
    queue.ask(logger, ranges, heldOf(source.inventory()), performance.now());
    metrics?.add('replayRequests');
    wake();
  };

  const auditAnswer = ({ epoch, fromMs, toMs }: Command<'audit'>): Uint8Array => {
    const hours = source.audit(epoch, fromMs, Math.min(toMs, fromMs + DAY_MS));
    return encode({ v: 1, agent, instance: source.instance, epoch, hours: [...hours] });
  };

  const listAnswer = ({ epoch, hourMs }: Command<'list'>): Uint8Array => {
    const batches = source.list(epoch, hourMs).map(({ seq, sha256 }): [number, string] => [seq, sha256.slice(0, 16)]);
    return encode({ v: 1, agent, instance: source.instance, epoch, batches });
  };

  const onCommand = (bytes: Uint8Array, reply: ((answer: Uint8Array) => void) | undefined): void => {
    const command = decode(commandMessageSchema, bytes);
    try {
      switch (command?.command) {
        case undefined:
          metrics?.add('badCommands');
          return;
        case 'reload':
        case 'discover':
        case 'discover-status':
        case 'discover-stop':
          return;
        case 'inventory':
          dueWithin(NEWS_MS);
          return;
        case 'replay':
          onReplay(command);
          return;
        case 'audit':
          reply?.(auditAnswer(command));
          return;
        case 'list':
          reply?.(listAnswer(command));
      }
    } catch (error) {
      log.error({ err: error, command: command?.command }, 'a command of a logger could not be carried out');
    }
  };

  const send = async (logger: string, wanted: readonly Wanted[], bytes: Uint8Array): Promise<void> => {
    let outcome = await uplink.send(subjects.replay(logger, agent), bytes);
    if (outcome === 'refused' && wanted.length > 1) {
      // Too large for this broker, which takes each of them alone.
      refusesBundles = true;
      outcome = 'failed';
    }
    const nowMs = performance.now();
    for (const each of wanted) queue.ended(each, outcome, nowMs);
    if (outcome === 'done') metrics?.add('replayedBatches', wanted.length);
  };

  const read = (wanted: Wanted, nowMs: number): Uint8Array | undefined => {
    const { epoch, seq } = wanted.key;
    try {
      const bytes = source.read(epoch, seq);
      if (bytes !== undefined) return bytes;
      queue.ended(wanted, 'gone', nowMs);
      dueWithin(NEWS_MS);
    } catch (error) {
      queue.ended(wanted, 'late', nowMs);
      log.error({ err: error, epoch, seq }, 'a batch could not be read for a logger; it is tried again');
    }
    return undefined;
  };

  /** Sends one message if it may. Answers how long to wait before the next, ms. */
  const step = (): number => {
    if (flying.size >= IN_FLIGHT || busy()) return IDLE_MS;
    const now = performance.now();
    const waitMs = Math.max(uplink.lowerWaitMs(), pace.waitMs(now));
    if (waitMs > 0) return Math.min(waitMs, IDLE_MS);
    const first = queue.take(now);
    if (first === undefined) return IDLE_MS;
    const { logger } = first;
    let next: Wanted | undefined = first;
    const message = fillMessage<Wanted>({
      take: () => {
        const taken = next ?? queue.takeMore(logger);
        next = undefined;
        return taken;
      },
      read: (wanted) => read(wanted, now),
      putBack: (wanted) => queue.putBack(wanted),
      mostBytes: bundling.has(logger) && !refusesBundles ? uplink.bundleBytes : 0,
    });
    if (message === 'none' || message === 'gone') return 0;
    pace.spend(message.bytes.length);
    const work: Promise<void> = send(logger, message.keys, message.bytes).finally(() => {
      flying.delete(work);
      wake();
    });
    flying.add(work);
    return 0;
  };

  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      let waitMs = IDLE_MS;
      try {
        waitMs = step();
      } catch (error) {
        log.error({ err: error }, 'what a logger asked for could not be sent; it is tried again');
      }
      await new Promise<void>((done) => {
        if (waitMs === 0) setImmediate(done);
        else {
          const idle = setTimeout(done, waitMs);
          wake = () => {
            clearTimeout(idle);
            done();
          };
        }
      });
    }
  };

  return {
    name: 'responder',
    announce: () => dueWithin(NEWS_MS),
    attach: (link) => {
      broker = link;
      subscription?.stop();
      subscription = link.subscribe(subjects.command(agent), (bytes, _, reply) => onCommand(bytes, reply));
      tick();
    },
    start: () => {
      timer = setInterval(tick, TICK_MS);
      loop ??= run();
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
    },
  };
}
