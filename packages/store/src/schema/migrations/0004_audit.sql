-- What an audit counts again: gauge and counter rows of a batch by hour of sample time (hours since 1970, and rows of
-- each). Rows written by older loggers have none and are left out. The indexes are small: batches of one agent are
-- sealed in order of time, so that a question for an hour reads little of a long ledger.
ALTER TABLE ledger ADD COLUMN IF NOT EXISTS hours Array(UInt32) CODEC(ZSTD(1));
ALTER TABLE ledger ADD COLUMN IF NOT EXISTS hour_rows Array(UInt32) CODEC(ZSTD(1));
ALTER TABLE ledger ADD INDEX IF NOT EXISTS first_range first TYPE minmax GRANULARITY 1;
ALTER TABLE ledger ADD INDEX IF NOT EXISTS last_range last TYPE minmax GRANULARITY 1;
ALTER TABLE ledger ADD INDEX IF NOT EXISTS sealed_range sealed TYPE minmax GRANULARITY 1;

-- Sequence numbers that will never come, and why. One row a run of numbers and reason; the first `at` says since when.
CREATE TABLE IF NOT EXISTS gap (
  agent LowCardinality(String),
  epoch UInt64 CODEC(ZSTD(1)),
  first_seq UInt64 CODEC(ZSTD(1)),
  last_seq UInt64 CODEC(ZSTD(1)),
  reason LowCardinality(String),
  at DateTime64(3, 'UTC') CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (agent, epoch, first_seq, last_seq, reason)
TTL toDateTime(at) + INTERVAL 500 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;
