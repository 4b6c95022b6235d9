/**
 * Active alarms as this server knows them, fed by live messages (at once) and by snapshots of the
 * store (every few seconds, which heals what a lost message left wrong). Pure state: no clock, no I/O.
 *
 * Invariants: an event older than what is known changes nothing; a cleared alarm is remembered for a
 * while so that a snapshot taken before does not bring it back; an alarm that snapshots have shown and
 * then miss several times in a row is over, one they have not shown yet is only young.
 */
import type { AlarmEvent, Severity } from '@kaiku/protocol';

interface Acknowledgement {
  readonly by: string;
  readonly atMs: number;
}

export interface Alarm {
  /** Decimal string of the 64-bit id. */
  readonly id: string;
  readonly entity: string;
  readonly rule: string;
  readonly instance: string;
  readonly severity: Severity;
  readonly message: string;
  readonly value: number | null;
  readonly raisedMs: number;
  /** Time of the analyzer's newest word. */
  readonly changedMs: number;
  readonly acknowledged: Acknowledgement | undefined;
  readonly cleared: boolean;
}

interface Entry {
  alarm: Alarm;
  token: number;
  /** A snapshot has shown it. */
  stored: boolean;
  /** Snapshots in a row that did not. */
  missing: number;
  heardMs: number;
}

const MISSING_LIMIT = 3;
const TOMBSTONE_MS = 15 * 60_000;
/** An acknowledgement the store does not show after this time was taken back. */
const UNACKNOWLEDGED_MS = 60_000;
/** A raised alarm no store has ever shown is given up after this: its analyzer cannot store it. */
const UNSTORED_MS = 30 * 60_000;

export interface AlarmBook {
  /** Takes one event; answers the alarm when it changed, else undefined. */
  apply(event: AlarmEvent, nowMs: number): Alarm | undefined;
  /** Takes what a store says is active; answers the alarms that changed. */
  reconcile(events: readonly AlarmEvent[], nowMs: number): readonly Alarm[];
  active(): readonly Alarm[];
  get(id: string): Alarm | undefined;
}

export function alarmBook(): AlarmBook {
  const entries = new Map<string, Entry>();

  const apply = (event: AlarmEvent, nowMs: number, fromStore: boolean): Alarm | undefined => {
    const entry = entries.get(event.alarm);
    if (event.event === 'comment') return undefined;
    if (event.event === 'acknowledged' || event.event === 'unacknowledged') {
      return entry === undefined ? undefined : acknowledge(entry, event);
    }
    if (entry !== undefined && isOlder(event, entry)) return undefined;
    if (entry === undefined && event.event === 'cleared') {
      // Remembered, for the message that raised it may still come, or come again from a snapshot.
      entries.set(event.alarm, newEntry(event, nowMs, fromStore));
      return undefined;
    }
    const before = entry?.alarm;
    const again = before === undefined || before.cleared;
    const next: Alarm = {
      ...detailsOf(event),
      raisedMs: again ? event.tsMs : before.raisedMs,
      acknowledged: again || event.event === 'cleared' ? undefined : before.acknowledged,
      cleared: event.event === 'cleared',
    };
    const stored = fromStore || (!again && (entry?.stored ?? false));
    entries.set(event.alarm, { alarm: next, token: event.token, stored, missing: 0, heardMs: nowMs });
    return next;
  };

  return {
    apply: (event, nowMs) => apply(event, nowMs, false),
    get: (id) => entries.get(id)?.alarm,
    active: () => [...entries.values()].map((entry) => entry.alarm).filter((alarm) => !alarm.cleared),
    reconcile: (events, nowMs) => {
      const changed = new Map<string, Alarm>();
      const seen = new Set<string>();
      const taken = new Set(events.filter((each) => each.event === 'acknowledged').map((each) => each.alarm));
      // State first, then acknowledgements: whatever order the store gives them in.
      const ordered = [...events].sort((a, b) => Number(isAct(a)) - Number(isAct(b)) || a.tsMs - b.tsMs);
      for (const event of ordered) {
        const alarm = apply(event, nowMs, true);
        if (alarm !== undefined) changed.set(alarm.id, alarm);
        if (!isAct(event)) seen.add(event.alarm);
      }
      for (const [id, entry] of entries) {
        if (seen.has(id)) {
          entry.stored = true;
          entry.missing = 0;
          const by = entry.alarm.acknowledged;
          if (by !== undefined && !taken.has(id) && nowMs - by.atMs > UNACKNOWLEDGED_MS) {
            entry.alarm = { ...entry.alarm, acknowledged: undefined };
            changed.set(id, entry.alarm);
          }
          continue;
        }
        if (entry.alarm.cleared) {
          if (nowMs - entry.heardMs > TOMBSTONE_MS) entries.delete(id);
          continue;
        }
        entry.missing += 1;
        const over = entry.stored ? entry.missing >= MISSING_LIMIT : nowMs - entry.heardMs > UNSTORED_MS;
        if (!over) continue;
        // Without a tombstone: should a later snapshot show it after all, it is back.
        entries.delete(id);
        changed.set(id, { ...entry.alarm, cleared: true, changedMs: nowMs });
      }
      return [...changed.values()];
    },
  };
}

function isAct(event: AlarmEvent): boolean {
  return event.event === 'acknowledged' || event.event === 'unacknowledged' || event.event === 'comment';
}

/** Of two events of one moment only a clearing one, or one under a later lease, says anything new. */
function isOlder(event: AlarmEvent, { alarm, token }: Entry): boolean {
  if (event.tsMs !== alarm.changedMs) return event.tsMs < alarm.changedMs;
  if (event.event === 'cleared' && !alarm.cleared) return false;
  return event.token <= token;
}

function newEntry(event: AlarmEvent, nowMs: number, stored: boolean): Entry {
  const alarm = {
    ...detailsOf(event),
    raisedMs: event.tsMs,
    acknowledged: undefined,
    cleared: event.event === 'cleared',
  };
  return { alarm, token: event.token, stored, missing: 0, heardMs: nowMs };
}

function detailsOf(event: AlarmEvent): Omit<Alarm, 'raisedMs' | 'acknowledged' | 'cleared'> {
  const { alarm, entity, rule, instance, severity, message, value, tsMs } = event;
  return { id: alarm, entity, rule, instance, severity, message, value, changedMs: tsMs };
}

function acknowledge(entry: Entry, event: AlarmEvent): Alarm | undefined {
  const { alarm } = entry;
  if (alarm.cleared || event.tsMs < alarm.raisedMs) return undefined;
  const taken = event.event === 'acknowledged';
  if (alarm.acknowledged === undefined ? !taken : taken || event.tsMs < alarm.acknowledged.atMs) return undefined;
  entry.alarm = { ...alarm, acknowledged: taken ? { by: event.actor, atMs: event.tsMs } : undefined };
  return entry.alarm;
}
