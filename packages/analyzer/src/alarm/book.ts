/**
 * The alarms of one partition under one lease: trackers by rule, device and instance, begun from what the store knows.
 * Fed by the evaluation with observations; its answers go to notify/. No clock, no I/O.
 */
import { alarmId, type AlarmEvent } from '@kaiku/protocol';
import { formatMessage, noDataMessage, ruleGoneMessage } from './message.ts';
import { AlarmTracker, silentAfterMs, type FeedContext, type Transition } from './tracker.ts';
import type { WatchedDevice, WatchedRule } from '../read/watch-plan.ts';
import type { Observations } from '../read/slots.ts';

export type ObservationContext = Omit<FeedContext, 'isKnown' | 'suppressed'> & {
  readonly isCutOff: (device: WatchedDevice, tsMs: number) => boolean;
};

/** An event to be told. Its message may still ask for {reason}. */
export interface BookedEvent {
  readonly event: AlarmEvent;
  readonly metric: string;
  /** Why the probe behind it failed (PROBE_STATUS); 0: it did not. */
  readonly failure: number;
}

interface Entry {
  readonly tracker: AlarmTracker;
  readonly entity: string;
  readonly rule: string;
  readonly instance: string;
  readonly severity: AlarmEvent['severity'];
}

const isState = (event: AlarmEvent['event']): boolean =>
  event === 'raised' || event === 'changed' || event === 'cleared';
const identity = (alarm: string, tsMs: number, event: string): string => `${alarm} ${tsMs} ${event}`;

export class AlarmBook {
  readonly #token: number;
  readonly #entries = new Map<string, Entry>();
  readonly #known = new Set<string>();

  /**
   * @param active newest state-changing events of alarms not cleared, of this partition's devices
   * @param recent events of the time that will be gone through again, so that none is told twice
   */
  constructor(token: number, active: readonly AlarmEvent[], recent: readonly AlarmEvent[]) {
    this.#token = token;
    for (const event of [...recent, ...active]) this.#known.add(identity(event.alarm, event.tsMs, event.event));
    for (const { alarm, entity, rule, instance, severity, event, tsMs } of active) {
      if (!isState(event) || event === 'cleared') continue;
      this.#entries.set(alarm, { tracker: new AlarmTracker({ tsMs }), entity, rule, instance, severity });
    }
  }

  get activeCount(): number {
    let count = 0;
    for (const { tracker } of this.#entries.values()) if (tracker.isActive) count += 1;
    return count;
  }

  observe(
    device: WatchedDevice,
    watched: WatchedRule,
    instance: string,
    observations: Observations | undefined,
    context: ObservationContext,
  ): { readonly events: readonly BookedEvent[]; readonly waiting: boolean } {
    const { rule } = watched;
    const alarm = String(alarmId(device.id, rule.id, instance));
    let entry = this.#entries.get(alarm);
    if (entry === undefined) {
      const { id, severity } = rule;
      entry = { tracker: new AlarmTracker(), entity: device.id, rule: id, instance, severity };
      this.#entries.set(alarm, entry);
    }
    const { events, waiting } = entry.tracker.feed(watched, observations, {
      nowMs: context.nowMs,
      expectedAgents: context.expectedAgents,
      watermarkMs: context.watermarkMs,
      listenedMs: context.listenedMs,
      suppressed: (tsMs) => context.isCutOff(device, tsMs),
      isKnown: (event) => this.#known.has(identity(alarm, event.tsMs, event.event)),
    });
    return { events: events.map((event) => this.#describe(alarm, device, watched, instance, event)), waiting };
  }

  #describe(
    alarm: string,
    device: WatchedDevice,
    watched: WatchedRule,
    instance: string,
    { event, tsMs, value, silent, failure }: Transition,
  ): BookedEvent {
    this.#known.add(identity(alarm, tsMs, event));
    const { rule, unit, silentMessage } = watched;
    const parts = { nick: device.nick, instance, value, unit };
    const silence =
      silentMessage === undefined ? noDataMessage(parts, rule.metric, silentAfterMs(watched)) : silentMessage;
    const message = formatMessage(silent ? silence : rule.message, parts);
    return {
      metric: rule.metric,
      failure,
      event: {
        v: 1,
        alarm,
        tsMs,
        event,
        entity: device.id,
        rule: rule.id,
        instance,
        severity: rule.severity,
        value: Number.isFinite(value) ? value : null,
        message,
        actor: 'analyzer',
        token: this.#token,
      },
    };
  }

  /** Clears active alarms that no rule stands behind any more. */
  dropUnwatched(isWatched: (entity: string, rule: string, instance: string) => boolean, nowMs: number): AlarmEvent[] {
    const out: AlarmEvent[] = [];
    for (const [alarm, { tracker, entity, rule, instance, severity }] of this.#entries) {
      if (isWatched(entity, rule, instance)) continue;
      this.#entries.delete(alarm);
      if (!tracker.isActive) continue;
      out.push({
        v: 1,
        alarm,
        tsMs: nowMs,
        event: 'cleared',
        entity,
        rule,
        instance,
        severity,
        value: null,
        message: ruleGoneMessage(entity),
        actor: 'analyzer',
        token: this.#token,
      });
    }
    return out;
  }
}
