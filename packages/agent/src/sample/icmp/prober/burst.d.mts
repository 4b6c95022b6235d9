import type { BurstMessage, BurstRequest } from '../messages.ts';

/** A burst under way; see burst.mjs. */
export declare class Burst {
  constructor(request: BurstRequest, family: 4 | 6, address: Uint8Array, id: number, nonce: Uint8Array, zone?: number);
  readonly packets: number;
  readonly complete: boolean;
  sentAt(beforeMs: number, afterMs: number): void;
  left(seq: number, leftMs: number, nowMs: number): void;
  refused(why: string, nowMs: number): void;
  tooBig(seq: number): void;
  heard(seq: number, arrivedMs: number, readDelayMs: number, hopLimit: number, from: string | null): void;
  answeredFrom(address: string): void;
  endsWith(seq: number): void;
  missedSome(): void;
  endMs(nowMs: number): number;
  result(): BurstMessage;
}
