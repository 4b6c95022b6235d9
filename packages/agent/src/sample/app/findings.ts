/**
 * What a check finds out, in the words its kinds speak: values, facts and why it failed. Kinds fill it while they run,
 * so what was measured before a failure or the end of time is kept; the runner writes it down.
 */
import { PROBE_STATUS } from '@kaiku/protocol';
import type { ProbeStatus } from '@kaiku/protocol';

/** Why a check fails, in a few words for people, and as the status its row gets. */
export class CheckFailure extends Error {
  readonly status: ProbeStatus;

  constructor(status: ProbeStatus, reason: string, cause?: unknown) {
    super(reason, { cause });
    this.status = status;
  }
}

export interface FoundValue {
  readonly metric: string;
  /** Appended to the check's id: `<check>/<part>`; empty: the check itself. */
  readonly part: string;
  readonly value: number;
  readonly status: number;
}

export class Findings {
  readonly #values = new Map<string, FoundValue>();
  readonly #facts = new Map<string, string>();

  /** A value of the dictionary's unit; said again it replaces. */
  set(metric: string, value: number, part = ''): void {
    this.#values.set(`${metric} ${part}`, { metric, part, value, status: PROBE_STATUS.ok });
  }

  /** A part that failed, as a step does. */
  fail(metric: string, status: ProbeStatus, part: string): void {
    this.#values.set(`${metric} ${part}`, { metric, part, value: Number.NaN, status: PROBE_STATUS[status] });
  }

  /** Forgets values of a try that was not the last one. */
  drop(...metrics: readonly string[]): void {
    for (const metric of metrics) this.#values.delete(`${metric} `);
  }

  fact(name: string, value: string): void {
    this.#facts.set(name, value);
  }

  get values(): IterableIterator<FoundValue> {
    return this.#values.values();
  }

  get facts(): ReadonlyMap<string, string> {
    return this.#facts;
  }
}
