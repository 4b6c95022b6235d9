-- What devices said by themselves (traps, syslog) and what agents saw change, as agents send it. Identity of an event is
-- (ts, agent, id): what is inserted twice is one row. `fields` is JSON, `raw` the bytes as received in base64. Kept as long as raw samples.
CREATE TABLE IF NOT EXISTS event (
  id UInt64 CODEC(ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  agent UInt64 CODEC(ZSTD(1)),
  entity String CODEC(ZSTD(1)),
  source String CODEC(ZSTD(1)),
  kind String CODEC(ZSTD(1)),
  name String CODEC(ZSTD(1)),
  severity UInt8 CODEC(ZSTD(1)),
  message String CODEC(ZSTD(1)),
  fields String CODEC(ZSTD(1)),
  raw String CODEC(ZSTD(3)),
  INDEX entities entity TYPE bloom_filter GRANULARITY 1
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(ts)
ORDER BY (ts, agent, id)
TTL toDateTime(ts) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1;
