/** Keys and the configuration that follows from them; certificates as TLS itself sees them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { brokerConfig, usersConfig } from './broker-config.ts';
import { roomForStreams } from './broker-room.ts';
import { daysLeft, makeCertificates, renewWhenOld } from './certificates.ts';
import { KeyFolder } from './key-folder.ts';
import { inboxOf, permissionsOf } from './permissions.ts';

const DAY_MS = 86_400_000;
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kaiku-keys-G-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const AGENT = { role: 'agent', name: 'agent-1' } as const;

describe('key folder', () => {
  test('a seed is its owner’s alone, and the public half follows from it', () => {
    const folder = new KeyFolder(join(dir, 'keys'));
    const { publicKey } = folder.create(AGENT, { keepSeed: true });
    expect(statSync(folder.seedFile(AGENT)).mode & 0o777).toBe(0o600);
    expect(statSync(folder.dir).mode & 0o777).toBe(0o700);
    expect(folder.seedProblem(AGENT)).toBeUndefined();
    expect(folder.list()).toEqual([{ ...AGENT, publicKey, seedHere: true }]);
    rmSync(join(folder.dir, 'agent-agent-1.pub'));
    expect(folder.list()[0]?.publicKey).toBe(publicKey);
  });

  test('the seed of a part elsewhere is not kept', () => {
    const folder = new KeyFolder(dir);
    const { seed, publicKey } = folder.create(AGENT, { keepSeed: false });
    expect(seed).toMatch(/^SU[A-Z2-7]{56}$/);
    expect(folder.list()).toEqual([{ ...AGENT, publicKey, seedHere: false }]);
    expect(folder.seedProblem(AGENT)).toBe('is missing');
  });

  test('what is wrong with a seed is said', () => {
    const folder = new KeyFolder(dir);
    folder.create(AGENT, { keepSeed: true });
    const other = new KeyFolder(join(dir, 'other')).create(AGENT, { keepSeed: false });
    writeFileSync(folder.seedFile(AGENT), other.seed);
    expect(folder.seedProblem(AGENT)).toBe('does not belong to the public key beside it');
    writeFileSync(folder.seedFile(AGENT), 'nonsense');
    expect(folder.seedProblem(AGENT)).toBe('holds no key');
  });
});

describe('configuration', () => {
  test('bounds what a batch may be, what a client may hold, and where streams lie', () => {
    const text = brokerConfig({ listen: '127.0.0.1:20772', storeDir: '/data/broker/jetstream', maxFileStore: 5e9 });
    expect(text).toContain('listen: "127.0.0.1:20772"');
    expect(text).toContain('max_payload: 8MB');
    expect(text).toContain('max_pending: 64MB');
    expect(text).toContain('store_dir: "/data/broker/jetstream"');
    expect(text).toContain('max_file_store: 5000000000');
    expect(text).not.toMatch(/http|tls|websocket|include/);
  });

  test('JetStream gets a share of the disk, what it holds included, and never less than its streams reserved', () => {
    const store = join(dir, 'jetstream');
    const free = statfsSync(dir).bavail * statfsSync(dir).bsize;
    const room = roomForStreams(store);
    expect(room).toBeGreaterThan(0);
    expect(room).toBeLessThanOrEqual(Math.min(64 * 1024 ** 3, free));
    const stream = join(store, 'jetstream/$G/streams/KAIKU_DATA');
    mkdirSync(join(stream, 'obs/logger-1'), { recursive: true });
    writeFileSync(join(stream, 'obs/logger-1/meta.inf'), '{"ack_wait":1}');
    writeFileSync(join(stream, 'meta.inf'), JSON.stringify({ name: 'KAIKU_DATA', max_bytes: 9e15 }));
    expect(roomForStreams(store)).toBe(9e15);
  });

  test('agents stand in an account of their own, without JetStream', () => {
    const folder = new KeyFolder(dir);
    const agent = folder.create(AGENT, { keepSeed: false }).publicKey;
    const logger = folder.create({ role: 'logger', name: 'logger-1' }, { keepSeed: false }).publicKey;
    const [centre = '', agents = ''] = usersConfig(folder.list()).split('  AGENTS {');
    expect(centre).toContain(logger);
    expect(centre).not.toContain(agent);
    expect(agents).toContain(agent);
    expect(agents).not.toContain('jetstream');
  });

  test('an agent speaks under its own name only', () => {
    const { publish, subscribe } = permissionsOf(AGENT);
    expect(publish.every((subject) => subject.startsWith('kaiku.') && subject.endsWith('.agent-1'))).toBe(true);
    expect(subscribe).toEqual([inboxOf(AGENT), 'kaiku.ack.*.agent-1', 'kaiku.cmd.agent-1']);
  });

  test.each(['logger', 'store', 'analyzer', 'web'] as const)('a %s can neither purge nor delete a stream', (role) => {
    const { publish } = permissionsOf({ role, name: 'x-1' });
    expect(publish.filter((subject) => /STREAM\.(?:PURGE|DELETE|MSG\.DELETE)|^>$|API\.>/.test(subject))).toEqual([]);
  });
});

describe('certificates', () => {
  test('TLS accepts the certificate for its names with the authority, and for no other', async () => {
    await makeCertificates(dir, ['localhost', '127.0.0.1']);
    const read = (file: string): string => readFileSync(join(dir, file), 'utf8');
    const server = createServer({ cert: read('broker.crt'), key: read('broker.key') }, (socket) => socket.end());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const visit = (servername: string, ca?: string): Promise<string> =>
      new Promise((done) => {
        const socket = connect({ port, host: '127.0.0.1', servername, ...(ca === undefined ? {} : { ca }) }, () => {
          socket.destroy();
          done('secure');
        });
        socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
      });
    expect(await visit('localhost', read('ca.crt'))).toBe('secure');
    expect(await visit('example.org', read('ca.crt'))).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await visit('localhost')).toMatch(/SELF_SIGNED|UNABLE_TO/);
    server.close();
    expect(statSync(join(dir, 'ca.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'broker.key')).mode & 0o777).toBe(0o600);
  });

  test('a server certificate near its end is made anew by the same authority, for the same names', async () => {
    const nowMs = Date.now();
    await makeCertificates(dir, ['localhost', '127.0.0.1', '::1'], nowMs - 700 * DAY_MS);
    const authority = readFileSync(join(dir, 'ca.crt'), 'utf8');
    expect(Math.round(daysLeft(join(dir, 'broker.crt'), nowMs) ?? 0)).toBe(30);
    expect(await renewWhenOld(dir, nowMs)).toBe(true);
    expect(await renewWhenOld(dir, nowMs)).toBe(false);
    expect(Math.round(daysLeft(join(dir, 'broker.crt'), nowMs) ?? 0)).toBe(730);
    expect(readFileSync(join(dir, 'ca.crt'), 'utf8')).toBe(authority);
  });
});
