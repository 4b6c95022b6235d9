-- Fewer bytes for counters, for parts written from now on: steps between readings are small numbers (T64 drops their
-- empty bits before ZSTD), and intervals are multiples of a device's tick of 10 ms (GCD). Why these: decision 0017.
ALTER TABLE counter MODIFY COLUMN IF EXISTS value UInt64 CODEC(Delta(8), T64, ZSTD(1));
ALTER TABLE counter MODIFY COLUMN IF EXISTS interval_ms UInt32 CODEC(GCD, T64, ZSTD(1));
