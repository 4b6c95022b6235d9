/** Whether an address answers ICMP: one small burst. */
import { createMetrics, type Log } from '@kaiku/core';
import { createProber, type Prober } from '../sample/icmp/prober.ts';

const ORDER = { packets: 2, spacingMs: 200, timeoutMs: 1500, payloadBytes: 56, dscp: 0, afterMs: 0, trace: false };

/** undefined: it cannot be told, for want of a prober. */
export async function pings(prober: Pick<Prober, 'burst'>, address: string): Promise<boolean | undefined> {
  return (await prober.burst({ address, ...ORDER }))?.arrived;
}

export interface Pinging {
  ping(address: string): Promise<boolean | undefined>;
  stop(): Promise<void>;
}

/** A prober of one's own, for a discovery without an agent. */
export async function startPinging(log: Log): Promise<Pinging> {
  const prober = createProber(log, createMetrics());
  await prober.start();
  return { ping: (address) => pings(prober, address), stop: () => prober.stop() };
}
