/** From an alarm to what browsers hear of it: the same row as on the pages, rendered once for each scope. */
import type { Directory, Scope } from '../query/directory.ts';
import { rank } from '../query/level.ts';
import { alarmRow } from '../views/alarm-row.ts';
import { renderNow } from '../views/html.ts';
import type { Alarm, AlarmBook } from './alarm-book.ts';
import type { AlarmMessage, LiveOptions } from './hub.ts';

export interface AlarmMessageOptions {
  readonly directory: () => Directory;
  readonly book: AlarmBook;
  readonly timeZone: string;
  readonly now: () => number;
}

export function alarmMessages({ directory, book, timeZone, now }: AlarmMessageOptions): LiveOptions['message'] {
  let last: Alarm | undefined;
  let ofScope = new Map<string, AlarmMessage>();
  return (alarm, scope) => {
    if (alarm !== last) ofScope = new Map();
    last = alarm;
    const known = ofScope.get(scope.key);
    if (known !== undefined) return known;
    const device = directory().devices.get(alarm.entity);
    const message: AlarmMessage = {
      id: alarm.id,
      entity: alarm.entity,
      severity: alarm.severity,
      rank: rank(alarm.severity),
      raisedMs: alarm.raisedMs,
      acknowledged: alarm.acknowledged !== undefined,
      cleared: alarm.cleared,
      html: renderNow(alarmRow(alarm, { nowMs: now(), timeZone, device })),
      counts: countsOf(book, scope),
    };
    ofScope.set(scope.key, message);
    return message;
  };
}

/** Unacknowledged alarms a scope sees, by severity and together. */
function countsOf(book: AlarmBook, scope: Scope): Readonly<Record<string, number>> {
  const counts = { critical: 0, major: 0, minor: 0, unacknowledged: 0 };
  for (const alarm of book.active()) {
    if (alarm.acknowledged !== undefined || !scope.sees(alarm.entity)) continue;
    counts[alarm.severity] += 1;
    counts.unacknowledged += 1;
  }
  return counts;
}
