/**
 * Every kind of check against a server nobody here wrote: right answers, wrong logins, what is missing. A server that is
 * not installed skips its tests, by name.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { findBinary, freePort, tempDir, waitFor, type TempDir } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates, type Certificates } from './testing/certificates.ts';
import {
  LDAP_ADMIN,
  startChrony,
  startDnsmasq,
  startDovecot,
  startExim,
  startMariadb,
  startPostgres,
  startSlapd,
  startZoneServer,
  type Foreign,
} from './testing/foreign-servers.ts';
import { runCheck } from './testing/run-check.ts';

const has = (...programs: readonly string[]): boolean => programs.every((name) => findBinary(name) !== undefined);
/** Without openssl there are no certificates, and nothing of this. */
const ready = has('openssl');
const missing = (packageName: string, ...programs: readonly string[]): boolean => {
  const lacking = !ready || !has(...programs);
  if (lacking)
    process.stdout.write(`skipped: checks against ${programs.join(', ')} (apt-get install ${packageName})\n`);
  return lacking;
};

let folder: TempDir;
let certificates: Certificates;
/** Servers of the blocks that are not skipped: all start at once, for some take seconds. */
const wanted: (() => Promise<void>)[] = [];
const running: Foreign[] = [];
beforeAll(async () => {
  folder = await tempDir('foreign');
  // Servers that give up root read their certificates too.
  chmodSync(folder.path, 0o755);
  if (ready) certificates = makeCertificates(folder.path);
  // All are waited for, whatever becomes of one: those that run must be known to be stopped.
  const started = await Promise.allSettled(wanted.map((start) => start()));
  for (const each of started) if (each.status === 'rejected') throw each.reason;
}, 60_000);
afterAll(async () => {
  await Promise.all(running.map((server) => server.stop()));
  await folder?.remove();
});

/** A server for the tests of one block. */
function serverFor(lacking: boolean, start: () => Promise<Foreign>): { readonly current: Foreign } {
  let server: Foreign | undefined;
  if (!lacking) {
    wanted.push(async () => {
      server = await start();
      running.push(server);
    });
  }
  return {
    get current() {
      if (server === undefined) throw new Error('not started');
      return server;
    },
  };
}

const noDnsmasq = missing('dnsmasq-base', 'dnsmasq');
describe.skipIf(noDnsmasq)('dns, asked of dnsmasq', () => {
  const server = serverFor(noDnsmasq, startDnsmasq);
  const dns = (name: string, more: object = {}) => runCheck({ check: 'dns', port: server.current.port, name, ...more });

  test.each([
    ['A', 'www.example.test', '192.0.2.7'],
    ['AAAA', 'www.example.test', '2001:db8::7'],
    ['CNAME', 'web.example.test', 'www.example.test'],
    ['MX', 'example.test', '10 mail.example.test'],
    ['SRV', '_ldap._tcp.example.test', '5 6 389 ldap.example.test'],
    ['TXT', 'example.test', 'v=spf1 -all'],
    ['PTR', '192.0.2.7', 'www.example.test'],
    ['PTR', '2001:db8::7', 'www.example.test'],
  ])('%s of %s', async (type, name, data) => {
    const result = await dns(name, { type, expect: [data] });
    expect(result).toMatchObject({ status: 'ok', reason: '', values: { dnsAnswers: 1, dnsRcode: 0 } });
    expect(result.values['dnsTime']).toBeGreaterThan(0);
  });

  test('an answer too large for UDP comes over TCP, and TCP alone works', async () => {
    expect(await dns('large.example.test', { type: 'TXT', minAnswers: 6 })).toMatchObject({ status: 'ok' });
    expect(await dns('www.example.test', { transport: 'tcp' })).toMatchObject({ status: 'ok' });
  });

  test('a wrong answer, a missing name and an expected one', async () => {
    expect(await dns('www.example.test', { expect: ['192.0.2.9'] })).toMatchObject({
      status: 'error',
      reason: '"192.0.2.9" is not in the answer: 192.0.2.7',
    });
    const none = await dns('nowhere.example.test');
    expect(none).toMatchObject({ status: 'error', reason: 'the server says NXDOMAIN where NOERROR was expected' });
    expect(none.values).toMatchObject({ dnsRcode: 3 });
    expect((await dns('example.test', { type: 'AAAA' })).reason).toBe(
      'no AAAA record in the answer where 1 were expected',
    );
    expect(await dns('nowhere.example.test', { expectRcode: 'NXDOMAIN' })).toMatchObject({ status: 'ok' });
  });
});

