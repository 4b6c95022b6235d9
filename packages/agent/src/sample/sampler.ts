/**
 * A kind of sampler as the agent's wiring sees it: it follows the plan, keeps slots, feeds the collector. Each kind
 * (SNMP, ICMP, application checks, paths, ...) has one; none knows of another.
 */
import type { AgentPlan } from '@kaiku/catalog';
import type { Part } from '@kaiku/core';

export interface Sampler {
  /** In the order of their start; stopped in the reverse one. */
  readonly parts: readonly Part[];
  /** Takes the plan over: what stays keeps its slots, its state and what is under way. */
  apply(plan: AgentPlan): void;
  /** Slots missed since the last call. */
  takeMissed(): number;
  /** Largest delay between a slot and its start since the last call, ms. */
  takeLatenessMs(): number;
  /** Puts figures into the metrics; called every few seconds. */
  report(): void;
  /** What hurts, for the health report; empty when nothing does. */
  note(): string;
}
