/** What the agent and its prober process say to each other, a JSON object a line. Both are ours and of one version. */

/** Agent to prober: send a burst. */
export interface BurstRequest {
  readonly burst: number;
  /** IPv4 or IPv6 address, that of a link with its interface: `fe80::1%eth0`. */
  readonly address: string;
  readonly packets: number;
  readonly spacingMs: number;
  /** After this long a packet is lost. */
  readonly timeoutMs: number;
  /** Bytes behind the ICMP header, at least 16. */
  readonly payloadBytes: number;
  /** Differentiated services code point, 0 to 63. */
  readonly dscp: number;
  /** Waits this long before the first packet. */
  readonly afterMs: number;
  /** A trace: packet n may go n + 1 hops, and the burst ends with the first that arrives. */
  readonly trace: boolean;
}

/**
 * What became of a packet: answered; lost; answered, but the prober was held up around it, so its time would not be
 * the network's; `unknown`: refused or dropped by this machine, so it says nothing about the target.
 */
export type PacketFate = 'ok' | 'lost' | 'tainted' | 'unknown';

/** Prober to agent: what came of a burst. */
export interface BurstMessage {
  readonly type: 'burst';
  readonly burst: number;
  /** In the order sent. */
  readonly fates: readonly PacketFate[];
  /** ms in the order sent; null where there is none (JSON has no NaN). */
  readonly rtts: readonly (number | null)[];
  /** A trace only: who answered each packet. */
  readonly from: readonly (string | null)[];
  readonly duplicates: number;
  /** Answers that came after one to a later packet. */
  readonly reordered: number;
  /** The network said that the target cannot be reached. */
  readonly unreachable: boolean;
  /** Why this machine would not send a packet (ENETUNREACH: it has no way to the target), null where it sent them all. */
  readonly refusal: string | null;
  /** The target itself answered. */
  readonly arrived: boolean;
  /** Another address than was asked, from which answers came. */
  readonly answeredFrom: string | null;
  /** Time to live left in the last answer; -1 without one. */
  readonly hopLimit: number;
  /** Longest time an answer lay in the kernel before the prober read it, ms; it is not in the round-trip times. */
  readonly readDelayMs: number;
}

/** Prober to agent. */
export type ProberMessage =
  | {
      readonly type: 'ready';
      readonly families: readonly (4 | 6)[];
      /** With raw sockets; else with ping sockets, which trace no routes. */
      readonly privileged: boolean;
    }
  /** There is no way to send ICMP here, and will not be. */
  | { readonly type: 'unavailable'; readonly reason: string }
  | BurstMessage;
