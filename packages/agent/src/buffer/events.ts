/** What the buffer reports, as log lines and figures. */
import type { Log, Metrics } from '@kaiku/core';
import type { BufferEvent } from './agent-buffer.ts';

export function reportBufferEvent(event: BufferEvent, log: Log, metrics: Metrics): void {
  switch (event.kind) {
    case 'epoch':
      metrics.add('epochs');
      log.info({ epoch: event.epoch, reason: event.reason }, 'a new epoch begins');
      return;
    case 'damage':
      metrics.add('bufferDamage');
      log.error({ day: event.day, detail: event.detail }, 'damage in the buffer; that part is lost, the rest goes on');
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
