/** What the buffer reports, as log lines and figures. */
import type { Log, Metrics } from '@kaiku/core';

export type BufferEvent =
  | { readonly kind: 'epoch'; readonly epoch: number; readonly reason: string }
  | { readonly kind: 'damage'; readonly day: string; readonly detail: string; readonly batches: number }
  | { readonly kind: 'dropped'; readonly day: string; readonly bytes: number; readonly unacknowledged: number }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'resumed' };

export function reportBufferEvent(event: BufferEvent, log: Log, metrics: Metrics): void {
  switch (event.kind) {
    case 'epoch':
      metrics.add('epochs');
      log.info({ epoch: event.epoch, reason: event.reason }, 'a new epoch begins');
      return;
    case 'damage':
      metrics.add('bufferDamage');
      log.error(
        { day: event.day, detail: event.detail, batches: event.batches },
        'damage in the buffer; these batches are lost, the rest goes on',
      );
      return;
    case 'refused':
      metrics.set('bufferRefused', 1);
      log.error(
        { reason: event.reason },
        'the buffer’s disk refuses: samples are lost until it has room again; free some, or replace the disk',
      );
      return;
    case 'resumed':
      metrics.set('bufferRefused', 0);
      log.info({}, 'the buffer’s disk takes batches again');
      return;
    case 'dropped':
      metrics.add('droppedDays');
      if (event.unacknowledged === 0) log.info({ day: event.day, bytes: event.bytes }, 'an old day was deleted');
      else {
        metrics.add('givenUpBatches', event.unacknowledged);
        log.error(
          { day: event.day, batches: event.unacknowledged },
          'a day that some logger lacks was given up for age or space',
        );
      }
  }
}
