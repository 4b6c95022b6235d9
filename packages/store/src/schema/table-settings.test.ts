import { expect, test } from 'vitest';
import { changesFor, parseEngine } from './table-settings.ts';

const ENGINE =
  'ReplacingMergeTree PARTITION BY toYYYYMMDD(ts) ORDER BY (series, ts, agent) TTL toDateTime(ts) + toIntervalDay(400) SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, index_granularity = 8192';
const KEPT = { rawDays: 400, fiveMinuteDays: 1100, hourDays: 3650 };

test('settings and days are read from the engine’s own words', () => {
  const { settings, ttlDays } = parseEngine(ENGINE);
  expect(Object.fromEntries(settings)).toEqual({
    ttl_only_drop_parts: '1',
    fsync_after_insert: '1',
    index_granularity: '8192',
  });
  expect(ttlDays).toBe(400);
  expect(parseEngine('ReplacingMergeTree ORDER BY name')).toEqual({ settings: new Map(), ttlDays: undefined });
});

test('what differs is changed, and nothing else', () => {
  const [settings, ...more] = changesFor('gauge', parseEngine(ENGINE), KEPT);
  expect(settings).toContain('MODIFY SETTING fsync_part_directory = 1,');
  expect(settings).not.toContain('fsync_after_insert');
  expect(more).toEqual([]);
  expect(changesFor('gauge', parseEngine(ENGINE), { ...KEPT, rawDays: 100 })[1]).toBe(
    'ALTER TABLE gauge MODIFY TTL toDateTime(ts) + INTERVAL 100 DAY',
  );
  expect(changesFor('gauge', parseEngine(ENGINE), undefined)).toHaveLength(1);
  expect(changesFor('migration', parseEngine(ENGINE), KEPT)).toEqual([]);
});
