/** Contract of a store: alarm events. */
import { alarmEventRows, alarmId, type AlarmEvent } from '@kaiku/protocol';
import { expect, it } from 'vitest';
import type { Store } from '../../api.ts';
import { T0, insert } from './rows.ts';

export function alarmsContract(open: () => Store): void {
  it('knows the alarms that stand, and their acknowledgement', async () => {
    const event = (rule: string, tsMs: number, kind: AlarmEvent['event'], token = 1): AlarmEvent => ({
      v: 1,
      alarm: String(alarmId('contract-alarms', rule, '')),
      tsMs,
      event: kind,
      entity: 'contract-alarms',
      rule,
      instance: '',
      severity: 'major',
      value: kind === 'raised' ? 93.5 : null,
      message: `${rule} ${kind}`,
      actor: kind === 'acknowledged' ? 'anna' : 'analyzer',
      token: kind === 'acknowledged' ? 0 : token,
    });
    const events = [
      event('stands', T0, 'raised'),
      event('cleared', T0, 'raised'),
      event('cleared', T0 + 1, 'cleared'),
      event('acked', T0, 'raised'),
      event('acked', T0 + 5, 'acknowledged'),
      event('acked', T0 + 6, 'changed'),
      event('unacked', T0, 'raised'),
      event('unacked', T0 + 5, 'acknowledged'),
      event('unacked', T0 + 6, 'unacknowledged'),
      event('again', T0, 'raised'),
      event('again', T0 + 1, 'acknowledged'),
      event('again', T0 + 2, 'cleared'),
      event('again', T0 + 3, 'raised'),
      event('at-once', T0, 'raised'),
      event('at-once', T0, 'cleared'),
    ];
    await insert(open(), [alarmEventRows(events)]);
    await insert(open(), [alarmEventRows([{ ...event('stands', T0, 'raised', 9), message: 'by the later lease' }])]);
    const active = (await open().read.activeAlarms()).filter((each) => each.entity === 'contract-alarms');
    const text = active.map((each) => `${each.rule} ${each.event} ${each.tsMs - T0}`).toSorted();
    expect(text).toEqual([
      'acked acknowledged 5',
      'acked changed 6',
      'again raised 3',
      'stands raised 0',
      'unacked raised 0',
    ]);
    const stands = active.find((each) => each.rule === 'stands');
    expect(stands).toEqual({ ...event('stands', T0, 'raised', 9), message: 'by the later lease' });
    expect(active.find((each) => each.event === 'changed')?.value).toBeNull();

    const range = { fromMs: T0, toMs: T0 + 6, entities: ['contract-alarms'] };
    const history = await open().read.alarmEvents({ ...range, limit: 3 });
    expect(history.map((each) => each.tsMs - T0)).toEqual([5, 5, 3]);
    expect(await open().read.alarmEvents({ ...range, entities: ['other'], limit: 3 })).toEqual([]);
  });
}
