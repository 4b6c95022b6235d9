/** A change of what a device is made of is one event, over a restart too. */
import { join } from 'node:path';
import { createLog } from '@kaiku/core';
import type { EventRecord } from '@kaiku/protocol';
import { tempDir, type TempDir } from '@kaiku/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Collector } from '../sample/collector.ts';
import { createInventoryWatch, type InventoryWatch } from './inventory-watch.ts';

const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const T0 = Date.UTC(2026, 10, 1);

let folder: TempDir;
let events: EventRecord[];
beforeEach(async () => {
  folder = await tempDir('inventory');
  events = [];
});
afterEach(() => folder.remove());

/** A life of the agent; what it is told of `tell` is sealed unless `safe` is false. */
function life(): { readonly tell: (value: string, fact?: string) => void; readonly watch: InventoryWatch } {
  const collector = new Collector('agent-1');
  const source = {
    facts: () => collector.facts(),
    event: (record: EventRecord, sealed?: (safe: boolean) => void): void => {
      events.push(record);
      sealed?.(true);
    },
    set onFact(hear: Collector['onFact']) {
      collector.onFact = hear;
    },
  };
  const watch = createInventoryWatch({ file: join(folder.path, 'inventory.json'), source, log });
  return {
    watch,
    tell: (value, fact = 'entPhysicalSerialNum') => collector.fact('sw-1', fact, 'Chassis', T0 + events.length, value),
  };
}
const said = (): string[] => events.map(({ message }) => message);

describe('an inventory change', () => {
  test('is an event with old and new; the first sight, a repetition and another kind of fact are none', () => {
    const { tell } = life();
    tell('A');
    tell('A');
    tell('Oulu', 'sysLocation');
    tell('Turku', 'sysLocation');
    expect(events).toEqual([]);
    tell('B');
    expect(events).toMatchObject([
      {
        entity: 'sw-1',
        kind: 'change',
        name: 'inventory',
        message: 'entPhysicalSerialNum of Chassis was A, is B',
        fields: { fact: 'entPhysicalSerialNum', instance: 'Chassis', old: 'A', new: 'B' },
      },
    ]);
  });

  test('shows after a restart, once', async () => {
    const first = life();
    first.tell('A');
    await first.watch.stop();
    const second = life();
    second.tell('B');
    second.tell('B');
    await second.watch.stop();
    const third = life();
    third.tell('B');
    expect(said()).toEqual(['entPhysicalSerialNum of Chassis was A, is B']);
  });

  test('shows although the device said nothing for a while, and a restart without hearing forgets nothing', async () => {
    const first = life();
    first.tell('A');
    first.tell('');
    await first.watch.stop();
    await life().watch.stop();
    const third = life();
    third.tell('B');
    expect(said()).toEqual(['entPhysicalSerialNum of Chassis was A, is B']);
  });

  test('of an entity no longer measured is none', async () => {
    const first = life();
    first.tell('A');
    await first.watch.stop();
    const second = life();
    second.watch.keep(new Set(['other']));
    second.tell('B');
    expect(events).toEqual([]);
  });
});
