/**
 * Acknowledges what is in the store: each delivery to the broker, ranges to the agents. Both are best
 * effort; what is lost is delivered again, or repeated by the standing acknowledgements.
 */
import { BATCH_VERSION, encode, subjects, type AckMessage } from '@kaiku/protocol';
import { repeat, type Broker, type Delivery, type Log, type RepeatedPart } from '@kaiku/core';
import type { LedgerRow } from '@kaiku/store';
import type { Ledger } from '../record/ledger.ts';
import { ackMessages, standingAcks } from './ack-messages.ts';

export type Acknowledge = (done: readonly { readonly delivery: Delivery; readonly row: LedgerRow }[]) => void;

export type Publish = Pick<Broker, 'publish'>;

/** With every acknowledgement a logger says which batches it reads: agents seal what all of them do. */
function tell(broker: Publish, logger: string, message: AckMessage): void {
  broker.publish(subjects.ack(logger, message.agent), encode({ ...message, reads: BATCH_VERSION }));
}

export function createAcknowledge(broker: Publish, logger: string): Acknowledge {
  return (done) => {
    for (const { delivery } of done) delivery.ack();
    const rows = done.map(({ row }) => row);
    for (const message of ackMessages(logger, rows)) tell(broker, logger, message);
  };
}

/** An agent that lost acknowledgements sends again what this logger has: a minute of that is cheap. */
const STANDING_EVERY_MS = 60_000;
/** What an agent's buffer can hold. */
const BUFFER_MS = 90 * 24 * 3600 * 1000;

export function standingAcknowledgements(
  broker: Publish,
  logger: string,
  ledger: () => Ledger | undefined,
  log: Log,
): RepeatedPart {
  return repeat({
    name: 'standing acknowledgements',
    everyMs: STANDING_EVERY_MS,
    log,
    run: () => {
      for (const message of standingAcks(logger, ledger()?.epochs() ?? [], Date.now() - BUFFER_MS)) {
        tell(broker, logger, message);
      }
      return Promise.resolve();
    },
  });
}
