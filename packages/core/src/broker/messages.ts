/** What the broker hands to its users: messages of a stream, and subscriptions they can end. */

/**
 * One message pulled from a stream. It stays its holder's, however long the work takes, until `ack` or
 * `retry`, or until the consumer's `redeliver` gives up what was in hand. A holder that dies loses it to
 * the next one within 10 s.
 */
export interface Delivery {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** Messages still waiting in the consumer when this one was delivered. */
  readonly pending: number;
  readonly deliveryCount: number;
  ack(): void;
  /** Ask for it again after a pause. */
  retry(afterMs: number): void;
}

export interface Subscription {
  stop(): void;
}

export type MessageHandler = (bytes: Uint8Array, subject: string, reply?: (answer: Uint8Array) => void) => void;
