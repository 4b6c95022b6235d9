-- Rollups per bucket and agent, recomputed whole: the row of the highest revision is the bucket.
-- 5 minutes for three years, hours for ten.
CREATE TABLE IF NOT EXISTS gauge_5m (
  series UInt64 CODEC(Delta(8), ZSTD(1)),
  bucket DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  agent UInt64 CODEC(Delta(8), ZSTD(1)),
  samples UInt32 CODEC(ZSTD(1)),
  failed UInt32 CODEC(ZSTD(1)),
  value_sum Float64 CODEC({FLOAT}),
  value_min Float64 CODEC({FLOAT}),
  value_max Float64 CODEC({FLOAT}),
  revision UInt64 CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(bucket)
ORDER BY (series, bucket, agent)
TTL bucket + INTERVAL 1100 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS gauge_1h (
  series UInt64 CODEC(Delta(8), ZSTD(1)),
  bucket DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  agent UInt64 CODEC(Delta(8), ZSTD(1)),
  samples UInt32 CODEC(ZSTD(1)),
  failed UInt32 CODEC(ZSTD(1)),
  value_sum Float64 CODEC({FLOAT}),
  value_min Float64 CODEC({FLOAT}),
  value_max Float64 CODEC({FLOAT}),
  revision UInt64 CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(bucket)
ORDER BY (series, bucket, agent)
TTL bucket + INTERVAL 3650 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS counter_5m (
  series UInt64 CODEC(Delta(8), ZSTD(1)),
  bucket DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  agent UInt64 CODEC(Delta(8), ZSTD(1)),
  delta Float64 CODEC({FLOAT}),
  covered_ms UInt64 CODEC(ZSTD(1)),
  rate_min Float64 CODEC({FLOAT}),
  rate_max Float64 CODEC({FLOAT}),
  resets UInt32 CODEC(ZSTD(1)),
  revision UInt64 CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(bucket)
ORDER BY (series, bucket, agent)
TTL bucket + INTERVAL 1100 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS counter_1h (
  series UInt64 CODEC(Delta(8), ZSTD(1)),
  bucket DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
  agent UInt64 CODEC(Delta(8), ZSTD(1)),
  delta Float64 CODEC({FLOAT}),
  covered_ms UInt64 CODEC(ZSTD(1)),
  rate_min Float64 CODEC({FLOAT}),
  rate_max Float64 CODEC({FLOAT}),
  resets UInt32 CODEC(ZSTD(1)),
  revision UInt64 CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(bucket)
ORDER BY (series, bucket, agent)
TTL bucket + INTERVAL 3650 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;

-- The refiner's cursor; the newest write counts.
CREATE TABLE IF NOT EXISTS refine_state (
  name String,
  cursor_ms UInt64,
  written DateTime64(6, 'UTC')
) ENGINE = ReplacingMergeTree(written)
ORDER BY name
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
