/** Contract of a store: events of devices and agents. */
import { agentId, eventRows, type EventRecord } from '@kaiku/protocol';
import { expect, it } from 'vitest';
import type { EventRow, Store } from '../../api.ts';
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
    expect(await of({ text: 'no such words', namesOfText: ['linkDown', 'x'] })).toHaveLength(1);
    expect(await of({ limit: 1 })).toHaveLength(1);
    expect(await open().read.events({ ...range, entities: [''] })).toHaveLength(1);
  });

  it('answers page by page, each event once, whatever comes meanwhile', async () => {
    const paged = (agent: string, ats: readonly number[], first: bigint) =>
      insert(open(), [
        eventRows(
          agent,
          ats.map((at) => event(at, { entity: 'contract-pages' })),
          ats.map((_, index) => first + BigInt(index)),
        ),
      ]);
    // Many at one moment, of two agents.
    await paged('agent-1', [0, 5, 5, 5, 5, 9], 2n ** 63n);
    await paged('agent-2', [5, 5, 7], 1n);
    const range = { fromMs: T0, toMs: T0 + 60_000, entities: ['contract-pages'] };
    const all = await open().read.events({ ...range, limit: 100 });
    expect(all).toHaveLength(9);
    const seen = [...(await open().read.events({ ...range, limit: 2 }))];
    await paged('agent-1', [30, 31], 1n);
    for (let page: readonly EventRow[] = seen; page.length > 0; seen.push(...page)) {
      const before = seen.at(-1) as EventRow;
      page = await open().read.events({ ...range, limit: 2, before });
    }
    expect(seen).toEqual(all);
  });
}
