/** An echo request with its checksum. The nonce tells our packets from anybody's. */
export declare function echoRequest(id: number, seq: number, nonce: bigint): Buffer;

/** Internet checksum (RFC 1071). */
export declare function checksum(bytes: Uint8Array): number;

export type Heard =
  | { readonly kind: 'reply'; readonly id: number; readonly seq: number; readonly nonce: bigint }
  /** A router says that the request with this id and sequence cannot be delivered to `target`. */
  | { readonly kind: 'unreachable'; readonly id: number; readonly seq: number; readonly target: string };

/** Reads an IPv4 packet from the raw socket; undefined for anything that is not about an echo request. */
export declare function hear(packet: Buffer): Heard | undefined;
