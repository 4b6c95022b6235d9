/** What devices were made of, from a real store. */
import { factRows, openBatch, sealBatch, type FactRecord } from '@kaiku/protocol';
import { openStore, type Store } from '@kaiku/store';
import { startStore, type StoreServer } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readInventory } from './read.ts';

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 9, 1, 6);

/** A fact as told on the days given. */
const told = (instance: string, value: string, ...days: readonly number[]): FactRecord[] =>
  days.map((day) => ({ entity: 'sw-1', name: 'entPhysicalSerialNum', instance, tsMs: T0 + day * DAY_MS, value }));

describe('a device’s inventory', () => {
  let server: StoreServer;
  let store: Store;
  beforeAll(async () => {
    server = await startStore();
    store = openStore({ name: 'store-1', url: server.url, user: 'kaiku', password: '', database: 'kaiku' });
    await store.migrate();
    const facts = [
      ...told('Chassis', 'A', 0, 1, 2),
      ...told('Chassis', 'B', 3, 4, 9),
      ...told('Card 2', 'C', 0, 1, 2, 3),
      // The same fact of another device that fell silent as a whole.
      ...told('Chassis', 'Z', 0, 1).map((fact) => Object.assign({ ...fact }, { entity: 'sw-2' })),
    ];
    const clock = { offsetMs: null, monotonicMs: 0 };
    const head = { agent: 'agent-1', epoch: 1, seq: 1, firstMs: T0, lastMs: T0, sealedMs: T0, missedSlots: 0, clock };
    const opened = openBatch(sealBatch(head, [factRows(facts)], 2).bytes);
    if (!opened.ok) throw new Error(opened.reason);
    for (const { table, frame, encoding } of opened.blocks) await store.insertFrames(table, [frame], encoding);
  });
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  });

  test('is what is told still: an exchanged chassis is the new one, a card that was pulled is past', async () => {
    const spans = await readInventory(store, { devices: [], all: false });
    const day = (ms: number): number => (ms - T0) / DAY_MS;
    expect(
      spans.map(({ device, instance, value, ...span }) => [
        device,
        instance,
        value,
        day(span.sinceMs),
        day(span.lastMs),
        span.before,
        span.now,
      ]),
    ).toEqual([
      ['sw-1', 'Card 2', 'C', 0, 3, undefined, false],
      ['sw-1', 'Chassis', 'A', 0, 3, undefined, false],
      ['sw-1', 'Chassis', 'B', 3, 9, 'A', true],
      ['sw-2', 'Chassis', 'Z', 0, 1, undefined, true],
    ]);
  });
});
