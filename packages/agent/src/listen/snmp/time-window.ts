/**
 * Is a message of another engine fresh? RFC 3414 section 3.2 step 7: for traps the sender keeps the time, so each engine's
 * boots and time are remembered from its last proven message. Pure: `nowS` is monotonic seconds.
 *
 * The first proven message of an engine is believed. Only proven ones come here, so nobody without a password can fill the table.
 */

export interface EngineTime {
  readonly boots: number;
  /** Seconds since the last of them. */
  readonly time: number;
}

const WINDOW_S = 150;
const MOST_ENGINES = 4096;

interface Known {
  boots: number;
  /** Engine time minus our monotonic time, s. */
  ahead: number;
  latestS: number;
}

export class TimeWindows {
  readonly #engines = new Map<string, Known>();

  isFresh(engineId: string, { boots, time }: EngineTime, nowS: number): boolean {
    const known = this.#engines.get(engineId);
    if (known === undefined) {
      this.#remember(engineId, { boots, ahead: time - nowS, latestS: time });
      return true;
    }
    if (boots > known.boots) this.#remember(engineId, { boots, ahead: time - nowS, latestS: time });
    else if (boots === known.boots && time > known.latestS) {
      known.ahead = time - nowS;
      known.latestS = time;
    }
    return boots === known.boots ? time >= known.ahead + nowS - WINDOW_S : boots > known.boots;
  }

  #remember(engineId: string, entry: Known): void {
    this.#engines.delete(engineId);
    this.#engines.set(engineId, entry);
    if (this.#engines.size <= MOST_ENGINES) return;
    const [oldest] = this.#engines.keys();
    if (oldest !== undefined) this.#engines.delete(oldest);
  }
}

/** The same where this engine keeps the time: informs (step 7a). */
export function isInOwnWindow(own: EngineTime, message: EngineTime): boolean {
  return message.boots === own.boots && Math.abs(message.time - own.time) <= WINDOW_S;
}