describe.skipIf(noDnsmasq)('dns, asked of a server with authority', () => {
  const server = serverFor(noDnsmasq, startZoneServer);
  const dns = (more: object) => runCheck({ check: 'dns', port: server.current.port, recursion: false, ...more });

  test('a zone has its serial number and its name server', async () => {
    const soa = await dns({ name: 'zone.test', type: 'SOA' });
    expect(soa).toMatchObject({ status: 'ok', values: { dnsSerial: 2_024_010_203 } });
    const servers = await dns({ name: 'zone.test', type: 'NS', expect: ['ns.zone.test'] });
    expect(servers).toMatchObject({ status: 'ok', reason: '' });
  });

  test('what is none of its business is refused', async () => {
    const result = await dns({ name: 'www.example.test' });
    expect(result).toMatchObject({ status: 'denied', reason: 'the server says REFUSED where NOERROR was expected' });
    expect(result.values['dnsRcode']).toBe(5);
  });
});

const noSlapd = missing('slapd', 'slapd', 'slapadd');
describe.skipIf(noSlapd)('ldap, asked of slapd', () => {
  const server = serverFor(noSlapd, () => startSlapd(certificates.good));
  const ldap = (more: object = {}) => runCheck({ check: 'ldap', port: server.current.port, ...more });
  const tls = () => ({ ca: certificates.ca });
  const login = { user: LDAP_ADMIN, secret: 'admin' };

  test('anonymous, with an entry', async () => {
    const result = await ldap({ base: 'dc=example,dc=test' });
    expect(result).toMatchObject({ status: 'ok', reason: '' });
    expect(Object.keys(result.values).toSorted()).toEqual(['appConnect', 'appLogin', 'appQuery']);
  });

  test('an entry that is not there', async () => {
    expect(await ldap({ base: 'dc=nobody,dc=test' })).toMatchObject({ status: 'error' });
    expect((await ldap({ base: 'ou=none,dc=example,dc=test' })).reason).toContain('no such entry');
  });

  test('a login by StartTLS, by ldaps, and none in clear', async () => {
    const secrets = { admin: 'directory' };
    const started = await ldap({ security: 'starttls', tls: tls(), login, secrets });
    expect(started).toMatchObject({ status: 'ok', reason: '' });
    expect(started.values['tlsDaysLeft']).toBeCloseTo(10, 1);
    const secure = { security: 'tls', tls: tls(), port: server.current.tlsPort };
    expect(await ldap({ ...secure, login, secrets })).toMatchObject({ status: 'ok', reason: '' });
    expect(await ldap({ login, secrets })).toMatchObject({ status: 'denied' });
  });

  test('a wrong password is denied', async () => {
    const result = await ldap({ login: { ...login, inClear: true }, secrets: { admin: 'wrong' } });
    expect(result).toMatchObject({ status: 'denied', reason: 'bind: invalid credentials' });
  });

  test('the certificate alone, through StartTLS', async () => {
    const found = await runCheck({ check: 'tls', port: server.current.port, starttls: 'ldap', tls: tls() });
    expect(found).toMatchObject({ status: 'ok', reason: '', facts: { tlsSubject: 'localhost' } });
  });
});

const noPostgres = missing('postgresql', 'initdb', 'runuser');
describe.skipIf(noPostgres)('postgres', () => {
  const server = serverFor(noPostgres, () => startPostgres(certificates.good));
  const postgres = (more: object = {}) => runCheck({ check: 'postgres', port: server.current.port, ...more });
  const secrets = { db: 'relational' };
  const as = (user: string, more: object = {}) => ({
    secrets,
    login: { user, secret: 'db', database: 'postgres', ...more },
  });

  test('the greeting alone', async () => {
    const result = await postgres();
    expect(result).toMatchObject({ status: 'ok', reason: '' });
    expect(result.values['appGreeting']).toBeGreaterThan(0);
  });

  test.each(['scram', 'hashed', 'clear'])('a login by %s within TLS, and select 1', async (user) => {
    const result = await postgres({ ...as(user), security: 'starttls', tls: { ca: certificates.ca } });
    expect(result).toMatchObject({ status: 'ok', reason: '' });
    expect(result.facts['serverBanner']).toMatch(/^PostgreSQL \d+/);
    expect(result.values['appQuery']).toBeGreaterThan(0);
  });

  test('without TLS a password goes by SCRAM only, unless it may', async () => {
    expect(await postgres(as('scram'))).toMatchObject({ status: 'ok', reason: '' });
    expect(await postgres(as('clear'))).toMatchObject({ status: 'denied' });
    expect(await postgres(as('hashed'))).toMatchObject({ status: 'denied' });
    expect(await postgres(as('clear', { inClear: true }))).toMatchObject({ status: 'ok', reason: '' });
    expect(await postgres(as('hashed', { inClear: true }))).toMatchObject({ status: 'ok', reason: '' });
  });

  test('a wrong password, an unknown database', async () => {
    const wrong = await postgres({ ...as('scram'), secrets: { db: 'wrong' } });
    expect(wrong).toMatchObject({ status: 'denied' });
    expect(wrong.reason).toContain('password authentication failed');
    expect(await postgres(as('scram', { database: 'nothing' }))).toMatchObject({ status: 'denied' });
  });

  test('the certificate alone', async () => {
    const tls = { ca: certificates.ca };
    expect(await runCheck({ check: 'tls', port: server.current.port, starttls: 'postgres', tls })).toMatchObject({
      status: 'ok',
      reason: '',
    });
  });
});

