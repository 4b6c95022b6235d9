/** Answers in ClickHouse's manner: status by error number, exception text, summary and format headers. */
import type { ServerResponse } from 'node:http';
import type { StatementResult } from './engine.ts';

/** HTTP status of ClickHouse's error numbers; 500 for all others. */
const STATUS: Readonly<Record<number, number>> = {
  6: 400,
  26: 400,
  27: 400,
  36: 400,
  41: 400,
  43: 400,
  46: 404,
  47: 404,
  50: 404,
  53: 400,
  56: 404,
  57: 400,
  60: 404,
  62: 400,
  72: 400,
  73: 404,
  81: 404,
  115: 404,
  117: 400,
  164: 403,
  194: 401,
  202: 503,
  229: 413,
  241: 500,
  243: 507,
  252: 500,
  516: 403,
};

export interface Refusal {
  /** ClickHouse's error number. */
  readonly code: number;
  readonly message: string;
  /** When it is not the code's usual one. */
  readonly status?: number;
}

/** Text as ClickHouse words it, whether or not the engine has done so already. */
function exceptionText({ code, message }: Refusal, version: string): string {
  const text = message.trim();
  return text.startsWith('Code: ')
    ? `${text}\n`
    : `Code: ${code}. DB::Exception: ${text}. (KAIKU) (version ${version})\n`;
}

export function answerError(response: ServerResponse, refusal: Refusal, version: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const status = refusal.status ?? STATUS[refusal.code] ?? 500;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=UTF-8',
    'x-clickhouse-exception-code': String(refusal.code),
    ...(status === 503 ? { 'retry-after': '1' } : {}),
    ...(status === 401 || status === 403 ? { 'www-authenticate': 'Basic realm="ClickHouse server HTTP API"' } : {}),
  });
  response.end(exceptionText(refusal, version));
}

const CONTENT_TYPES: readonly (readonly [prefix: RegExp, type: string])[] = [
  [/^JSON(?:$|Compact$|Strings$|ColumnsWithMetadata$)/, 'application/json; charset=UTF-8'],
  [/^JSON/, 'application/x-ndjson; charset=UTF-8'],
  [/^(?:TSV|TabSeparated)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSV/, 'text/csv; charset=UTF-8'],
  [/^(?:Native|RowBinary|Parquet|Arrow)/, 'application/octet-stream'],
];

export interface Answer {
  readonly result: StatementResult;
  readonly format: string;
  readonly queryId: string;
  readonly wrote: boolean;
  readonly elapsedMs: number;
}

export function answerResult(response: ServerResponse, { result, format, queryId, wrote, elapsedMs }: Answer): void {
  const { rows, bytes, bytesRead } = result;
  const written = wrote ? rows : 0;
  response.writeHead(200, {
    'content-type': CONTENT_TYPES.find(([prefix]) => prefix.test(format))?.[1] ?? 'text/plain; charset=UTF-8',
    'content-length': bytes.length,
    'x-clickhouse-query-id': queryId,
    'x-clickhouse-format': format,
    'x-clickhouse-summary': JSON.stringify({
      read_rows: String(rows),
      read_bytes: String(bytesRead),
      written_rows: String(written),
      written_bytes: String(wrote ? bytesRead : 0),
      total_rows_to_read: '0',
      result_rows: '0',
      result_bytes: String(bytes.length),
      elapsed_ns: String(Math.round(elapsedMs * 1e6)),
    }),
  });
  response.end(bytes);
}
