/**
 * Hints of fresh data: loggers acknowledge batches on `kaiku.ack.>`, so what an acknowledgement names can be read from
 * that logger's store now. Wakes the evaluation; a lost hint costs time, never a sample.
 */
import { ackMessageSchema, decode, subjects } from '@kaiku/protocol';
import type { Broker, Part, Subscription } from '@kaiku/core';
import type { Clock } from '../lease/clock.ts';

/** What came since the last look. */
interface Fresh {
  readonly agents: ReadonlySet<string>;
  /** Earliest sample time named; Infinity when there was no hint. */
  readonly fromMs: number;
}

export interface Hints extends Part {
  take(): Fresh;
  /** How many of these agents were heard of lately; at least 1. */
  livingAgents(agents: readonly string[]): number;
  /**
   * Time up to which the data of these agents has arrived, ms: the slowest of those heard of lately. -Infinity
   * when none was.
   */
  watermarkMs(agents: Iterable<string>): number;
  /**
   * How long the longest-living of these agents has been heard of without a break, ms; when none lives, how long this
   * process has listened. Silence shorter than that says nothing of a device: nobody was there to hear it.
   */
  listenedMs(agents: readonly string[]): number;
}

/** Hints close together make one evaluation. */
const GATHER_MS = 40;
/** An agent not acknowledged for so long holds nobody up: agents seal every few seconds. */
const SILENT_MS = 10_000;
/** An acknowledgement of older samples is the backlog or a repetition: no sign of life. */
const FRESH_MS = 120_000;

interface Heard {
  /** Steady time of the last sign of life, and of the first of this stretch. */
  readonly atMs: number;
  readonly sinceMs: number;
  readonly lastMs: number;
}

export interface HintsOptions {
  readonly broker: Pick<Broker, 'subscribe'>;
  readonly clock: Clock;
  /** Is this an agent that measures? Results of analyzers are acknowledged, too. */
  readonly isAgent: (name: string) => boolean;
  readonly onFresh: () => void;
}

export function ackHints({ broker, clock, isAgent, onFresh }: HintsOptions): Hints {
  const heard = new Map<string, Heard>();
  const beganMs = clock.steadyMs();
  let agents = new Set<string>();
  let fromMs = Infinity;
  let timer: NodeJS.Timeout | undefined;
  let subscription: Subscription | undefined;

  const isLiving = (agent: string): boolean => clock.steadyMs() - (heard.get(agent)?.atMs ?? -Infinity) < SILENT_MS;

  const hear = (bytes: Uint8Array): void => {
    const ack = decode(ackMessageSchema, bytes);
    if (ack === undefined || !isAgent(ack.agent)) return;
    const before = heard.get(ack.agent);
    if (ack.lastMs > (before?.lastMs ?? 0) && clock.wallMs() - ack.lastMs < FRESH_MS) {
      const atMs = clock.steadyMs();
      const sinceMs = before !== undefined && isLiving(ack.agent) ? before.sinceMs : atMs;
      heard.set(ack.agent, { atMs, sinceMs, lastMs: ack.lastMs });
    }
    agents.add(ack.agent);
    fromMs = Math.min(fromMs, ack.firstMs);
    timer ??= setTimeout(() => {
      timer = undefined;
      onFresh();
    }, GATHER_MS);
  };

  return {
    name: 'hints',
    take: () => {
      const fresh = { agents, fromMs };
      agents = new Set();
      fromMs = Infinity;
      return fresh;
    },
    livingAgents: (names) => Math.max(names.filter(isLiving).length, 1),
    watermarkMs: (names) => {
      let low = Infinity;
      for (const name of names) if (isLiving(name)) low = Math.min(low, heard.get(name)?.lastMs ?? 0);
      return low === Infinity ? -Infinity : low;
    },
    listenedMs: (names) => {
      const nowMs = clock.steadyMs();
      const living = names.filter(isLiving).map((name) => nowMs - (heard.get(name)?.sinceMs ?? nowMs));
      return living.length === 0 ? nowMs - beganMs : Math.max(...living);
    },
    start: () => {
      subscription ??= broker.subscribe(subjects.ackAll, hear);
      return Promise.resolve();
    },
    stop: () => {
      subscription?.stop();
      subscription = undefined;
      clearTimeout(timer);
      timer = undefined;
      return Promise.resolve();
    },
  };
}
