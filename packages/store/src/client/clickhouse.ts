/**
 * @clickhouse/client behind a type of ours; no other file imports it (client/failure.ts its error type).
 * One per store. Every request has a deadline; every failure is a StoreError. A request whose
 * connection was reset is sent once more: all of ours can be repeated.
 */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client';
import type { StoreAddress } from '../api.ts';
import { asStoreError, isReset } from './failure.ts';
import { readCancelled } from './hedge.ts';

export interface RequestOptions {
  readonly settings?: ClickHouseSettings;
  readonly timeoutMs?: number;
  /** Outside the store's database, which may not exist yet. */
  readonly anywhere?: boolean;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface InsertBody {
  readonly chunks: readonly Uint8Array[];
  readonly encoding: 'zstd' | 'identity';
}

const READ_TIMEOUT_MS = 30_000;
const INSERT_TIMEOUT_MS = 60_000;
const PING_TIMEOUT_MS = 1000;
/** Above every deadline of ours, which are the ones that count. */
const SOCKET_TIMEOUT_MS = 600_000;
const CONNECTIONS = 16;

/**
 * Nothing collected in memory first: an answered insert is stored. Rows that are there twice go when parts are merged and
 * when they are read, so inserting does not look for them: that took a fourth of its time.
 */
const INSERT_SETTINGS: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 0,
  max_partitions_per_insert_block: '1000',
  optimize_on_insert: 0,
};

export class ClickHouse {
  readonly name: string;
  readonly database: string;
  readonly #client: ClickHouseClient;
  readonly #outside: ClickHouseClient;

  constructor(address: StoreAddress) {
    this.name = address.name;
    this.database = address.database;
    const common = {
      url: address.url,
      username: address.user,
      password: address.password,
      application: 'kaiku',
      request_timeout: SOCKET_TIMEOUT_MS,
      max_open_connections: CONNECTIONS,
      compression: { request: false, response: false },
      log: { level: ClickHouseLogLevel.OFF },
    } as const;
    this.#client = createClient({ ...common, database: address.database });
    this.#outside = createClient(common);
  }

  /** Runs `send` with a deadline, once more after a reset connection. */
  async #guard<T>(what: string, timeoutMs: number, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const cancelled = readCancelled();
    const signal = cancelled === undefined ? deadline : AbortSignal.any([deadline, cancelled]);
    try {
      try {
        return await send(signal);
      } catch (error) {
        if (!isReset(error) || signal.aborted) throw error;
        return await send(signal);
      }
    } catch (error) {
      const late = new Error(`no answer within ${timeoutMs} ms`, { cause: error });
      throw asStoreError(deadline.aborted ? late : error, this.name, what);
    }
  }

  async #raw(
    sql: string,
    what: string,
    { settings, timeoutMs, anywhere, parameters }: RequestOptions,
  ): Promise<Buffer> {
    const client = anywhere === true ? this.#outside : this.#client;
    return this.#guard(what, timeoutMs ?? READ_TIMEOUT_MS, async (signal) => {
      const { stream } = await client.exec({
        query: sql,
        abort_signal: signal,
        // The whole answer or an error, never an error inside an answer.
        clickhouse_settings: { wait_end_of_query: 1, ...settings },
        ...(parameters === undefined ? {} : { query_params: parameters }),
      });
      signal.addEventListener('abort', () => stream.destroy(new Error('deadline')), { once: true });
      return buffer(stream);
    });
  }

  /** A statement without an answer. @throws StoreError */
  async command(sql: string, options: RequestOptions = {}): Promise<void> {
    await this.#raw(sql, 'statement', options);
  }

  /** A SELECT answered as Native blocks. @throws StoreError */
  native(sql: string, options: RequestOptions = {}): Promise<Buffer> {
    return this.#raw(`${sql}\nFORMAT Native`, 'read', options);
  }

  /** A SELECT of few rows as objects; 64-bit integers as text. @throws StoreError */
  async rows<T>(sql: string, options: RequestOptions = {}): Promise<readonly T[]> {
    const settings: ClickHouseSettings = { output_format_json_quote_64bit_integers: 1, ...options.settings };
    const text = await this.#raw(`${sql}\nFORMAT JSONEachRow`, 'read', { ...options, settings });
    return text
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  }

  /** A few rows as objects into `columns` of `table`, on disk on return. @throws StoreError */
  async insertObjects(
    table: string,
    columns: readonly string[],
    rows: readonly Readonly<Record<string, unknown>>[],
  ): Promise<void> {
    if (rows.length === 0) return;
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await this.#insert(table, columns, 'JSONEachRow', { chunks: [Buffer.from(text)], encoding: 'identity' });
  }

  /** Rows in Native format into `columns` of `table`, on disk on return. @throws StoreError */
  insertNative(table: string, columns: readonly string[], body: InsertBody): Promise<void> {
    return this.#insert(table, columns, 'Native', body);
  }

  async #insert(table: string, columns: readonly string[], format: string, body: InsertBody): Promise<void> {
    await this.#guard(`insert into ${table}`, INSERT_TIMEOUT_MS, async (signal) => {
      const { stream } = await this.#client.exec({
        query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT ${format}`,
        values: Readable.from(body.chunks, { objectMode: false }),
        abort_signal: signal,
        clickhouse_settings: INSERT_SETTINGS,
        ...(body.encoding === 'identity' ? {} : { http_headers: { 'Content-Encoding': body.encoding } }),
      });
      await buffer(stream);
    });
  }

  async ping(): Promise<boolean> {
    const result = await this.#client.ping({ select: false, abort_signal: AbortSignal.timeout(PING_TIMEOUT_MS) });
    return result.success;
  }

  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#outside.close()]);
  }
}
