-- Which batches this store holds. Partitioned by the day of insertion: `since` reads one day, summaries go day by day.
CREATE TABLE IF NOT EXISTS ledger (
  agent LowCardinality(String),
  epoch UInt64 CODEC(ZSTD(1)),
  seq UInt64 CODEC(Delta(8), ZSTD(1)),
  sha256 String CODEC(ZSTD(1)),
  rows UInt32 CODEC(ZSTD(1)),
  first DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  last DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  sealed DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  inserted DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1))
) ENGINE = ReplacingMergeTree(inserted)
PARTITION BY toYYYYMMDD(inserted)
ORDER BY (agent, epoch, seq)
TTL toDateTime(inserted) + INTERVAL 500 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;

-- Batches that could not be read, with their bytes (base64: the column is text).
CREATE TABLE IF NOT EXISTS quarantine (
  agent String,
  epoch UInt64,
  seq UInt64,
  reason String CODEC(ZSTD(1)),
  body_base64 String CODEC(ZSTD(1)),
  at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (agent, epoch, seq, reason)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;
