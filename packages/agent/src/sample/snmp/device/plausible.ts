/**
 * The highest rate an interface counter can plausibly have, from the interface's speed (RFC 2863). Pure.
 *
 * Octets: speed / 8. Packets of any sort: speed over the shortest frame on the wire (64 octets). Drivers that do
 * not know their speed say 10 Mbit/s (loopback, tunnels, virtual machines), so for 64-bit counters, which need
 * no wrap decision, such a speed is taken as unknown.
 */
import { NO_LIMIT, type CounterLimit } from './counter-track.ts';

export const IF_TABLE = '1.3.6.1.2.1.2.2.1.';
export const IFX_TABLE = '1.3.6.1.2.1.31.1.1.1.';
const OCTETS = new Set(['10', '16'].map((column) => IF_TABLE + column).concat(['6', '10'].map((c) => IFX_TABLE + c)));
/** Errors, discards, unknown protocols: they have the limit of packets but never come near it. */
const EVENTS = new Set(['13', '14', '15', '19', '20'].map((column) => IF_TABLE + column));
const SHORTEST_FRAME_BITS = 64 * 8;
/** ifHighSpeed counts in them. */
export const MBIT = 1_000_000;
const PLACEHOLDER_BITS = 10_000_000;

export const IF_HIGH_SPEED = `${IFX_TABLE}15`;
export const IF_SPEED = `${IF_TABLE}5`;
export const IF_DISCONTINUITY = `${IFX_TABLE}19`;

/** What an interface counts; undefined when the object is no column of an interface table. */
export type CounterNature = 'octets' | 'packets' | 'events' | undefined;

export function counterNature(oid: string): CounterNature {
  if (OCTETS.has(oid)) return 'octets';
  if (EVENTS.has(oid)) return 'events';
  return oid.startsWith(IF_TABLE) || oid.startsWith(IFX_TABLE) ? 'packets' : undefined;
}

/** @param speedBits of the interface, bit/s; 0 when unknown */
export function counterLimit(nature: CounterNature, bits: 32 | 64, speedBits: number): CounterLimit {
  if (nature === undefined || speedBits <= 0 || (bits === 64 && speedBits <= PLACEHOLDER_BITS)) return NO_LIMIT;
  if (nature === 'octets') return { maxPerSecond: speedBits / 8, lineRate: true };
  return { maxPerSecond: speedBits / SHORTEST_FRAME_BITS, lineRate: nature === 'packets' };
}
