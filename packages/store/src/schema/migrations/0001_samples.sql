-- Raw samples, as agents and analyzers send them. Identity of a sample is (series, ts, agent): what is
-- inserted twice is one row. Daily partitions, dropped whole when they are 400 days old (mission B2: 1-2 years).
-- {FLOAT} is ALP, ZSTD(1) where the engine has ALP, else ZSTD(1).

CREATE TABLE IF NOT EXISTS gauge (
  series UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  agent UInt64 CODEC(Delta(8), ZSTD(1)),
  value Float64 CODEC({FLOAT}),
  status UInt8 CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(ts)
ORDER BY (series, ts, agent)
TTL toDateTime(ts) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS counter (
  series UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  agent UInt64 CODEC(Delta(8), ZSTD(1)),
  value UInt64 CODEC(Delta(8), ZSTD(1)),
  interval_ms UInt32 CODEC(ZSTD(1)),
  verdict UInt8 CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(ts)
ORDER BY (series, ts, agent)
TTL toDateTime(ts) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;

-- What a series id means. Small: one row a series.
CREATE TABLE IF NOT EXISTS series (
  series UInt64 CODEC(Delta(8), ZSTD(1)),
  entity String CODEC(ZSTD(1)),
  metric String CODEC(ZSTD(1)),
  instance String CODEC(ZSTD(1)),
  kind UInt8,
  seen DateTime64(3, 'UTC') CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(seen)
ORDER BY series
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Slowly changing text, with its history.
CREATE TABLE IF NOT EXISTS fact (
  entity String CODEC(ZSTD(1)),
  name String CODEC(ZSTD(1)),
  instance String CODEC(ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(ZSTD(1)),
  value String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (entity, name, instance, ts)
TTL toDateTime(ts) + INTERVAL 1100 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;

-- Results of analyzers: three years, as contracts are looked at.
CREATE TABLE IF NOT EXISTS derived (
  series UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  window_ms UInt32 CODEC(ZSTD(1)),
  value Float64 CODEC({FLOAT}),
  observed Float64 CODEC({FLOAT}),
  final UInt8 CODEC(ZSTD(1)),
  version UInt64 CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(ts)
ORDER BY (series, window_ms, ts)
TTL toDateTime(ts) + INTERVAL 1100 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS alarm_event (
  alarm UInt64,
  ts DateTime64(3, 'UTC') CODEC(ZSTD(1)),
  event String CODEC(ZSTD(1)),
  entity String CODEC(ZSTD(1)),
  rule String CODEC(ZSTD(1)),
  instance String CODEC(ZSTD(1)),
  severity String CODEC(ZSTD(1)),
  value Float64,
  message String CODEC(ZSTD(1)),
  actor String CODEC(ZSTD(1)),
  token UInt64 CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(token)
PARTITION BY toYYYYMM(ts)
ORDER BY (alarm, ts, event)
TTL toDateTime(ts) + INTERVAL 1100 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;
