/**
 * Everything of an agent behind its samplers: what is sealed is kept, sent, told of and sent again.
 *
 * ```
 *  sealer ─▶ buffer ─▶ publisher ─┐
 *              ├────▶ responder ──┼─▶ uplink ─▶ broker        claim: may any of it leave?
 *              ◀── acknowledgements, requests ──┘
 * ```
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { countValues } from '@kaiku/protocol';
import { brokerOptions, createResponder, KEY_REFUSED, Pace, Uplink, type BatchSource, type Broker } from '@kaiku/core';
import type { Installation, Log, Metrics, Part } from '@kaiku/core';
import { openBuffer, type AgentBuffer } from './buffer/agent-buffer.ts';
import { createCompactor } from './buffer/compactor.ts';
import { reportBufferEvent } from './buffer/events.ts';
import type { AgentEntry } from './config.ts';
import { createBrokerLink } from './publish/broker-link.ts';
import { createClaim } from './publish/claim.ts';
import { createPublisher } from './publish/publisher.ts';

export interface ForwardingOptions {
  readonly installation: Installation;
  readonly entry: AgentEntry;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Who else needs the broker. */
  readonly onConnect?: (broker: Broker) => void;
}

export interface Forwarding {
  /** The agent's own folder. */
  readonly dir: string;
  readonly buffer: AgentBuffer;
  /** In the order of their start: the buffer closes last. */
  readonly parts: readonly Part[];
  readonly broker: () => Broker | undefined;
  /** The centre's clock minus this machine's, ms, as estimated; null when nobody told. */
  readonly clockOffsetMs: () => number | null;
  /** What hurts, for the health report; empty when nothing does. */
  readonly note: () => string;
}

const FIGURES_EVERY_MS = 5000;

export function createForwarding({ installation, entry, log, metrics, onConnect }: ForwardingOptions): Forwarding {
  const { name } = entry;
  const dir = join(installation.dataDir, 'agent', name);
  mkdirSync(dir, { recursive: true });
  const buffer = openBuffer({
    dir: join(dir, 'buffer'),
    agent: name,
    ...entry.buffer,
    onEvent: (event) => {
      reportBufferEvent(event, log, metrics);
      // Not yet there for what happens while the buffer opens; the first inventory tells that.
      setImmediate(() => responder.announce());
    },
  });
  const uplink = new Uplink({ log, metrics });
  const pace = new Pace(entry.publish.backlogBytesPerSecond, performance.now());
  const maySpeak = (): boolean => claim.state === 'speaking';
  const publisher = createPublisher({
    agent: name,
    buffer,
    config: entry.publish,
    uplink,
    pace,
    maySpeak,
    log,
    metrics,
  });
  const source = bufferSource(name, buffer);
  // What is sealed while it waits for the name is neither held nor lost yet.
  const mayTell = (): boolean => claim.state !== 'waiting';
  const busy = (): boolean => publisher.busy || !maySpeak();
  const responder = createResponder({ source, uplink, pace, busy, mayTell, log, metrics });
  const claim = createClaim({ agent: name, buffer, onChange: () => responder.announce(), log, metrics });
  const link = createBrokerLink(brokerOptions(installation, 'agent', name), log, (broker) => {
    uplink.attach(broker);
    claim.attach(broker);
    publisher.attach(broker);
    responder.attach(broker);
    onConnect?.(broker);
  });
  const compactor = createCompactor({ buffer, busy: () => publisher.catchingUp, log, metrics });
  let timer: NodeJS.Timeout | undefined;
  const figures = (): void => {
    const lost = buffer.inventory().flatMap((each) => each.lost.flatMap(({ ranges }) => ranges));
    if (mayTell()) metrics.set('lostBatches', countValues(lost));
    try {
      const { daysLeft } = buffer.usage();
      if (daysLeft !== null) metrics.set('bufferDaysLeft', Math.min(daysLeft, entry.buffer.maxDays));
    } catch (error) {
      log.warn({ err: error }, 'the disk of the buffer does not tell how full it is');
    }
  };
  const keeper: Part = {
    name: 'buffer',
    start: () => {
      figures();
      timer = setInterval(figures, FIGURES_EVERY_MS);
      return Promise.resolve();
    },
    stop: () => {
      clearInterval(timer);
      buffer.close();
      return Promise.resolve();
    },
  };

  return {
    dir,
    buffer,
    parts: [keeper, compactor, link, publisher, responder, claim],
    broker: () => link.broker,
    clockOffsetMs: () => claim.clockOffsetMs,
    note: () => {
      if (link.broker?.connected !== true) {
        return link.broker?.trouble.includes(KEY_REFUSED) === true
          ? 'the broker refuses this agent’s key: it was removed, or another appliance has its name; samples are kept in the buffer'
          : 'the broker is away; samples are kept in the buffer';
      }
      if (claim.state === 'fenced') {
        return 'another instance speaks under this name: samples are kept back; stop one of the two or rename it';
      }
      if (claim.state === 'waiting')
        return 'another instance held this name a moment ago; samples are kept back until it is free';
      if (publisher.refused === 0) return '';
      return `the broker refuses ${publisher.refused} batches, which are kept (${uplink.refusal}); it must take 8 MB and this agent’s subjects`;
    },
  };
}

function bufferSource(agent: string, buffer: AgentBuffer): BatchSource {
  return {
    agent,
    get instance() {
      return buffer.instance;
    },
    get epoch() {
      return buffer.epoch;
    },
    inventory: () => buffer.inventory(),
    read: (epoch, seq) => buffer.read({ epoch, seq }),
    audit: (epoch, fromMs, toMs) => buffer.audit(epoch, fromMs, toMs),
    list: (epoch, hourMs) => buffer.list(epoch, hourMs),
    lacks: (logger, epoch, ranges) => buffer.lacks(logger, epoch, ranges),
  };
}
