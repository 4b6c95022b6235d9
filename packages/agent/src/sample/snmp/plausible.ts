/**
 * The highest rate an interface counter can plausibly have, from the interface's speed (RFC 2863). Pure.
 *
 * Octets: speed / 8. Packets of any sort: speed over the shortest frame on the wire (64 octets). Drivers that do
 * not know their speed say 10 Mbit/s (loopback, tunnels, virtual machines), so for 64-bit counters, which need
 * no wrap decision, such a speed is taken as unknown.
 */

const IF_TABLE = '1.3.6.1.2.1.2.2.1.';
const IFX_TABLE = '1.3.6.1.2.1.31.1.1.1.';
const OCTETS = new Set([`${IF_TABLE}10`, `${IF_TABLE}16`, `${IFX_TABLE}6`, `${IFX_TABLE}10`]);
const SHORTEST_FRAME_BITS = 64 * 8;
const PLACEHOLDER_BITS = 10_000_000;

export const IF_HIGH_SPEED = `${IFX_TABLE}15`;
export const IF_SPEED = `${IF_TABLE}5`;
export const IF_DISCONTINUITY = `${IFX_TABLE}19`;

export function isInterfaceCounter(oid: string): boolean {
  return oid.startsWith(IF_TABLE) || oid.startsWith(IFX_TABLE);
}

/** Units a second; 0 when unknown. */
export function maxPerSecond(oid: string, bits: 32 | 64, speedBits: number): number {
  if (!isInterfaceCounter(oid) || speedBits <= 0) return 0;
  if (bits === 64 && speedBits <= PLACEHOLDER_BITS) return 0;
  return OCTETS.has(oid) ? speedBits / 8 : speedBits / SHORTEST_FRAME_BITS;
}
