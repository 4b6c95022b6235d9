/**
 * Which version of batches each logger reads, as it said with its last acknowledgement; kept in `state.db`, table `meta`. Every
 * batch goes to all loggers, so what is sealed must be readable by the oldest of them.
 */
import { KNOWN_LOGGER_MS } from './retention.ts';

/** Before anybody said anything. */
const FIRST_VERSION = 1;
const PREFIX = 'reads/';

interface Meta {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
}

export class BatchReaders {
  readonly #meta: Meta;
  readonly #versions = new Map<string, number>();

  constructor(meta: Meta) {
    this.#meta = meta;
  }

  /** @throws what state.db throws */
  note(logger: string, version: number): void {
    if (this.#version(logger) === version) return;
    this.#versions.set(logger, version);
    this.#meta.set(PREFIX + logger, String(version));
  }

  /** The newest version that all loggers read which acknowledged anything lately. */
  newest(loggers: ReadonlyMap<string, { readonly lastMs: number }>, nowMs: number): number {
    let newest = Infinity;
    for (const [logger, { lastMs }] of loggers) {
      if (nowMs - lastMs < KNOWN_LOGGER_MS) newest = Math.min(newest, this.#version(logger));
    }
    return newest === Infinity ? FIRST_VERSION : newest;
  }

  #version(logger: string): number {
    let version = this.#versions.get(logger);
    if (version === undefined) {
      version = Number(this.#meta.get(PREFIX + logger) ?? FIRST_VERSION);
      this.#versions.set(logger, version);
    }
    return version;
  }
}
