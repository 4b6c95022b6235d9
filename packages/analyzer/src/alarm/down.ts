/**
 * Which devices are known to be down, by anybody's alarms: the reason why alarms of what is reached through them
 * wait. Fed by own and other analyzers' alarm events. No clock, no I/O.
 *
 * A device is down while each of its proofs of availability (`WatchedDevice.proofs`) has an active alarm. A proof may
 * have several, one for each check that decides: while one of them is active, the proof fails.
 */
import type { AlarmEvent } from '@kaiku/protocol';
import { provesDown, type WatchedDevice } from '../read/watch-plan.ts';

interface AlarmState {
  /** The proof it says to fail. */
  readonly proof: string;
  readonly active: boolean;
  readonly tsMs: number;
}

interface Known {
  /** Proofs that must all fail. */
  readonly proofs: number;
  readonly alarms: Map<string, AlarmState>;
}

const MAX_DEPTH = 16;

export class DownDevices {
  readonly #known = new Map<string, Known>();

  /** @param device what the event is about, as it is watched now; undefined: it is watched no more */
  note(
    device: WatchedDevice | undefined,
    event: Pick<AlarmEvent, 'entity' | 'rule' | 'instance' | 'event' | 'tsMs'>,
  ): void {
    const { entity, rule, instance, tsMs } = event;
    if (event.event !== 'raised' && event.event !== 'changed' && event.event !== 'cleared') return;
    const known = this.#known.get(entity);
    const alarm = `${rule}\u001f${instance}`;
    const before = known?.alarms.get(alarm);
    // What has ended counts as ended even if the catalog knows it no more.
    const proof = provesDown(device, rule, instance) ?? (event.event === 'cleared' ? before?.proof : undefined);
    if (proof === undefined || (before?.tsMs ?? -Infinity) > tsMs) return;
    const alarms = known?.alarms ?? new Map<string, AlarmState>();
    alarms.set(alarm, { proof, active: event.event !== 'cleared', tsMs });
    this.#known.set(entity, { proofs: Math.max(device?.proofs.length ?? known?.proofs ?? 1, 1), alarms });
  }

  /**
   * Is a device cut off: all it is reached through down, or cut off themselves? A parent that came back after the
   * device's observation at `tsMs` still counts: only a newer look at the device tells whether it has a fault of its own.
   */
  isCutOff(
    parents: readonly string[],
    tsMs: number,
    parentsOf: (entity: string) => readonly string[],
    depth = 0,
  ): boolean {
    if (parents.length === 0 || depth > MAX_DEPTH) return false;
    return parents.every(
      (parent) => this.#isDown(parent, tsMs) || this.isCutOff(parentsOf(parent), tsMs, parentsOf, depth + 1),
    );
  }

  #isDown(entity: string, tsMs: number): boolean {
    const known = this.#known.get(entity);
    if (known === undefined) return false;
    const failing = new Set<string>();
    for (const { proof, active, tsMs: sinceMs } of known.alarms.values()) {
      if (active || sinceMs >= tsMs) failing.add(proof);
    }
    return failing.size >= known.proofs;
  }
}
