/** Keys, TLS and WebSocket against a real nats-server. Certificates are made by openssl; without it, those tests are skipped. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { afterEach, describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { loadInstallation } from '../config/installation.ts';
import { startNats } from '../testing/nats-server.ts';
import { startProxy } from '../testing/tcp-proxy.ts';
import { until } from '../testing/until.ts';
import { Broker } from './broker.ts';
import { brokerOptions, keyFile, type BrokerPlace } from './options.ts';

const log = pino({ level: 'silent' });
const text = (value: string): Uint8Array => Buffer.from(value);
const folder = mkdtempSync(join(tmpdir(), 'kaiku-a-secured-'));
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function server(port: number, config: string): Promise<void> {
  const nats = await startNats(port, config);
  closing.push(() => nats.remove());
}

async function client(place: Omit<BrokerPlace, 'name'> & { readonly patienceMs?: number }): Promise<Broker> {
  const connected = await Broker.connect({ name: 'test', log, ...place });
  closing.push(() => connected.close());
  return connected;
}

/** Whether it is let in, within two seconds unless more are given. */
async function letIn(place: Omit<BrokerPlace, 'name'>, withinMs = 2000): Promise<boolean> {
  const abort = new AbortController();
  const connecting = Broker.connect({ name: 'test', log, ...place, signal: abort.signal }).then(
    async (broker) => {
      const { connected } = broker;
      await broker.close();
      return connected;
    },
    () => false,
  );
  const late = setTimeout(() => abort.abort(), withinMs);
  const result = await connecting;
  clearTimeout(late);
  return result;
}

/** Writes a new key and answers its public part. */
function key(name: string): string {
  const pair = nkeys.createUser();
  writeFileSync(keyFile(folder, 'agent', name), Buffer.from(pair.getSeed()), { mode: 0o600 });
  return pair.getPublicKey();
}

describe('keys', () => {
  test('the right key is let in, another and none are not; a key put in place later is taken up', async () => {
    const known = key('a');
    key('b');
    await server(20450, `authorization { users = [ { nkey: ${known} } ] }`);
    const url = 'nats://127.0.0.1:20450';
    const broker = await client({ url, seedFile: keyFile(folder, 'agent', 'a'), inboxPrefix: '_INBOX_agent-a' });
    await broker.ensureStreams();
    await broker.publishStored('kaiku.data.a', text('x'));
    expect(await letIn({ url, seedFile: keyFile(folder, 'agent', 'b') })).toBe(false);
    expect(await letIn({ url })).toBe(false);
    const later = keyFile(folder, 'agent', 'b');
    const connecting = client({ url, seedFile: later });
    copyFileSync(keyFile(folder, 'agent', 'a'), later);
    expect((await connecting).connected).toBe(true);
  });

  test('an agent without rights to the JetStream API publishes; what it may not do can be tried again', async () => {
    const [agent, logger] = [key('c'), key('d')];
    await server(
      20451,
      `authorization { users = [ { nkey: ${logger} }, { nkey: ${agent}, permissions: {
         publish: [ "kaiku.data.c" ], subscribe: [ "_INBOX_agent-c.>" ] } } ] }`,
    );
    const url = 'nats://127.0.0.1:20451';
    const broker = await client({ url, seedFile: keyFile(folder, 'agent', 'c'), inboxPrefix: '_INBOX_agent-c' });
    await expect(broker.publishStored('kaiku.data.c', text('x'))).rejects.toMatchObject({ retryable: true });
    expect(broker.trouble).toContain('no stream takes it yet');
    const owner = await client({ url, seedFile: keyFile(folder, 'agent', 'd') });
    await owner.ensureStreams();
    await broker.publishStored('kaiku.data.c', text('x'));
    expect(broker.trouble).toBe('');
    await expect(broker.publishStored('kaiku.data.d', text('x'))).rejects.toMatchObject({ retryable: true });
    expect(broker.connected).toBe(true);
  });

  test('a missing key file is told with its place in the file', () => {
    const file = join(folder, 'kaiku.yaml');
    writeFileSync(file, 'version: 1\ninstallation: Test\nbroker:\n  url: nats://127.0.0.1:1\n  keys: keys\n');
    expect(() => brokerOptions(loadInstallation(file), 'agent', 'nobody')).toThrow(
      /broker\.keys: there is no .*keys\/agent-nobody\.nk/,
    );
  });

  test('sites and files of an installation become a place', () => {
    const file = join(folder, 'kaiku.yaml');
    writeFileSync(
      file,
      'version: 1\ninstallation: Test\nbroker: { url: nats://a:1, more: [ wss://b:443 ], keys: . }\n',
    );
    key('e');
    expect(brokerOptions(loadInstallation(file), 'agent', 'e')).toEqual({
      url: 'nats://a:1',
      more: ['wss://b:443'],
      name: 'agent e',
      inboxPrefix: '_INBOX_agent-e',
      seedFile: join(folder, 'agent-e.nk'),
      mends: false,
    });
  });
});

test('WebSocket: stored messages, pulls, and a black hole is left', async () => {
  await server(20452, 'websocket { listen: "127.0.0.1:20453", no_tls: true }');
  const proxy = await startProxy(20454, 20453);
  closing.push(() => proxy.close());
  const broker = await client({ url: 'ws://127.0.0.1:20454', patienceMs: 1000 });
  await broker.ensureStreams();
  const big = Buffer.alloc(300_000, 'x');
  await broker.publishStored('kaiku.data.a', big);
  await until('delivered', async () => {
    const [delivery] = await broker.pull('data', 'reader', 1, 100);
    delivery?.ack();
    return delivery !== undefined && Buffer.compare(delivery.bytes, big) === 0;
  });
  proxy.swallow('up', 'down');
  await until('left', () => !broker.connected);
  proxy.swallow();
  await until('returned to', () => broker.connected);
  await until('published', () =>
    broker.publishStored('kaiku.data.a', text('after')).then(
      () => true,
      () => false,
    ),
  );
});

function opensslThere(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!opensslThere())('TLS with a private authority', () => {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const ca = join(folder, 'ca.pem');

  test('tls:// and wss:// with the authority; refused without it; no fall back to plain', async () => {
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
      '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.pem'); // prettier-ignore
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=broker',
      '-keyout', 'server.key', '-out', 'server.csr'); // prettier-ignore
    writeFileSync(join(folder, 'san.cnf'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2',
      '-extfile', 'san.cnf', '-out', 'server.pem'); // prettier-ignore
    const tls = `tls { cert_file: "${folder}/server.pem", key_file: "${folder}/server.key" }`;
    await server(20455, `${tls}\nwebsocket { listen: "127.0.0.1:20456", ${tls} }`);
    await server(20457, '');
    for (const url of [
      'tls://127.0.0.1:20455',
      'tls://localhost:20455',
      'nats://127.0.0.1:20455',
      'wss://127.0.0.1:20456',
      'wss://localhost:20456',
    ]) {
      const broker = await client({ url, caFile: ca });
      await broker.ensureStreams();
      await broker.publishStored('kaiku.data.a', text(url));
    }
    expect(await letIn({ url: 'tls://127.0.0.1:20455' })).toBe(false);
    expect(await letIn({ url: 'wss://127.0.0.1:20456' })).toBe(false);
    expect(await letIn({ url: 'tls://127.0.0.1:20457', caFile: ca })).toBe(false);
    expect(await letIn({ url: 'nats://127.0.0.1:20457' }, 20_000)).toBe(true);
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);
});
