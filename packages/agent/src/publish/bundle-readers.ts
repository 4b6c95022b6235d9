/**
 * Do all who read the backlog lane read bundles? Every logger reads it, so one that does not know them decides. Fed with
 * the loggers' acknowledgements, each of which says so or not. Pure; time is passed in.
 */

/** A logger that acknowledged nothing for this long is away: when it comes back it asks for what it cannot read. */
const HEARD_MS = 24 * 3_600_000;
const MOST = 1000;

interface Heard {
  bundles: boolean;
  lastMs: number;
}

export interface BundleReaders {
  heard(logger: string, bundles: boolean, nowMs: number): void;
  /** @param known loggers that acknowledged something before this process began, too */
  all(known: ReadonlyMap<string, { readonly lastMs: number }>, nowMs: number): boolean;
}

export function createBundleReaders(): BundleReaders {
  const loggers = new Map<string, Heard>();
  return {
    heard: (logger, bundles, nowMs) => {
      if (loggers.size < MOST || loggers.has(logger)) loggers.set(logger, { bundles, lastMs: nowMs });
    },
    all: (known, nowMs) => {
      let some = false;
      for (const { bundles, lastMs } of loggers.values()) {
        if (nowMs - lastMs > HEARD_MS) continue;
        if (!bundles) return false;
        some = true;
      }
      for (const [logger, { lastMs }] of known) {
        if (nowMs - lastMs <= HEARD_MS && !loggers.has(logger)) return false;
      }
      return some;
    },
  };
}
