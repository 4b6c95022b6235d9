import { KaikuError } from '@kaiku/core';

/** A partition's lease ran out while work for it was under way: the result is dropped, its new holder computes it. */
export class LeaseLostError extends KaikuError {
  readonly code = 'LEASE_LOST';
  readonly partition: number;

  constructor(partition: number) {
    super(`the lease of partition ${partition} is no longer held`, {
      hint: 'nothing is lost: another analyzer holds it; often seen: this machine is overloaded or was suspended',
    });
    this.partition = partition;
  }
}
