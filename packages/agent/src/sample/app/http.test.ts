/** HTTP checks and transactions against Node's own servers: phases, redirects, content, certificates, cookies, secrets. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { findBinary, tempDir, type TempDir } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates, type Certificates, type Pair } from './testing/certificates.ts';
import { runCheck } from './testing/run-check.ts';

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

function listen(server: Server): Promise<number> {
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port));
  });
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const serve = async (handler: Handler): Promise<string> => `http://127.0.0.1:${await listen(createServer(handler))}`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

describe('http', () => {
  test('phases, status, size and content', async () => {
    const base = await serve((_request, response) => response.end('<h1>Welcome</h1>'));
    const ask = (more: object) => runCheck({ check: 'http', url: `${base}/`, ...more });
    const result = await ask({ contains: ['Welcome'], lacks: ['Error'], matches: '<h1>W\\w+' });
    expect(result).toMatchObject({ status: 'ok', values: { httpStatus: 200, httpSize: 16, httpRedirect: 0 } });
    for (const phase of ['appConnect', 'httpFirstByte', 'httpBody'])
      expect(result.values[phase], phase).toBeGreaterThan(0);
    expect((await ask({ contains: ['Goodbye'] })).reason).toBe('content check failed: "Goodbye" not found');
    expect((await ask({ lacks: ['Welcome'] })).reason).toBe('content check failed: "Welcome" found');
    expect((await ask({ matches: '^Wel' })).reason).toBe('content check failed: nothing matches ^Wel');
    expect((await ask({ expectStatus: [404] })).reason).toBe('HTTP 200 OK where 404 was expected');
  });

  test('a text is found across chunks; a larger body than allowed fails without being kept', async () => {
    const base = await serve((request, response) => {
      if (request.url === '/split') {
        response.write('Wel');
        setTimeout(() => response.end('come'), 20);
      } else response.end(Buffer.alloc(3_000_000, 'x'));
    });
    expect(await runCheck({ check: 'http', url: `${base}/split`, contains: ['Welcome'] })).toMatchObject({
      status: 'ok',
    });
    expect(await runCheck({ check: 'http', url: `${base}/big`, maxBytes: 100_000 })).toMatchObject({
      status: 'error',
      reason: 'the body is larger than 100000 bytes',
    });
  });

  test('a page in Latin 1 is read as such; one that comes compressed unasked cannot be', async () => {
    const base = await serve((request, response) => {
      if (request.url === '/latin') {
        response.writeHead(200, { 'content-type': 'text/html; charset=ISO-8859-1' });
        response.end(Buffer.from('Käyttäjä', 'latin1'));
      } else response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('Welcome'));
    });
    const latin = { check: 'http', url: `${base}/latin`, contains: ['Käyttäjä'], matches: 'täjä$' };
    expect(await runCheck(latin)).toMatchObject({ status: 'ok', reason: '' });
    const zipped = { check: 'http', url: `${base}/zipped` };
    expect(await runCheck({ ...zipped, contains: ['Welcome'] })).toMatchObject({
      status: 'unsupported',
      reason: 'content cannot be checked: it comes compressed (gzip)',
    });
    expect(await runCheck(zipped)).toMatchObject({ status: 'ok' });
  });

  test('redirects are followed and timed; secrets stay at their site', async () => {
    const heard: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      heard.push(request.headers.authorization, request.headers.cookie, String(request.headers['x-key']));
      response.end('there');
    });
    const base = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(302, { location: '/b', 'set-cookie': 'seen=1' }).end();
      else if (request.url === '/b') {
        heard.push(request.headers.authorization, request.headers.cookie);
        response.writeHead(301, { location: `${other}/c` }).end();
      } else response.writeHead(302, { location: request.url ?? '' }).end();
    });
    const auth = { bearer: 'token', inClear: true };
    const secrets = { token: 'tkn-12345' };
    const result = await runCheck({
      check: 'http',
      url: `${base}/a`,
      auth,
      secrets,
      headers: { 'X-Key': '{{token}}' },
    });
    expect(result).toMatchObject({ status: 'ok', reason: '' });
    // Cookies are the host's, whatever its port (RFC 6265); the rest was for that origin only.
    expect(heard).toEqual(['Bearer tkn-12345', 'seen=1', undefined, 'seen=1', 'undefined']);
    const { 'httpHop 1': first = 0, 'httpHop 2': second = 0, httpRedirect } = result.values;
    expect(httpRedirect).toBeCloseTo(first + second);
    const loop = await runCheck({ check: 'http', url: `${base}/loop`, redirects: 3 });
    expect(loop).toMatchObject({ status: 'error', reason: expect.stringContaining('more than 3 redirects') });
    const kept = await runCheck({ check: 'http', url: `${base}/loop`, redirects: 0, expectStatus: [302] });
    expect(kept).toMatchObject({ status: 'ok' });
  });

  test('a body is not carried to another site, a basic password not over plain HTTP', async () => {
    const base = await serve((_request, response) =>
      response.writeHead(307, { location: 'http://127.0.0.2:1/' }).end(),
    );
    const moved = await runCheck({ check: 'http', url: `${base}/`, method: 'POST', body: 'x' });
    expect(moved.reason).toContain('it is not sent to another site');
    const login = { user: 'u', secret: 'p' };
    const plain = await runCheck({ check: 'http', url: `${base}/`, auth: login, secrets: { p: 'secret' } });
    expect(plain).toMatchObject({ status: 'denied' });
    const token = await runCheck({ check: 'http', url: `${base}/`, auth: { bearer: 'p' }, secrets: { p: 'secret' } });
    expect(token.reason).toBe('the token is not sent over plain HTTP (auth.inClear allows it)');
  });

  test('a pattern that would take for ever is stopped', async () => {
    const base = await serve((_request, response) => response.end('a'.repeat(60_000)));
    const result = await runCheck({ check: 'http', url: `${base}/`, matches: 'a*a*a*a*a*b' });
    expect(result.reason).toBe('content check failed: the pattern takes too long');
  });
});

describe.skipIf(findBinary('openssl') === undefined)('https (needs openssl)', () => {
  let folder: TempDir;
  let made: Certificates;
  beforeAll(async () => {
    folder = await tempDir('https');
    made = makeCertificates(folder.path);
  });
  afterAll(async () => folder?.remove());
  const ask = async (pair: Pair, tls: object, host = '127.0.0.1') => {
    const port = await listen(
      createTlsServer({ key: pair.key, cert: pair.cert }, (_request, response) => response.end('ok')),
    );
    return runCheck({ check: 'http', url: `https://${host}:${port}/`, tls });
  };

  test('a good certificate, and what is known of it', async () => {
    const result = await ask(made.good, { ca: made.ca });
    expect(result).toMatchObject({
      status: 'ok',
      facts: { tlsSubject: 'localhost', tlsIssuer: 'Test authority', tlsProtocol: 'TLSv1.3' },
    });
    expect(result.values['tlsDaysLeft']).toBeCloseTo(10, 1);
    expect(result.values['appTls']).toBeGreaterThan(0);
    expect(await ask(made.good, { ca: made.ca }, 'localhost')).toMatchObject({ status: 'ok' });
  });

  test('one that ended says when, and its days are negative', async () => {
    const result = await ask(made.expired, { ca: made.ca });
    expect(result).toMatchObject({
      status: 'error',
      reason: expect.stringMatching(/^certificate expired (?:23|24) hours ago$/),
    });
    expect(result.values['tlsDaysLeft']).toBeCloseTo(-1, 1);
  });

  test('an unknown authority, a certificate that signed itself, another name', async () => {
    expect((await ask(made.good, {})).reason).toContain('not trusted');
    expect((await ask(made.selfSigned, {})).reason).toContain('not trusted: it signed itself');
    expect(await ask(made.selfSigned, { anyIssuer: true })).toMatchObject({ status: 'ok' });
    const named = { ca: made.ca, serverName: 'other.example' };
    expect((await ask(made.good, named)).reason).toBe('certificate is for "localhost", not "other.example"');
    expect(await ask(made.good, { ...named, anyName: true })).toMatchObject({ status: 'ok' });
  });

  test('plain HTTP where TLS was expected is not understood', async () => {
    const base = await serve((_request, response) => response.end());
    const result = await runCheck({ check: 'http', url: base.replace('http:', 'https:') });
    expect(result).toMatchObject({ status: 'malformed', reason: expect.stringContaining('no TLS is spoken there') });
  });

  test('an IPv6 address is a name a certificate may have', async () => {
    const server = createTlsServer(made.good, (_request, response) => response.end('ok'));
    await new Promise<void>((done) => void server.listen(0, '::1', done));
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const to = { check: 'http', url: `https://[::1]:${port}/`, tls: { ca: made.ca } };
    expect(await runCheck(to)).toMatchObject({ status: 'ok', reason: '' });
    // In an old spelling, too; and not any address.
    const named = (serverName: string) => runCheck({ ...to, tls: { ca: made.ca, serverName } });
    expect((await named('other.example')).reason).toBe('certificate is for "localhost", not "other.example"');
  });

  test('what the server wants and a check cannot give is said in words', async () => {
    const asks = await listen(
      createTlsServer({ ...made.good, requestCert: true, rejectUnauthorized: true, ca: made.ca }, (_q, r) => r.end()),
    );
    const client = await runCheck({ check: 'http', url: `https://127.0.0.1:${asks}/`, tls: { ca: made.ca } });
    expect(client).toMatchObject({ status: 'denied', reason: expect.stringContaining('wants a client certificate') });
    const versions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const old = await listen(createTlsServer({ ...made.good, ...versions }, (_q, r) => r.end()));
    const ancient = await runCheck({ check: 'http', url: `https://127.0.0.1:${old}/`, tls: { ca: made.ca } });
    expect(ancient).toMatchObject({ status: 'unsupported', reason: expect.stringContaining('tls.minVersion') });
    const allowed = { check: 'http', url: `https://127.0.0.1:${old}/`, tls: { ca: made.ca, minVersion: 'TLSv1' } };
    expect(await runCheck(allowed)).toMatchObject({ status: 'ok', reason: '' });
  });
});

describe('transaction', () => {
  /** A small application: a form with a token, a login that sets a cookie, a page behind it. */
  const application = (): Promise<string> =>
    serve((request, response) => {
      const answer = async (): Promise<void> => {
        if (request.url === '/login' && request.method === 'GET') {
          response.end('<input name="csrf" value="t0k en&1">');
        } else if (request.url === '/login') {
          const form = new URLSearchParams(await bodyOf(request));
          const good = form.get('csrf') === 't0k en&1' && form.get('password') === 'p&ss wörd';
          if (good) response.writeHead(303, { location: '/home', 'set-cookie': 'sid=abc; Path=/; HttpOnly' }).end();
          else response.writeHead(403).end(`you said ${form.get('password') ?? ''}`);
        } else if (request.headers.cookie !== 'sid=abc') response.writeHead(401).end();
        else if (request.url === '/home') response.end('Hello monitor');
        else response.end(JSON.stringify({ orders: [{ id: 7, url: request.url }] }));
      };
      void answer();
    });
  const steps = (base: string) => [
    { id: 'form', url: `${base}/login`, extract: { csrf: { pattern: 'name="csrf" value="([^"]+)"' } } },
    {
      id: 'log-in',
      url: `${base}/login`,
      method: 'POST',
      form: { csrf: '{{csrf}}', password: '{{pw}}' },
      contains: ['Hello'],
    },
    { id: 'orders', url: `${base}/orders`, extract: { order: { pointer: '/orders/0/id' } } },
    { id: 'order', url: `${base}/orders/{{order}}`, contains: ['/orders/7'] },
  ];

  test('logs in, acts, and times each step', async () => {
    const base = await application();
    const result = await runCheck({ check: 'transaction', steps: steps(base), secrets: { pw: 'p&ss wörd' } });
    expect(result).toMatchObject({ status: 'ok', reason: '', values: { txStepsDone: 4 } });
    for (const id of ['form', 'log-in', 'orders', 'order'])
      expect(result.values[`txStep ${id}`], id).toBeGreaterThan(0);
    expect(Object.keys(result.values).filter((name) => name.startsWith('http') && !name.startsWith('httpHop'))).toEqual(
      [],
    );
  });

  test('names the step that fails; what comes after is not asked', async () => {
    const base = await application();
    const result = await runCheck({ check: 'transaction', steps: steps(base), secrets: { pw: 'wrong word' } });
    expect(result).toMatchObject({
      status: 'denied',
      reason: 'step log-in: HTTP 403 Forbidden where 2xx was expected',
      values: { txStepsDone: 1 },
    });
    expect(result.values['txStep log-in']).toBeNaN();
    expect(result.values).not.toHaveProperty('txStep orders');
  });

  test('time that ends within a step names it', async () => {
    const base = await serve((request, response) => {
      if (request.url === '/first') response.end();
    });
    const urls = [`${base}/first`, `${base}/second`];
    const result = await runCheck({
      check: 'transaction',
      timeoutMs: 400,
      steps: urls.map((url, at) => ({ id: `s${at}`, url })),
    });
    expect(result).toMatchObject({
      status: 'timeout',
      reason: expect.stringMatching(/^step s1: not within 400 ms: waiting for the answer of 127/),
      values: { txStepsDone: 1 },
    });
  });

  test('a value that is not there', async () => {
    const base = await serve((_request, response) => response.end('{"a": {}}'));
    const one = (extract: object) =>
      runCheck({ check: 'transaction', steps: [{ id: 'one', url: `${base}/`, extract }] });
    expect((await one({ v: { pointer: '/a/b' } })).reason).toBe('step one: "v" is not in the answer');
    expect((await one({ v: { pattern: '(z)' } })).reason).toBe('step one: "v" is not in the answer');
    expect((await one({ v: { header: 'x-none' } })).reason).toBe('step one: "v" is not in the answer');
  });
});
