import type { AlarmEvent } from '@kaiku/protocol';
import { describe, expect, it } from 'vitest';
import { fixtureEvent } from '../dev/fixture-store.ts';
import { alarmBook } from './alarm-book.ts';

const T = 1_750_000_000_000;
const event = (kind: AlarmEvent['event'], tsMs: number, more: Partial<AlarmEvent> = {}): AlarmEvent => ({
  ...fixtureEvent({ entity: 'sw-1', rule: 'down', severity: 'critical', message: 'down', tsMs, event: kind }),
  ...more,
});
const idOf = event('raised', T).alarm;

describe('alarm book', () => {
  it('takes an alarm through its life by live messages', () => {
    const book = alarmBook();
    expect(book.apply(event('raised', T), T)?.cleared).toBe(false);
    expect(book.apply(event('acknowledged', T + 5, { actor: 'noc' }), T)?.acknowledged).toEqual({
      by: 'noc',
      atMs: T + 5,
    });
    expect(book.apply(event('changed', T + 9, { severity: 'major' }), T)).toMatchObject({
      severity: 'major',
      raisedMs: T,
      acknowledged: { by: 'noc' },
    });
    expect(book.apply(event('cleared', T + 20), T)).toMatchObject({ cleared: true, acknowledged: undefined });
    expect(book.active()).toEqual([]);
    expect(book.apply(event('raised', T + 30), T)).toMatchObject({ raisedMs: T + 30, acknowledged: undefined });
  });

  it('says nothing about repeated, old and unknown events', () => {
    const book = alarmBook();
    book.apply(event('raised', T), T);
    expect(book.apply(event('raised', T), T)).toBeUndefined();
    expect(book.apply(event('cleared', T - 1), T)).toBeUndefined();
    expect(book.apply(event('comment', T + 1), T)).toBeUndefined();
    expect(book.apply(event('acknowledged', T - 1), T)).toBeUndefined();
    expect(book.apply(event('unacknowledged', T + 1), T)).toBeUndefined();
    expect(alarmBook().apply(event('acknowledged', T), T)).toBeUndefined();
  });

  it('does not let a snapshot from before bring a cleared alarm back', () => {
    const book = alarmBook();
    book.apply(event('raised', T), T);
    book.apply(event('cleared', T + 10), T + 10);
    expect(book.reconcile([event('raised', T)], T + 11)).toEqual([]);
    expect(book.active()).toEqual([]);
  });

  it('remembers a clearing whose raising it never heard', () => {
    const book = alarmBook();
    expect(book.apply(event('cleared', T + 10), T)).toBeUndefined();
    expect(book.reconcile([event('raised', T)], T)).toEqual([]);
  });

  it('heals a lost message from the store, acknowledgement included, in any order', () => {
    const book = alarmBook();
    const changed = book.reconcile([event('acknowledged', T + 7, { actor: 'noc' }), event('raised', T)], T + 60);
    expect(changed.map((alarm) => alarm.acknowledged?.by)).toEqual(['noc']);
  });

  it('drops an alarm only after several snapshots without it, and takes it back should it return', () => {
    const book = alarmBook();
    book.reconcile([event('raised', T)], T);
    expect(book.reconcile([], T + 5000)).toEqual([]);
    expect(book.reconcile([], T + 10_000)).toEqual([]);
    expect(book.reconcile([], T + 15_000)).toMatchObject([{ id: idOf, cleared: true }]);
    expect(book.active()).toEqual([]);
    expect(book.reconcile([event('raised', T)], T + 20_000)).toMatchObject([{ id: idOf, cleared: false }]);
  });

  it('keeps an alarm the stores do not show yet', () => {
    const book = alarmBook();
    book.apply(event('raised', T), T);
    for (let turn = 1; turn < 20; turn += 1) book.reconcile([], T + turn * 5000);
    expect(book.active()).toHaveLength(1);
  });

  it('forgets an acknowledgement that was taken back elsewhere', () => {
    const book = alarmBook();
    book.reconcile([event('raised', T)], T);
    book.apply(event('acknowledged', T + 5), T + 5);
    expect(book.reconcile([event('raised', T)], T + 10_000)).toEqual([]);
    expect(book.reconcile([event('raised', T)], T + 100_000)).toMatchObject([{ acknowledged: undefined }]);
  });
});
