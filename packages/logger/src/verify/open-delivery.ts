/**
 * One message of a lane, checked: a batch, or a bundle of them. A bundle's message is dealt with when each of its
 * batches is: acknowledged once, or asked for again as a whole when one of them is to come again. A damaged batch in it
 * is refused alone; a bundle that cannot be taken apart is refused as it is.
 */
import type { Delivery } from '@kaiku/core';
import { isBundle, lastToken, openBundle } from '@kaiku/protocol';
import type { Checked } from '../record/commit.ts';
import { verifyBatch, type Recognize } from './verify-batch.ts';

/** Hands out the parts of one delivery; `count` of them settle it. */
function sharing(whole: Delivery, count: number): (bytes: Uint8Array) => Delivery {
  let open = count;
  let againMs = 0;
  const settle = (): void => {
    open -= 1;
    if (open > 0) return;
    if (againMs > 0) whole.retry(againMs);
    else whole.ack();
  };
  return (bytes) => {
    let settled = false;
    const once = (): void => {
      if (settled) return;
      settled = true;
      settle();
    };
    return {
      subject: whole.subject,
      bytes,
      pending: whole.pending,
      deliveryCount: whole.deliveryCount,
      ack: once,
      retry: (afterMs) => {
        if (!settled) againMs = Math.max(againMs, afterMs, 1);
        once();
      },
    };
  };
}

export function openDelivery(delivery: Delivery, recognize: Recognize): readonly Checked[] {
  const agent = lastToken(delivery.subject);
  if (!isBundle(delivery.bytes)) return [{ delivery, verdict: verifyBatch(delivery.bytes, agent, recognize) }];
  const bundle = openBundle(delivery.bytes);
  if (!bundle.ok) {
    return [{ delivery, verdict: { kind: 'refused', agent, epoch: 0, seq: 0, reason: bundle.reason, final: false } }];
  }
  const part = sharing(delivery, bundle.envelopes.length);
  return bundle.envelopes.map((bytes) => ({
    delivery: part(bytes),
    verdict: verifyBatch(bytes, agent, recognize),
  }));
}
