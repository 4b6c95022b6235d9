/**
 * Settings of the embedded engine: the fixed ones each session starts with, and those a request may
 * set for itself in its URL, as with a ClickHouse server.
 */
/** Names a request may set. What a setting does is ClickHouse's documentation. */
const REQUEST_SETTINGS: ReadonlySet<string> = new Set([
  'allow_experimental_codecs',
  'async_insert',
  'do_not_merge_across_partitions_select_final',
  'final',
  'fsync_metadata',
  'input_format_parallel_parsing',
  'input_format_skip_unknown_fields',
  'insert_deduplicate',
  'join_use_nulls',
  'max_block_size',
  'max_execution_time',
  'max_insert_block_size',
  'max_memory_usage',
  'max_partitions_per_insert_block',
  'max_result_bytes',
  'max_result_rows',
  'max_threads',
  'min_insert_block_size_rows',
  'mutations_sync',
  'optimize_on_insert',
  'optimize_throw_if_noop',
  'output_format_json_quote_64bit_integers',
  'output_format_json_quote_denormals',
  'readonly',
  'result_overflow_mode',
  'wait_for_async_insert',
]);

/** Parameters of the interface itself, and settings that mean nothing to an engine in the same process. */
const INTERFACE = new Set([
  'buffer_size',
  'compress',
  'database',
  'decompress',
  'default_format',
  'enable_http_compression',
  'http_headers_progress_interval_ms',
  'param_',
  'password',
  'query',
  'query_id',
  'role',
  'send_progress_in_http_headers',
  'session_id',
  'user',
  'wait_end_of_query',
]);

const VALUE = /^[A-Za-z0-9_.,+ -]{0,64}$/;

export type RequestSettings = { readonly ok: true; readonly settings: ReadonlyMap<string, string> } | RefusedSetting;

export interface RefusedSetting {
  readonly ok: false;
  readonly name: string;
}

/** Picks a request's settings out of its URL parameters; names the first that is not allowed. */
export function readSettings(parameters: URLSearchParams): RequestSettings {
  const settings = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (INTERFACE.has(name) || name.startsWith('param_')) continue;
    if (!REQUEST_SETTINGS.has(name) || !VALUE.test(value)) return { ok: false, name };
    settings.set(name, value);
  }
  return { ok: true, settings };
}

export interface EngineLimits {
  readonly memoryBytes: number;
  readonly threads: number;
}

const MIB = 1024 * 1024;

/** What every session starts with. */
export function sessionSettings({ memoryBytes, threads }: EngineLimits): ReadonlyMap<string, string> {
  return new Map([
    // An acknowledged insert is on disk: nothing is collected first, nothing is skipped as a repeat.
    ['async_insert', '0'],
    ['insert_deduplicate', '0'],
    ['max_threads', String(threads)],
    ['max_insert_threads', '1'],
    // One statement may take half of the engine's memory: a read cannot starve an insert.
    ['max_memory_usage', String(Math.floor(memoryBytes / 2))],
    ['max_bytes_before_external_group_by', String(Math.floor(memoryBytes / 4))],
    ['max_bytes_before_external_sort', String(Math.floor(memoryBytes / 4))],
    // Results are held whole before they are sent.
    ['max_result_bytes', String(256 * MIB)],
    // Lists of series ids make long statements.
    ['max_query_size', String(8 * MIB)],
    // A batch from a long outage may touch a day per sample.
    ['max_partitions_per_insert_block', '1000'],
    ['allow_experimental_codecs', '1'],
    ['do_not_merge_across_partitions_select_final', '1'],
    ['output_format_json_quote_64bit_integers', '1'],
    ['input_format_parallel_parsing', '0'],
  ]);
}

/**
 * The engine's server part: caches small, merges modest, so that resident memory stays near the limit. Inserts end
 * before the disk is full, so that merges can still end; damaged parts are set aside at start, however many.
 */
export function engineConfig({ memoryBytes, threads }: EngineLimits): string {
  // The limit is ours to set: without cgroups (chroots, some containers) the engine's reader only complains.
  return `<clickhouse>
  <memory_worker_use_cgroup>0</memory_worker_use_cgroup>
  <max_server_memory_usage>${memoryBytes}</max_server_memory_usage>
  <mark_cache_size>${64 * MIB}</mark_cache_size>
  <primary_index_cache_size>${32 * MIB}</primary_index_cache_size>
  <index_mark_cache_size>${16 * MIB}</index_mark_cache_size>
  <index_uncompressed_cache_size>${16 * MIB}</index_uncompressed_cache_size>
  <mmap_cache_size>16</mmap_cache_size>
  <background_pool_size>${threads}</background_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <max_io_thread_pool_size>8</max_io_thread_pool_size>
  <merge_tree>
    <auto_statistics_types></auto_statistics_types>
    <min_free_disk_bytes_to_perform_insert>${128 * MIB}</min_free_disk_bytes_to_perform_insert>
    <parts_to_delay_insert>1000</parts_to_delay_insert>
    <parts_to_throw_insert>3000</parts_to_throw_insert>
    <max_suspicious_broken_parts>10000</max_suspicious_broken_parts>
    <max_suspicious_broken_parts_bytes>1099511627776</max_suspicious_broken_parts_bytes>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
</clickhouse>
`;
}
