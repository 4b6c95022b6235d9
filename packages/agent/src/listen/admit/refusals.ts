/**
 * What was not taken, counted by source and reason until it is reported: nothing that was refused is silent. The table has
 * a fixed size; sources beyond it are counted together. Known devices always have a place of their own. Pure.
 */

export type Service = 'traps' | 'syslog';

/** Why something heard did not become an event. */
export const REFUSALS = [
  'sourceLimit',
  'strangersLimit',
  'totalLimit',
  'socketFull',
  'queueFull',
  'malformed',
  'tooLong',
  'notWanted',
  'community',
  'user',
  'securityLevel',
  'authentication',
  'timeWindow',
  'decryption',
  'connections',
  'unsealed',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** In words, for the event that sums them up. */
export const REFUSAL_WORDS: Readonly<Record<Refusal, string>> = {
  sourceLimit: 'above the limit of one source',
  strangersLimit: 'above the limit of all unknown sources',
  totalLimit: 'above the limit of all sources',
  socketFull: 'that the system had no room for',
  queueFull: 'while the queue was full',
  malformed: 'malformed',
  tooLong: 'too long',
  notWanted: 'neither trap nor inform',
  community: 'with an unknown community',
  user: 'of an unknown user',
  securityLevel: 'below the security level of their user',
  authentication: 'with a wrong digest',
  timeWindow: 'outside the time window',
  decryption: 'that could not be decrypted',
  connections: 'connections above the limit',
  unsealed: 'that could not be stored',
};

/** The source of refusals nobody has a place of his own for. */
export const OTHERS = 'others';

export interface RefusedSource {
  readonly service: Service;
  readonly source: string;
  readonly counts: Readonly<Partial<Record<Refusal, number>>>;
}

interface Entry extends RefusedSource {
  readonly counts: Partial<Record<Refusal, number>>;
}

const MOST_SOURCES = 200;

export class Refusals {
  readonly #bySource = new Map<
    string,
    { service: Service; source: string; counts: Partial<Record<Refusal, number>> }
  >();
  readonly #totals = new Map<string, number>();

  /** @param own the source is a known device, or otherwise worth a place of its own whatever happens */
  add(service: Service, source: string, reason: Refusal, own: boolean, by = 1): void {
    const total = `${service}/${reason}`;
    this.#totals.set(total, (this.#totals.get(total) ?? 0) + by);
    // Those who share a bucket are too many to be named.
    const named = own || (reason !== 'strangersLimit' && this.#bySource.size < MOST_SOURCES);
    const entry = this.#entry(service, source) ?? this.#open(service, named ? source : OTHERS);
    entry.counts[reason] = (entry.counts[reason] ?? 0) + by;
  }

  /** Since the beginning, `<service>/<reason>`. */
  totals(): ReadonlyMap<string, number> {
    return this.#totals;
  }

  /** What has come together since the last call. */
  take(): RefusedSource[] {
    const taken = [...this.#bySource.values()];
    this.#bySource.clear();
    return taken;
  }

  #entry(service: Service, source: string): Entry | undefined {
    return this.#bySource.get(`${service}/${source}`);
  }

  #open(service: Service, source: string): Entry {
    const known = this.#entry(service, source);
    if (known !== undefined) return known;
    const entry: Entry = { service, source, counts: {} };
    this.#bySource.set(`${service}/${source}`, entry);
    return entry;
  }
}
