export declare const NONCE_BYTES: number;

/** Packet 0 of a burst, checksum included (ICMPv6's is the kernel's). The nonce tells our packets from anybody's. */
export declare function echoRequest(family: 4 | 6, id: number, nonce: Uint8Array, payloadBytes: number): Uint8Array;

/** Makes a burst's packet its packet `seq`; the checksum stays. */
export declare function number(packet: Uint8Array, seq: number): void;

/** Internet checksum (RFC 1071). */
export declare function checksum(bytes: Uint8Array): number;

export interface Heard {
  /**
   * An answer, a router's word on a request (it cannot be delivered, went over too many hops, is too big for a link), or the request
   * itself, given back when it left.
   */
  kind: 'reply' | 'unreachable' | 'exceeded' | 'tooBig' | 'sent';
  /** Of a ping socket's packets the kernel's; the burst's own is in the nonce. */
  id: number;
  seq: number;
  code: number;
  /** Time to live left; -1 where the packet does not say. */
  hopLimit: number;
  /** Where the nonce begins (replies, requests). */
  nonceAt: number;
  /** Where the address asked begins (routers' words). */
  targetAt: number;
}

/** Reads a socket's packet; undefined for what is not about an echo request. The result lives until the next call. */
export declare function hear(family: 4 | 6, packet: Uint8Array, bare?: boolean): Readonly<Heard> | undefined;

/** Reads a request that the kernel gives back; as `hear`. */
export declare function hearSent(family: 4 | 6, packet: Uint8Array): Readonly<Heard> | undefined;
