/**
 * What people do to alarms. An act is an AlarmEvent: first stored through the pipeline like every
 * other result, then told live, then shown. What could not be stored was not done, and is said so.
 */
import type { User } from '@kaiku/catalog';
import type { AlarmEvent } from '@kaiku/protocol';
import { UnavailableError } from '../errors.ts';
import type { Alarm, AlarmBook } from '../live/alarm-book.ts';
import { within } from '../query/deadline.ts';

const STORE_MS = 5000;

/** The way out, while there is one. */
export interface ActChannel {
  /** Resolves when the broker's stream has the events. */
  store(events: readonly AlarmEvent[]): Promise<void>;
  /** Tells the other web servers at once. */
  tell(event: AlarmEvent): void;
}

export interface Acts {
  /**
   * Acknowledges alarms, or takes that back. Alarms that are already so are left alone.
   * @returns how many changed
   * @throws UnavailableError when it could not be stored
   */
  acknowledge(alarms: readonly Alarm[], taken: boolean, user: User): Promise<number>;
}

export interface ActsOptions {
  readonly book: AlarmBook;
  readonly channel: () => ActChannel | undefined;
  readonly onAlarm: (alarm: Alarm) => void;
  readonly now: () => number;
}

export function createActs({ book, channel, onAlarm, now }: ActsOptions): Acts {
  return {
    acknowledge: async (alarms, taken, user) => {
      const wanted = alarms.filter((alarm) => !alarm.cleared && (alarm.acknowledged !== undefined) !== taken);
      if (wanted.length === 0) return 0;
      const out = channel();
      if (out === undefined) throw away();
      const nowMs = now();
      const events = wanted.map((alarm) => actOf(alarm, taken, user.name, nowMs));
      try {
        await within(out.store(events), STORE_MS, 'storing the acknowledgement');
      } catch (error) {
        throw away(error);
      }
      for (const event of events) {
        out.tell(event);
        const changed = book.apply(event, nowMs);
        if (changed !== undefined) onAlarm(changed);
      }
      return events.length;
    },
  };
}

function away(cause?: unknown): UnavailableError {
  return new UnavailableError('the acknowledgement could not be stored, so nothing was changed', {
    hint: 'the broker is away; try again when the page shows Live',
    ...(cause === undefined ? {} : { cause }),
  });
}

function actOf(alarm: Alarm, taken: boolean, actor: string, nowMs: number): AlarmEvent {
  return {
    v: 1,
    alarm: alarm.id,
    // Never before the alarm itself, whatever this machine's clock says.
    tsMs: Math.max(nowMs, alarm.raisedMs),
    event: taken ? 'acknowledged' : 'unacknowledged',
    entity: alarm.entity,
    rule: alarm.rule,
    instance: alarm.instance,
    severity: alarm.severity,
    value: alarm.value,
    message: alarm.message,
    actor,
    token: 0,
  };
}
