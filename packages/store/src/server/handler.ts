/**
 * One request to the embedded server: who asks, what it is, where it runs, what it answers. The part of
 * ClickHouse's HTTP interface that @clickhouse/client uses.
 *
 * ```
 *  /ping                        Ok.
 *  ?query=INSERT … FORMAT X     body → spool file → INSERT … FROM INFILE       write lane
 *  ?query=… and/or body         one statement                                  read, safe or write lane
 * ```
 */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { answerError, answerResult, type Refusal } from './answer.ts';
import { EngineFailure, type Engine, type LaneName, type StatementResult } from './engine.ts';
import { readSettings } from './settings.ts';
import { SpoolRefusal, type Spool } from './spool.ts';
import { isMultiStatement, parseBodyInsert, sqlText, statementKind, type BodyInsert } from './statement.ts';

/** SQL in a body, as it comes and unpacked. */
const SQL_BYTES = 16 * 1024 * 1024;

export interface HandlerOptions {
  readonly engine: Engine;
  readonly spool: Spool;
  readonly user: string;
  readonly password: string;
  /** Counts what happened: `ok`, `refused`, `failed`. */
  readonly count: (outcome: 'ok' | 'refused' | 'failed', rowsWritten: number) => void;
}

class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function credentials(request: IncomingMessage, parameters: URLSearchParams): { user: string; password: string } {
  const { authorization } = request.headers;
  if (authorization?.startsWith('Basic ') === true) {
    const text = Buffer.from(authorization.slice(6), 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return {
    user: header('x-clickhouse-user') ?? parameters.get('user') ?? 'default',
    password: header('x-clickhouse-key') ?? parameters.get('password') ?? '',
  };
}

async function readSql(request: IncomingMessage, encoding: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > SQL_BYTES) throw new Refused({ code: 229, message: `The query is over ${SQL_BYTES} bytes` });
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (encoding === 'identity') return body.toString('utf8');
  try {
    if (encoding === 'gzip') return gunzipSync(body, { maxOutputLength: SQL_BYTES }).toString('utf8');
    if (encoding === 'zstd') return zstdDecompressSync(body, { maxOutputLength: SQL_BYTES }).toString('utf8');
  } catch (error) {
    throw new Refused({ code: 354, status: 400, message: `Cannot decompress the query: ${String(error)}` });
  }
  throw new Refused({ code: 36, message: `Unknown content encoding ${encoding}` });
}

interface Job {
  readonly sql: string;
  readonly lane: LaneName;
  readonly wrote: boolean;
}

function infileSql(insert: BodyInsert, path: string, compression: string): string {
  const { head, settings, format } = insert;
  return `${head} FROM INFILE ${sqlText(path)} COMPRESSION '${compression}' ${settings} FORMAT ${format}`;
}

export function createHandler(options: HandlerOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { engine, spool, user, password, count } = options;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedMs = performance.now();
    const url = new URL(request.url ?? '/', 'http://localhost');
    const parameters = url.searchParams;
    if (url.pathname === '/ping' || (url.pathname === '/' && request.method === 'GET' && !parameters.has('query'))) {
      response.writeHead(200, { 'content-type': 'text/html; charset=UTF-8' }).end('Ok.\n');
      return;
    }
    if (url.pathname !== '/')
      throw new Refused({ code: 1000, status: 404, message: `There is no handle ${url.pathname}` });
    if (request.method !== 'POST' && request.method !== 'GET') {
      throw new Refused({ code: 501, status: 501, message: `Method ${request.method} is not supported` });
    }
    const given = credentials(request, parameters);
    if (!sameText(given.user, user) || !sameText(given.password, password)) {
      throw new Refused({
        code: 516,
        message: `${given.user}: Authentication failed: password is incorrect, or there is no user with such name`,
      });
    }
    const read = readSettings(parameters);
    if (!read.ok) {
      throw new Refused({
        code: 115,
        message: `Setting ${read.name} is unknown, or the embedded store does not take it`,
      });
    }
    const encoding = request.headers['content-encoding'] ?? 'identity';
    const fromUrl = parameters.get('query') ?? '';
    const insert = request.method === 'POST' ? parseBodyInsert(fromUrl) : undefined;
    const headerFormat = request.headers['x-clickhouse-format'];
    const format =
      parameters.get('default_format') ?? (typeof headerFormat === 'string' ? headerFormat : 'TabSeparated');
    const queryId = parameters.get('query_id') ?? randomUUID();
    const bound: Record<string, string> = {};
    for (const [name, value] of parameters) if (/^param_\w+$/.test(name)) bound[name.slice(6)] = value;
    const readOnly = request.method === 'GET' || (read.settings.get('readonly') ?? '0') !== '0';

    const run = ({ sql, lane }: Job): Promise<StatementResult> =>
      engine.run(lane, {
        sql,
        format,
        database: parameters.get('database') ?? 'default',
        settings: read.settings,
        parameters: bound,
        gone: () => response.destroyed,
      });

    if (insert !== undefined && !readOnly) {
      const result = await spool.with(request, encoding, ({ path, compression }) =>
        run({ sql: infileSql(insert, path, compression), lane: 'write', wrote: true }),
      );
      count('ok', result.rows);
      answerResult(response, { result, format, queryId, wrote: true, elapsedMs: performance.now() - startedMs });
      return;
    }
    const body = await readSql(request, encoding);
    const sql = fromUrl === '' ? body : body === '' ? fromUrl : `${fromUrl}\n${body}`;
    if (sql.trim() === '') throw new Refused({ code: 62, message: 'Syntax error: empty query' });
    if (isMultiStatement(sql)) {
      throw new Refused({ code: 62, message: 'Syntax error: multi-statements are not allowed' });
    }
    const kind = statementKind(sql);
    const lane = readOnly ? 'safe' : kind === 'read' ? 'read' : 'write';
    const wrote = kind === 'write';
    const nothing = { bytes: new Uint8Array(0), rows: 0, bytesRead: 0 };
    const result = kind === 'session' ? nothing : await run({ sql, lane, wrote });
    count('ok', wrote ? result.rows : 0);
    answerResult(response, { result, format, queryId, wrote, elapsedMs: performance.now() - startedMs });
  };

  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      const refusal = asRefusal(error);
      count((refusal.status ?? 0) >= 500 || refusal.code === 1002 ? 'failed' : 'refused', 0);
      // What is left of the body is not wanted: without this the sender would wait for it to be read.
      request.resume();
      answerError(response, refusal, engine.version);
    });
  };
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  if (error instanceof EngineFailure) return { code: error.code, message: error.message };
  if (error instanceof SpoolRefusal) {
    const code = error.status === 503 ? 202 : error.status === 413 ? 229 : 354;
    return { code, message: error.message, status: error.status };
  }
  const message = error instanceof Error ? error.message : String(error);
  const system = error instanceof Error && 'code' in error ? String(error.code) : '';
  // A full disk under the spool, in ClickHouse's words: it passes, and the sender tries again.
  if (DISK_FULL.has(system)) return { code: 243, message: `Not enough space on the store's disk: ${message}` };
  return { code: 1002, message };
}

const DISK_FULL = new Set(['ENOSPC', 'EDQUOT']);
