/** Gathers what runs found and hands it over a few times a second: one message for many checks. */
import type { Found, FoundFact, FoundGauge } from './messages.ts';

const FLUSH_MS = 20;

export class Outbox {
  readonly #send: (found: Found) => void;
  #gauges: FoundGauge[] = [];
  #facts: FoundFact[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (found: Found) => void) {
    this.#send = send;
  }

  gauge(found: FoundGauge): void {
    this.#gauges.push(found);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  fact(found: FoundFact): void {
    this.#facts.push(found);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gauges.length === 0 && this.#facts.length === 0) return;
    const found = { gauges: this.#gauges, facts: this.#facts };
    this.#gauges = [];
    this.#facts = [];
    this.#send(found);
  }
}
