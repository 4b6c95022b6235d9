/** What the agent and its prober process say to each other. Both are ours and of one version. */

/** Agent to prober: send a burst. */
export interface BurstRequest {
  readonly burst: number;
  /** IPv4 address. */
  readonly address: string;
  readonly packets: number;
  readonly spacingMs: number;
  readonly timeoutMs: number;
}

/** Prober to agent. */
export type ProberMessage =
  | { readonly type: 'ready' }
  /** No raw socket can be had: no capability. */
  | { readonly type: 'unavailable'; readonly reason: string }
  /** `rtts`: ms in the order sent, null for a lost packet (JSON has no NaN). */
  | { readonly type: 'burst'; readonly burst: number; readonly rtts: (number | null)[]; readonly unreachable: boolean };
