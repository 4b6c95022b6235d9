/** Options of the simulator process and their defaults. */
import type { Receiver } from './sim/voice/announcer.ts';

export interface SimulatorOptions {
  /** UDP port of every simulated device. Unprivileged, so anybody can run the demo. */
  readonly snmpPort?: number;
  /** host:port of the control interface. */
  readonly controlListen?: string;
  /**
   * When the demo began, ms since 1970: events lie around it. History and simulator must be given the
   * same; by default the beginning of this hour.
   */
  readonly anchorMs?: number;
  /** Where the agents listen, by name; devices speak to those that measure them. None: they keep silent. */
  readonly receivers?: ReadonlyMap<string, Receiver>;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
}

const HOUR_MS = 3_600_000;

export const SIMULATOR_DEFAULTS = { snmpPort: 16_100, controlListen: '127.0.0.1:16180', logLevel: 'info' } as const;

/** The default anchor: the beginning of the hour of `nowMs`. */
export function defaultAnchorMs(nowMs: number): number {
  return Math.floor(nowMs / HOUR_MS) * HOUR_MS;
}
