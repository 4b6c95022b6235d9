/** Runs one check of one device at its slot and writes down what it found. Never throws. */
import type { AppCheckPlan } from '@kaiku/catalog';
import { PROBE_STATUS } from '@kaiku/protocol';
import { CheckContext } from './check-context.ts';
import { kindOf } from './kinds.ts';
import { FactPace } from './text/fact-pace.ts';
import { oneLine, redact } from './text/redact.ts';
import type { FoundFact, FoundGauge } from './thread/messages.ts';

/** Where it is written. */
export interface CheckSink {
  gauge(found: FoundGauge): void;
  fact(found: FoundFact): void;
}

/** A run is over this long before the next slot at the latest, or a check that always times out would drift into it. */
const BEFORE_NEXT_MS = 50;
const LEAST_MS = 50;

export class CheckRunner {
  readonly #entity: string;
  readonly #check: AppCheckPlan;
  readonly #sink: CheckSink;
  readonly #pace = new FactPace();
  #ended = false;

  constructor(entity: string, check: AppCheckPlan, sink: CheckSink) {
    this.#entity = entity;
    this.#check = check;
    this.#sink = sink;
  }

  async run(slotMs: number): Promise<void> {
    const check = this.#check;
    const ask = await kindOf(check);
    const leftMs = slotMs + check.everyMs - Date.now() - BEFORE_NEXT_MS;
    const context = new CheckContext(Math.max(Math.min(check.timeoutMs, leftMs), LEAST_MS), check.secrets);
    const startedMs = performance.now();
    const failure = await context.run(ask);
    const tookMs = performance.now() - startedMs - context.waitedMs;
    // What became of a question that is not asked any more says nothing.
    if (this.#ended) return;

    const put = (metric: string, part: string, value: number, status: number): void => {
      const instance = part === '' ? check.id : `${check.id}/${part}`;
      this.#sink.gauge({ entity: this.#entity, metric, instance, slotMs, value, status });
    };
    for (const { metric, part, value, status } of context.findings.values) put(metric, part, value, status);
    if (failure === undefined) put('appTime', '', tookMs, PROBE_STATUS.ok);
    else put('appTime', '', Number.NaN, PROBE_STATUS[failure.status]);

    const clean = (text: string): string => oneLine(redact(text, context.concealed));
    for (const [name, value] of context.findings.facts) this.#fact(name, slotMs, clean(value));
    this.#fact('checkReason', slotMs, failure === undefined ? '' : clean(failure.message));
  }

  /** It is asked otherwise from now on: what a run under way finds is of the old question. */
  retire(): void {
    this.#ended = true;
  }

  /** The check is no more: what it complained of stands no longer. */
  end(): void {
    this.retire();
    this.#fact('checkReason', Date.now(), '');
  }

  #fact(name: string, slotMs: number, value: string): void {
    if (!this.#pace.takes(name, value, slotMs)) return;
    this.#sink.fact({ entity: this.#entity, name, instance: this.#check.id, slotMs, value });
  }
}
