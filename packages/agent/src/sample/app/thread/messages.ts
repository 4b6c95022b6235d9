/** What the agent and the thread of application checks say to each other. Structured clones: data only. */
import type { AppCheckPlan } from '@kaiku/catalog';

export interface CheckedTarget {
  readonly entity: string;
  readonly checks: readonly AppCheckPlan[];
}

export interface ThreadSettings {
  /** Checks under way at once. */
  readonly inFlight: number;
}

export type ToThread =
  | { readonly type: 'targets'; readonly targets: readonly CheckedTarget[] }
  /** Ends what is under way and says `stopped`. */
  | { readonly type: 'stop' };

export interface FoundGauge {
  readonly entity: string;
  readonly metric: string;
  readonly instance: string;
  readonly slotMs: number;
  readonly value: number;
  readonly status: number;
}

export interface FoundFact {
  readonly entity: string;
  readonly name: string;
  readonly instance: string;
  readonly slotMs: number;
  readonly value: string;
}

/** What runs found since the last message. */
export interface Found {
  readonly gauges: readonly FoundGauge[];
  readonly facts: readonly FoundFact[];
}

export interface Figures {
  readonly running: number;
  /** Since the last message. */
  readonly missed: number;
  readonly latenessMs: number;
}

export type FromThread =
  | { readonly type: 'found'; readonly found: Found }
  | { readonly type: 'figures'; readonly figures: Figures }
  | { readonly type: 'said'; readonly level: 'warn' | 'error'; readonly fields: unknown; readonly text: string }
  | { readonly type: 'stopped' };