const noMariadb = missing(
  'mariadb-server-core mariadb-client-core',
  'mariadbd',
  'mariadb-install-db',
  'my_print_defaults',
);
describe.skipIf(noMariadb)('mysql, asked of MariaDB', () => {
  const server = serverFor(noMariadb, () => startMariadb(certificates.good));
  const mysql = (more: object = {}) => runCheck({ check: 'mysql', port: server.current.port, ...more });
  const login = { user: 'monitor', secret: 'db' };
  const secrets = { db: 'relational' };

  test('the greeting alone', async () => {
    const result = await mysql();
    expect(result).toMatchObject({ status: 'ok', reason: '' });
    expect(result.facts['serverBanner']).toContain('MariaDB');
  });

  test('a login, within TLS and without, and select 1', async () => {
    const plain = await mysql({ login, secrets });
    expect(plain).toMatchObject({ status: 'ok', reason: '' });
    expect(plain.values['appQuery']).toBeGreaterThan(0);
    const secure = await mysql({ login, secrets, security: 'starttls', tls: { ca: certificates.ca } });
    expect(secure).toMatchObject({ status: 'ok', reason: '', facts: { tlsSubject: 'localhost' } });
  });

  test('a wrong password is denied', async () => {
    const result = await mysql({ login, secrets: { db: 'wrong' } });
    expect(result).toMatchObject({ status: 'denied' });
    expect(result.reason).toContain('Access denied');
  });
});

const root = process.getuid?.() === 0;
const noDovecot = missing('dovecot-imapd', 'dovecot') || !root;
describe.skipIf(noDovecot)('imap, asked of Dovecot (as root)', () => {
  const server = serverFor(noDovecot, () => startDovecot(certificates.good));
  const imap = (more: object = {}) => runCheck({ check: 'imap', port: server.current.port, ...more });
  const tls = () => ({ ca: certificates.ca });
  const login = { user: 'mailer', secret: 'mail' };
  const secrets = { mail: 'post-office' };

  test('the greeting alone', async () => {
    const result = await imap();
    expect(result).toMatchObject({ status: 'ok', reason: '' });
    expect(result.facts['serverBanner']).toContain('Dovecot');
  });

  test('a login by STARTTLS, by TLS, and none in clear', async () => {
    expect(await imap({ security: 'starttls', tls: tls(), login, secrets })).toMatchObject({
      status: 'ok',
      reason: '',
    });
    const secure = { security: 'tls', tls: tls(), port: server.current.tlsPort };
    const result = await imap({ ...secure, login, secrets });
    expect(result).toMatchObject({ status: 'ok', reason: '' });
    expect(result.values['appLogin']).toBeGreaterThan(0);
    expect(await imap({ login, secrets })).toMatchObject({ status: 'denied' });
  });

  test('a certificate nobody vouches for fails before the password is said', async () => {
    const result = await imap({ security: 'starttls', login, secrets });
    expect(result).toMatchObject({ status: 'error' });
    expect(result.reason).toContain('not trusted');
    expect(result.values['tlsDaysLeft']).toBeCloseTo(10, 1);
  });

  test('the certificate alone, through STARTTLS', async () => {
    const found = await runCheck({ check: 'tls', port: server.current.port, starttls: 'imap', tls: tls() });
    expect(found).toMatchObject({ status: 'ok', reason: '' });
  });
});

