/** What the broker hands to its users: messages of a stream, and subscriptions they can end. */

/** One message pulled from a stream. It is delivered again unless `ack` is called within 60 s. */
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
