/** The embedded server as clients and operators meet it: HTTP as ClickHouse speaks it, starts, stops, kills. */
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../index.ts';
import {
  embeddedStore,
  ended,
  freePort,
  runMain,
  writeInstallation,
  type EmbeddedStore,
} from '../testing/embedded-store.ts';

let store: EmbeddedStore;
beforeAll(async () => {
  store = await embeddedStore();
}, 30_000);
afterAll(async () => store.remove());

interface Call {
  readonly query?: string;
  readonly body?: string | Uint8Array;
  readonly settings?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly method?: string;
}

const KEYS = { 'X-ClickHouse-User': 'kaiku', 'X-ClickHouse-Key': 'secret' };

async function call({
  query,
  body,
  settings,
  headers,
  method,
}: Call): Promise<{ status: number; text: string; headers: Headers }> {
  const parameters = new URLSearchParams({ ...settings, ...(query === undefined ? {} : { query }) });
  const answer = await fetch(`${store.address.url}/?${parameters.toString()}`, {
    method: method ?? 'POST',
    headers: { ...KEYS, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

const spooled = (): readonly string[] => readdirSync(join(store.folder, 'spool'));

describe('who may ask', () => {
  it('everybody may ping', async () => {
    expect(await (await fetch(`${store.address.url}/ping`)).text()).toBe('Ok.\n');
  });
  it.each([
    ['no name', {}],
    ['a wrong password', { 'X-ClickHouse-User': 'kaiku', 'X-ClickHouse-Key': 'secre' }],
    ['another name', { 'X-ClickHouse-User': 'admin', 'X-ClickHouse-Key': 'secret' }],
    ['a wrong Basic', { Authorization: `Basic ${Buffer.from('kaiku:x').toString('base64')}` }],
  ])('%s is refused', async (_, headers) => {
    const answer = await fetch(`${store.address.url}/?query=SELECT+1`, { headers: headers as Record<string, string> });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('x-clickhouse-exception-code')).toBe('516');
  });
  it('name and password come in headers, as Basic or in the address', async () => {
    const basic = { Authorization: `Basic ${Buffer.from('kaiku:secret').toString('base64')}` };
    expect((await fetch(`${store.address.url}/?query=SELECT+1`, { headers: basic })).status).toBe(200);
    expect((await fetch(`${store.address.url}/?query=SELECT+1&user=kaiku&password=secret`)).status).toBe(200);
  });
});

describe('statements', () => {
  it('come in the body, in the address, or half and half', async () => {
    expect((await call({ body: 'SELECT 1' })).text).toBe('1\n');
    expect((await call({ query: 'SELECT 2' })).text).toBe('2\n');
    expect((await call({ query: 'SELECT', body: '3' })).text).toBe('3\n');
    expect((await call({ body: gzipSync('SELECT 4'), headers: { 'Content-Encoding': 'gzip' } })).text).toBe('4\n');
  });
  it('are answered in the format asked for', async () => {
    expect((await call({ body: 'SELECT 1 AS a', settings: { default_format: 'JSONEachRow' } })).text).toBe('{"a":1}\n');
    expect((await call({ body: 'SELECT 1 AS a', headers: { 'X-ClickHouse-Format': 'CSV' } })).text).toBe('1\n');
    expect((await call({ body: 'SELECT 1 AS a FORMAT TSVWithNames' })).text).toBe('a\n1\n');
  });
  it('take parameters', async () => {
    const settings = { param_a: String.raw`x\ty`, param_b: '18446744073709551615' };
    expect((await call({ body: 'SELECT {a:String}, {b:UInt64}', settings })).text).toBe(
      'x\\ty\t18446744073709551615\n',
    );
  });
  it('keep their settings to themselves', async () => {
    const body = "SELECT getSetting('max_threads')";
    expect((await call({ body, settings: { max_threads: '1' } })).text).toBe('1\n');
    expect((await call({ body: 'SELECT nope', settings: { max_threads: '1' } })).status).toBe(404);
    for (let times = 0; times < 4; times += 1) expect((await call({ body })).text).toBe('2\n');
    expect((await call({ body: 'SET max_threads = 1' })).status).toBe(200);
    for (let times = 0; times < 4; times += 1) expect((await call({ body })).text).toBe('2\n');
  });
  it.each([
    ['SELECT nope', 404, 47],
    ['SELECT * FROM nope', 404, 60],
    ['SELEC 1', 400, 62],
    ['SELECT 1; SELECT 2', 400, 62],
    ['', 400, 62],
  ])('%s fails with status %d and code %d', async (body, status, code) => {
    const answer = await call({ body });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-clickhouse-exception-code')).toBe(String(code));
    expect(answer.text).toMatch(new RegExp(`^Code: ${code}\\. DB::Exception: .+`));
  });
  it('refuse settings that are not on the list, and databases that are none', async () => {
    expect(
      (await call({ body: 'SELECT 1', settings: { allow_ddl: '0' } })).headers.get('x-clickhouse-exception-code'),
    ).toBe('115');
    expect(
      (await call({ body: 'SELECT 1', settings: { database: "x'; --" } })).headers.get('x-clickhouse-exception-code'),
    ).toBe('81');
    expect((await call({ body: 'SELECT 1', settings: { database: 'absent' } })).status).toBe(404);
  });
  it('that are read-only cannot write, nor read files', async () => {
    const settings = { readonly: '1' };
    expect((await call({ body: 'SELECT 1', settings })).text).toBe('1\n');
    for (const body of [
      'CREATE DATABASE x',
      "SELECT * FROM file('/etc/hostname', 'LineAsString')",
      'SET max_threads = 1',
    ]) {
      const answer = await call({ body, settings });
      expect(answer.status === 403 || answer.text === '', body).toBe(true);
    }
    expect((await call({ query: 'CREATE DATABASE x', method: 'GET' })).status).toBe(403);
    expect((await call({ query: 'INSERT INTO t FORMAT CSV', body: '1', settings })).status).toBe(404);
  });
  it('run beside a long one, in both directions', async () => {
    const slow = call({ body: 'SELECT sleep(2)' });
    let slowDone = false;
    void slow.then(() => (slowDone = true));
    expect((await call({ body: 'SELECT 1' })).text).toBe('1\n');
    expect((await call({ body: 'CREATE DATABASE IF NOT EXISTS beside' })).status).toBe(200);
    expect(slowDone).toBe(false);
    expect((await slow).status).toBe(200);
  });
});

describe('inserts', () => {
  const json = (rows: number): string => Array.from({ length: rows }, (_, a) => `{"a":${a},"b":"x;'${a}"}\n`).join('');
  const total = async (): Promise<string> => (await call({ body: 'SELECT count(), sum(a) FROM t' })).text;
  beforeAll(async () => {
    await call({ body: 'CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a' });
  });

  it.each([
    ['identity', (text: string): Uint8Array => Buffer.from(text)],
    ['gzip', (text: string): Uint8Array => gzipSync(text)],
    ['zstd', (text: string): Uint8Array => zstdCompressSync(text)],
  ])('take bodies that are %s', async (encoding, pack) => {
    await call({ body: 'TRUNCATE TABLE t' });
    const answer = await call({
      query: 'INSERT INTO t FORMAT JSONEachRow',
      body: pack(json(1000)),
      headers: encoding === 'identity' ? {} : { 'Content-Encoding': encoding },
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.headers.get('x-clickhouse-summary') ?? '{}')).toMatchObject({ written_rows: '1000' });
    expect(await total()).toBe('1000\t499500\n');
    expect(spooled()).toEqual([]);
  });
  it('take all frames of a body of several', async () => {
    await call({ body: 'TRUNCATE TABLE t' });
    const body = Buffer.concat([1, 2, 3, 4].map(() => zstdCompressSync(json(5000))));
    await call({ query: 'INSERT INTO t FORMAT JSONEachRow', body, headers: { 'Content-Encoding': 'zstd' } });
    expect((await total()).split('\t')[0]).toBe('20000');
  });
  it('refuse what is torn, unreadable or in an unknown encoding, and leave nothing behind', async () => {
    await call({ body: 'TRUNCATE TABLE t' });
    const query = 'INSERT INTO t FORMAT JSONEachRow';
    const whole = zstdCompressSync(json(1000));
    const torn = await call({
      query,
      body: whole.subarray(0, whole.length - 3),
      headers: { 'Content-Encoding': 'zstd' },
    });
    expect(torn.status).toBe(400);
    expect((await call({ query, body: whole, headers: { 'Content-Encoding': 'br' } })).status).toBe(400);
    expect((await call({ query, body: '{"a":"x"}' })).status).toBe(400);
    expect((await call({ query: 'INSERT INTO absent FORMAT CSV', body: '1' })).status).toBe(404);
    expect((await call({ query: 'INSERT INTO t FORMAT JSONEachRow', body: '{"a":"x"}' })).status).toBe(400);
    expect(await total()).toBe('0\t0\n');
    expect(spooled()).toEqual([]);
  });
  it('forget a body whose sender went away', async () => {
    const { hostname, port } = new URL(store.address.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const path = '/?query=INSERT+INTO+t+FORMAT+CSV&user=kaiku&password=secret';
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n1,a\n`);
    await expect.poll(() => spooled().length).toBe(1);
    socket.destroy();
    await expect.poll(() => spooled().length).toBe(0);
    expect((await total()).split('\t')[0]).toBe('0');
  });
});

describe('starts and stops', () => {
  it('keeps what it acknowledged through kill -9, and clears the spool', async () => {
    const client = openStore(store.address);
    await client.migrate();
    let acknowledged = 0;
    const writing = (async () => {
      try {
        for (;;) {
          await client.ledger.record(
            [{ agent: 'a', epoch: 1, seq: acknowledged + 1, sha256: 'x', rows: 1, firstMs: 1, lastMs: 1, sealedMs: 1 }],
            Date.now(),
          );
          acknowledged += 1;
        }
      } catch {
        // The kill.
      }
    })();
    await expect.poll(() => acknowledged, { timeout: 10_000 }).toBeGreaterThan(20);
    await store.end('SIGKILL');
    await writing;
    writeFileSync(join(store.folder, 'spool', '77.body'), 'left behind');
    await store.start();
    expect(existsSync(join(store.folder, 'spool', '77.body'))).toBe(false);
    const [summary] = await client.ledger.summaries();
    expect(summary?.batches).toBeGreaterThanOrEqual(acknowledged);
    await client.close();
  });

  it('stops cleanly, answering what it had begun', async () => {
    const slow = call({ body: 'SELECT sleep(2)' });
    const running = async (): Promise<string> => (await call({ body: 'SELECT count() FROM system.processes' })).text;
    await expect.poll(running).toBe('2\n');
    const [answer, code] = await Promise.all([slow, store.end('SIGTERM')]);
    expect(answer.text).toBe('0\n');
    expect(code).toBe(0);
    await store.start();
  });

  it('cancels a statement that will not end, rather than to be killed with it', async () => {
    const endless = call({ body: 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1' });
    const running = async (): Promise<string> => (await call({ body: 'SELECT count() FROM system.processes' })).text;
    await expect.poll(running).toBe('2\n');
    const [answer, code] = await Promise.all([endless, store.end('SIGTERM')]);
    expect(answer.headers.get('x-clickhouse-exception-code')).toBe('394');
    expect(code).toBe(0);
    await store.start();
  });

  it('says who has the data folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kaiku-store-'));
    try {
      const first = runMain(writeInstallation(folder, `127.0.0.1:${await freePort()}`), 'store-1');
      await expect.poll(first.output, { timeout: 10_000 }).toContain('"running"');
      const second = runMain(writeInstallation(folder, `127.0.0.1:${await freePort()}`), 'store-1');
      expect(await ended(second.child)).toBe(2);
      expect(second.output()).toMatch(new RegExp(`in use by process ${first.child.pid}.*hint: another store`, 's'));
      first.child.kill('SIGKILL');
      await ended(first.child);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says that its port is taken', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kaiku-store-'));
    const other = createServer();
    try {
      const port = await freePort();
      await new Promise<void>((done) => other.listen(port, '127.0.0.1', done));
      const run = runMain(writeInstallation(folder, `127.0.0.1:${port}`), 'store-1');
      expect(await ended(run.child)).toBe(2);
      expect(run.output()).toMatch(/127\.0\.0\.1:\d+ is taken hint: another process listens there/);
    } finally {
      other.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says that its folder cannot be used', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kaiku-store-'));
    try {
      mkdirSync(join(folder, 'data', 'store'), { recursive: true });
      writeFileSync(join(folder, 'data', 'store', 'store-1'), 'a file where the folder should be');
      const run = runMain(writeInstallation(folder, `127.0.0.1:${await freePort()}`), 'store-1');
      expect(await ended(run.child)).toBe(2);
      expect(run.output()).toMatch(/cannot open .*store-1.* hint: check owner/s);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
