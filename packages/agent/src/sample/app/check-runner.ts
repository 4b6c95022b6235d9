/** Runs one check of one device at its slot and writes down what it found. Never throws. */
import type { AppCheckPlan } from '@kaiku/catalog';
import { PROBE_STATUS } from '@kaiku/protocol';
import type { Collector, SeriesRef } from '../collector.ts';
import { CheckContext } from './check-context.ts';
import { runKind } from './kinds.ts';
import { oneLine, redact } from './text/redact.ts';

export class CheckRunner {
  readonly #entity: string;
  readonly #check: AppCheckPlan;
  readonly #collector: Collector;
  readonly #series = new Map<string, SeriesRef>();

  constructor(entity: string, check: AppCheckPlan, collector: Collector) {
    this.#entity = entity;
    this.#check = check;
    this.#collector = collector;
  }

  async run(slotMs: number): Promise<void> {
    const check = this.#check;
    const context = new CheckContext(check.timeoutMs, check.secrets);
    const startedMs = performance.now();
    const failure = await context.run((own) => runKind(own, check));
    const tookMs = performance.now() - startedMs - context.waitedMs;

    const put = (metric: string, part: string, value: number, status: number): void =>
      this.#collector.gauge(this.#named(metric, part), slotMs, value, status);
    for (const { metric, part, value, status } of context.findings.values) put(metric, part, value, status);
    if (failure === undefined) put('appTime', '', tookMs, PROBE_STATUS.ok);
    else put('appTime', '', Number.NaN, PROBE_STATUS[failure.status]);

    const clean = (text: string): string => oneLine(redact(text, context.concealed));
    for (const [name, value] of context.findings.facts) this.#fact(name, slotMs, clean(value));
    this.#fact('checkReason', slotMs, failure === undefined ? '' : clean(failure.message));
  }

  /** The check is no more: what it complained of stands no longer. */
  end(): void {
    this.#fact('checkReason', Date.now(), '');
  }

  #fact(name: string, slotMs: number, value: string): void {
    this.#collector.fact(this.#entity, name, this.#check.id, slotMs, value);
  }

  #named(metric: string, part: string): SeriesRef {
    const key = `${metric} ${part}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const instance = part === '' ? this.#check.id : `${this.#check.id}/${part}`;
    const made = this.#collector.series({ entity: this.#entity, metric, instance }, 'gauge');
    this.#series.set(key, made);
    return made;
  }
}
