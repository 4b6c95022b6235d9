/**
 * Seals what the samplers have collected: every `sealEveryMs`, and at once (after a moment, so that what belongs
 * together goes together) when a probe began to fail or to succeed. Nothing is sealed when there is nothing.
 * When the disk refuses, those samples are lost and counted: an agent that kept them in memory would end.
 */
import type { Log, Metrics, Part } from '@kaiku/core';
import type { Collector } from '../sample/collector.ts';
import type { AgentBuffer } from './agent-buffer.ts';

const TICK_MS = 200;
const FIGURES_EVERY_MS = 5000;
const PRUNE_EVERY_MS = 3600_000;
/** A disk that refuses does so at each tick. */
const TELL_EVERY_MS = 10_000;

export interface SealerOptions {
  readonly collector: Collector;
  readonly buffer: AgentBuffer;
  readonly sealEveryMs: number;
  /** Slots missed since the last call. */
  readonly takeMissed: () => number;
  /** The centre's clock minus this machine's, ms, as estimated; null when nobody told. */
  readonly clockOffsetMs: () => number | null;
  readonly metrics: Metrics;
  readonly log: Log;
}

export function createSealer(options: SealerOptions): Part {
  const { collector, buffer, sealEveryMs, takeMissed, clockOffsetMs, metrics, log } = options;
  let timer: NodeJS.Timeout | undefined;
  let sealedAt = performance.now();
  let figuresAt = -Infinity;
  let prunedAt = performance.now();
  let toldAt = -Infinity;
  let untold = { samples: 0, events: 0 };

  const tellLoss = (lost: { readonly samples?: number; readonly events?: number }, err: unknown): void => {
    untold = { samples: untold.samples + (lost.samples ?? 0), events: untold.events + (lost.events ?? 0) };
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    log.error({ err, ...untold }, 'the buffer could not be written; what was to be sealed is lost');
    toldAt = performance.now();
    untold = { samples: 0, events: 0 };
  };

  const seal = (): void => {
    sealedAt = performance.now();
    if (collector.empty) return;
    const { tables, firstMs, lastMs, samples } = collector.take();
    const missedSlots = takeMissed();
    metrics.add('slotsMissed', missedSlots);
    try {
      buffer.seal(tables, {
        firstMs,
        lastMs,
        missedSlots,
        clock: { offsetMs: clockOffsetMs(), monotonicMs: performance.now() },
      });
      metrics.add('sealedBatches');
      metrics.add('sealedSamples', samples);
    } catch (error) {
      metrics.add('lostSamples', samples);
      tellLoss({ samples }, error);
      buffer.prune();
    }
  };

  /** Events at once, in batches of their own: somebody may wait for the acknowledgement. */
  const sealEvents = (): void => {
    for (let taken = collector.events.take(); taken !== undefined; taken = collector.events.take()) {
      const { rows, firstMs, lastMs, done } = taken;
      try {
        const clock = { offsetMs: clockOffsetMs(), monotonicMs: performance.now() };
        buffer.seal([rows], { firstMs, lastMs, missedSlots: 0, clock });
        metrics.add('sealedBatches');
        metrics.add('sealedEvents', rows.rows);
        done(true);
      } catch (error) {
        metrics.add('lostEvents', rows.rows);
        tellLoss({ events: rows.rows }, error);
        done(false);
      }
    }
  };

  const tick = (): void => {
    sealEvents();
    const now = performance.now();
    if (collector.news || now - sealedAt >= sealEveryMs) seal();
    if (now - figuresAt >= FIGURES_EVERY_MS) {
      figuresAt = now;
      const { bytes, days } = buffer.usage();
      metrics.set('bufferBytes', bytes);
      metrics.set('bufferDays', days);
    }
    if (now - prunedAt >= PRUNE_EVERY_MS) {
      prunedAt = now;
      buffer.prune();
    }
  };

  return {
    name: 'sealer',
    start: () => {
      metrics.add('slotsMissed', 0);
      metrics.add('sealedBatches', 0);
      timer = setInterval(tick, TICK_MS);
      return Promise.resolve();
    },
    stop: () => {
      if (timer !== undefined) {
        clearInterval(timer);
        timer = undefined;
        sealEvents();
        seal();
      }
      return Promise.resolve();
    },
  };
}