const noExim = missing('exim4-daemon-light', 'exim4') || !root;
describe.skipIf(noExim)('smtp, asked of Exim (as root)', () => {
  const server = serverFor(noExim, () => startExim(certificates.good));
  const smtp = (more: object = {}) => runCheck({ check: 'smtp', port: server.current.port, ...more });
  const tls = () => ({ ca: certificates.ca });
  const login = { user: 'mailer', secret: 'mail' };
  const secrets = { mail: 'post-office' };

  test('the greeting alone', async () => {
    const result = await smtp();
    expect(result).toMatchObject({ status: 'ok', reason: '' });
    expect(result.facts['serverBanner']).toMatch(/^mail\.example\.test ESMTP Exim [\d.]+$/);
  });

  test('a login by STARTTLS, by TLS, and none in clear', async () => {
    const result = await smtp({ security: 'starttls', tls: tls(), login, secrets });
    expect(result).toMatchObject({ status: 'ok', reason: '' });
    expect(result.values['appLogin']).toBeGreaterThan(0);
    const secure = { security: 'tls', tls: tls(), port: server.current.tlsPort };
    expect(await smtp({ ...secure, login, secrets })).toMatchObject({ status: 'ok', reason: '' });
    expect(await smtp({ login, secrets })).toMatchObject({ status: 'denied' });
  });

  test('a wrong password is denied', async () => {
    const result = await smtp({ security: 'starttls', tls: tls(), login, secrets: { mail: 'wrong' } });
    expect(result).toMatchObject({ status: 'denied' });
    expect(result.reason).toMatch(/^login refused: 535/);
  });

  test('the certificate alone, through STARTTLS', async () => {
    const found = await runCheck({ check: 'tls', port: server.current.port, starttls: 'smtp', tls: tls() });
    expect(found).toMatchObject({ status: 'ok', reason: '' });
  });
});

const noChrony = missing('chrony', 'chronyd');
describe.skipIf(noChrony)('ntp, asked of chrony', () => {
  const server = serverFor(noChrony, startChrony);

  test('offset, delay and stratum of a server that has our clock', async () => {
    const ask = (more: object = {}) => runCheck({ check: 'ntp', port: server.current.port, timeoutMs: 1000, ...more });
    await waitFor(async () => (await ask()).status === 'ok', 10_000, 'chrony to answer');
    const result = await ask({ version: 3 });
    expect(result).toMatchObject({ status: 'ok', values: { ntpStratum: 3, ntpLeap: 0 } });
    expect(Math.abs(result.values['ntpOffset'] ?? Number.NaN)).toBeLessThan(100);
    expect(await ask({ maxStratum: 2 })).toMatchObject({ status: 'error', reason: 'stratum 3, more than 2' });
  });
});

describe.skipIf(missing('openssl python3', 'python3'))('http, asked of Python, tcp of OpenSSL', () => {
  test('a page, its status and its server', async () => {
    const port = await freePort();
    const server = spawn(
      'python3',
      ['-m', 'http.server', '--bind', '127.0.0.1', '--directory', folder.path, `${port}`],
      {
        stdio: 'ignore',
      },
    );
    try {
      const ask = (path: string) => runCheck({ check: 'http', url: `http://127.0.0.1:${port}${path}` });
      await waitFor(async () => (await ask('/')).status === 'ok', 10_000, 'the server to answer');
      const page = await ask('/names');
      expect(page).toMatchObject({ status: 'ok', values: { httpStatus: 200 } });
      expect(page.facts['serverBanner']).toContain('Python');
      expect(await ask('/nothing')).toMatchObject({
        status: 'error',
        reason: 'HTTP 404 Not Found where 2xx was expected',
      });
    } finally {
      server.kill();
    }
  });

  test('a port in TLS', async () => {
    const port = await freePort();
    const { certFile, keyFile } = certificates.good;
    const server = spawn('openssl', ['s_server', '-accept', `${port}`, '-cert', certFile, '-key', keyFile, '-www'], {
      stdio: 'ignore',
    });
    try {
      const tls = { ca: certificates.ca };
      const ask = () =>
        runCheck({
          check: 'tcp',
          port,
          security: 'tls',
          tls,
          send: 'GET / HTTP/1.0\r\n\r\n',
          expect: 'Ciphers supported',
        });
      await waitFor(async () => (await ask()).status === 'ok', 10_000, 'the server to answer');
      const words = execFileSync('openssl', ['x509', '-in', certFile, '-noout', '-enddate'], { encoding: 'utf8' });
      const result = await runCheck({ check: 'tls', port, tls });
      expect(Date.parse(result.facts['tlsNotAfter'] ?? '')).toBe(Date.parse(words.replace('notAfter=', '')));
      expect(result.facts['tlsProtocol']).toBe('TLSv1.3');
    } finally {
      server.kill();
    }
  });
});
