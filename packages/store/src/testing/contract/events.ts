/** Contract of a store: events of devices and agents. */
import { agentId, eventRows, type EventRecord } from '@kaiku/protocol';
import { expect, it } from 'vitest';
import type { Store } from '../../api.ts';
import { T0, insert } from './rows.ts';

export function eventsContract(open: () => Store): void {
  const event = (at: number, more: Partial<EventRecord>): EventRecord => ({
    tsMs: T0 + at,
    entity: 'contract-events',
    source: '192.0.2.7',
    kind: 'trap',
    name: 'linkDown',
    severity: 4,
    message: "linkDown ifIndex=3 ifDescr=Gi0/3 100 % 'quoted' ääni",
    fields: { ifIndex: '3', 'odd "name"': 'a\nb' },
    raw: Uint8Array.of(0x30, 0x00, 0xff),
    ...more,
  });

  it('keeps events whole, shows each once, newest first, and finds them', async () => {
    const events = [event(0, {}), event(5, { kind: 'syslog', name: 'sshd', severity: 6, message: 'Accepted' })];
    const rows = eventRows('agent-1', events, [7n, 2n ** 64n - 1n]);
    await insert(open(), [rows]);
    await insert(open(), [rows]);
    await insert(open(), [eventRows('agent-2', [event(0, { entity: '' })], [7n])]);
    const range = { fromMs: T0, toMs: T0 + 10, limit: 10 };
    const of = (filter: object) => open().read.events({ ...range, entities: ['contract-events'], ...filter });

    const found = await of({});
    expect(found.map(({ name }) => name)).toEqual(['sshd', 'linkDown']);
    const { raw: _, ...sent } = event(0, {});
    expect(found[1]).toEqual({ ...sent, id: 7n, agent: agentId('agent-1'), rawBase64: 'MAD/' });

    expect(await of({ toMs: T0 + 5 })).toHaveLength(1);
    expect(await of({ kinds: ['syslog'] })).toHaveLength(1);
    expect(await of({ names: ['linkDown'] })).toHaveLength(1);
    expect(await of({ severity: 4 })).toHaveLength(1);
    expect(await of({ text: "GI0/3 100 % 'QUOTED' ÄÄNI" })).toHaveLength(1);
    expect(await of({ limit: 1 })).toHaveLength(1);
    expect(await open().read.events({ ...range, entities: [''] })).toHaveLength(1);
  });
}
