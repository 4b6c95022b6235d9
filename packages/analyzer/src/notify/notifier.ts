/**
 * Tells alarm events: live on `kaiku.alarm.<partition>`, and as rows in a batch of results for every logger. Both
 * carry the lease's token; of rows with one identity the highest token stays, so a fenced holder cannot undo its
 * successor's. The live message is best effort, the batch waits for the broker.
 */
import { alarmEventRows, encode, subjects, type AlarmEvent } from '@kaiku/protocol';
import type { Broker, Log, Metrics, ResultPublisher } from '@kaiku/core';
import { LeaseLostError } from '../errors.ts';
import type { Lease } from '../lease/keeper.ts';

export interface Notifier {
  /** Tells the events of one partition. @throws LeaseLostError when the lease is not valid at this moment */
  tell(lease: Lease, events: readonly AlarmEvent[]): void;
}

export interface NotifierOptions {
  readonly broker: Pick<Broker, 'publish'>;
  readonly results: Pick<ResultPublisher, 'publish'>;
  readonly metrics: Metrics;
  readonly log: Log;
}

export function alarmNotifier({ broker, results, metrics, log }: NotifierOptions): Notifier {
  return {
    tell: (lease, events) => {
      if (events.length === 0) return;
      if (!lease.valid()) throw new LeaseLostError(lease.partition);
      let firstMs = Infinity;
      let lastMs = 0;
      for (const event of events) {
        broker.publish(subjects.alarm(lease.partition), encode(event));
        firstMs = Math.min(firstMs, event.tsMs);
        lastMs = Math.max(lastMs, event.tsMs);
        log.info({ entity: event.entity, rule: event.rule, instance: event.instance, tsMs: event.tsMs }, event.event);
      }
      metrics.add('alarmEventsTold', events.length);
      results.publish([alarmEventRows(events)], firstMs, lastMs).catch((error: unknown) => {
        log.error({ err: error, events: events.length }, 'alarm events were not stored');
      });
    },
  };
}
