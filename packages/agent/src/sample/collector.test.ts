/** Facts as the collector keeps them: told when new, changed and once a day, forgotten with their entity. */
import { expect, test } from 'vitest';
import { sampleReader } from '../testing/samples.ts';
import { Collector } from './collector.ts';

const NOON_MS = 1_700_049_600_000;
const DAY_MS = 86_400_000;

test('a fact comes when it is new, when it changes and once a day; an empty one only to take back what was said', () => {
  const collector = new Collector('agent-a');
  const read = sampleReader(collector);
  const after = (tsMs: number, value: string, takenBack?: boolean): readonly string[] => {
    collector.fact('sw', 'ifAlias', 'ge1', tsMs, value, takenBack);
    return read().facts;
  };
  expect(after(NOON_MS, '')).toEqual([]);
  expect(after(NOON_MS, '', true)).toEqual(['sw ifAlias ge1=']);
  expect(after(NOON_MS, 'to hel')).toEqual(['sw ifAlias ge1=to hel']);
  expect(after(NOON_MS + 60_000, 'to hel')).toEqual([]);
  expect(after(NOON_MS + DAY_MS, 'to hel')).toEqual(['sw ifAlias ge1=to hel']);
  expect(after(NOON_MS + DAY_MS, '')).toEqual(['sw ifAlias ge1=']);
});

test('an entity is forgotten with all its facts, and no other', () => {
  const collector = new Collector('agent-a');
  for (const entity of ['sw', 'sw-2'])
    for (const name of ['sysName', 'sysDescr']) collector.fact(entity, name, '', NOON_MS, entity);
  collector.forget('sw');
  expect([...collector.facts()]).toEqual([
    { entity: 'sw-2', name: 'sysName', instance: '', value: 'sw-2' },
    { entity: 'sw-2', name: 'sysDescr', instance: '', value: 'sw-2' },
  ]);
});
