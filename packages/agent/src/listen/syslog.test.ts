/** Syslog from util-linux' logger, openssl and plain sockets, over UDP, TCP and TLS, into a listener that runs as in the agent. */
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { renameSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { findBinary, freePort, freeUdpPort, tempDir, type TempDir } from '@kaiku/testkit';
import { until } from '@kaiku/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram, startListener, type TestListener } from './testing.ts';

const missing = findBinary('logger') === undefined || findBinary('openssl') === undefined;

async function stream(port: number, ...chunks: (string | Buffer)[]): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await new Promise((done) => socket.once('connect', done));
  for (const chunk of chunks) socket.write(chunk);
  return socket;
}

describe.skipIf(missing)('syslog (logger, openssl needed)', () => {
  let listener: TestListener;
  let folder: TempDir;
  let [udp, tcp, tls] = [0, 0, 0];
  let [key, cert] = ['', ''];
  const makeCertificate = (name: string): void => {
    const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', ...pair, '-subj', `/CN=${name}`, '-days', '2'], { stdio: 'ignore' });
  };
  /** Whom the listener says it is to one who connects now. */
  const presented = (port = tls): Promise<string> =>
    new Promise((done, fail) => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        done(socket.getPeerCertificate().subject.CN);
        socket.destroy();
      }).on('error', fail);
    });
  const logger = (port: number, ...words: string[]) =>
    runProgram('logger', ['-n', '127.0.0.1', '-P', `${port}`, ...words]);
  const heard = (text: string) => listener.event(text, ({ message }) => message.includes(text));

  beforeAll(async () => {
    folder = await tempDir('syslog');
    [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
    makeCertificate('localhost');
    [udp, tcp, tls] = [await freeUdpPort(), await freePort(), await freePort()];
    listener = await startListener(
      ({ host }) => ({
        syslog: {
          udp: { host, port: udp },
          tcp: { host, port: tcp },
          tls: { host, port: tls, cert, key },
          connectionsPerSource: 4,
        },
      }),
      [{ entity: 'relayed-1', address: '192.0.2.9' }],
    );
  });
  afterAll(async () => {
    await listener.stop();
    await folder.remove();
  });

  test('RFC 3164 over UDP: severity, tag, process, time; the device by its name where the address is nobody’s', async () => {
    await logger(udp, '--udp', '--rfc3164', '-p', 'daemon.err', '-t', 'sshd', '--id=77', 'link lost');
    const event = await heard('link lost');
    expect(event).toMatchObject({
      kind: 'syslog',
      source: '127.0.0.1',
      name: 'sshd',
      severity: 3,
      message: 'link lost',
      entity: '',
    });
    expect(event.fields).toMatchObject({ facility: 'daemon', process: '77' });
    expect(Math.abs(Date.parse(event.fields['time'] ?? '') - event.tsMs)).toBeLessThan(60_000);
    const socket = createSocket('udp4');
    socket.send('<13>Oct 11 22:14:15 relayed-1.example.org app: passed on', udp, '127.0.0.1', () => socket.close());
    expect(await heard('passed on')).toMatchObject({ entity: 'relayed-1', fields: { host: 'relayed-1.example.org' } });
  });

  test('RFC 5424 with structured data, over UDP and, counted and by lines, over TCP', async () => {
    const data = ['--sd-id', 'who@32473', '--sd-param', 'name="Kaiku"'];
    await logger(udp, '--udp', '--rfc5424', '-p', 'local3.notice', '-t', 'app', '--msgid', 'ID47', ...data, 'over udp');
    const event = await heard('over udp');
    expect(event).toMatchObject({ name: 'app', severity: 5, message: 'over udp' });
    expect(event.fields).toMatchObject({ facility: 'local3', messageId: 'ID47', 'who@32473.name': 'Kaiku' });
    await logger(tcp, '--tcp', '--rfc5424', '--octet-count', 'counted octets');
    await heard('counted octets');
    await logger(tcp, '--tcp', '--rfc3164', 'ended by a line feed');
    await heard('ended by a line feed');
  });

  test('TLS: openssl s_client', async () => {
    const client = spawn('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${tls}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const message = '<14>1 2026-01-02T03:04:05Z fw kernel - - - over tls';
    client.stdin.on('error', () => undefined);
    client.stdin.write(`${message.length} ${message}`);
    expect(await heard('over tls')).toMatchObject({
      name: 'kernel',
      fields: { host: 'fw', time: '2026-01-02T03:04:05.000Z' },
    });
    client.stdin.end();
    client.kill();
    // What speaks no TLS is no message and ends nothing.
    (await stream(tls, '<14>plain text on the TLS port\n')).destroy();
    await logger(tcp, '--tcp', 'still listening');
    await heard('still listening');
  });

  test('a renewed certificate is shown to who connects next; one that is no pair, or gone, changes nothing', async () => {
    const old = await stream(tcp);
    expect(await presented()).toBe('localhost');
    renameSync(cert, `${cert}.away`);
    await until('it to be said', () => listener.listener.note().includes('cannot be read'));
    writeFileSync(cert, 'no certificate');
    await until('it to be said', () => listener.listener.note().includes('cannot be used'));
    expect(await presented()).toBe('localhost');
    makeCertificate('renewed');
    await until('the new one', async () => (await presented()) === 'renewed');
    expect(listener.listener.note()).toBe('');
    old.write('<13>app: who was there stays\n');
    await heard('who was there stays');
    old.destroy();
  });

  test('without its certificate TLS alone is not heard, and it is when the files come', async () => {
    const place = { host: '127.0.0.1', port: await freePort() };
    const files = { cert: 'later.pem', key: 'later-key.pem' };
    const port = await freeUdpPort();
    const second = await startListener(
      ({ host }) => ({ syslog: { udp: { host, port }, tls: { ...place, ...files } } }),
      [],
      1,
    );
    await until('it to be said', () => second.listener.note().includes('later.pem cannot be read'));
    await logger(port, '--udp', 'heard all the same');
    await second.event('it', ({ message }) => message.includes('heard all the same'));
    for (const [from, to] of [[cert, files.cert] as const, [key, files.key] as const]) {
      execFileSync('cp', [from, join(second.dir, to)]);
    }
    await until('TLS to be heard', async () => (await presented(place.port).catch(() => '')) !== '');
    expect(second.listener.note()).toBe('');
    await second.stop();
  });

  test('both framings on one connection; too long is cut and says so; no text is lost to bytes that are no text', async () => {
    const long = `<13>app: ${'x'.repeat(20_000)}`;
    const socket = await stream(
      tcp,
      '<13>app: first\n',
      '16 <13>app: se',
      'cond!<13>app: th',
      'ird\n',
      `${long}\n`,
      `${long.length} ${long}`,
      '<13>app: after the long\n',
    );
    await heard('after the long');
    for (const text of ['first', 'second!', 'third']) await heard(text);
    const cut = listener.events.filter(({ fields }) => fields['cutFrom'] !== undefined);
    expect(cut).toHaveLength(2);
    expect(cut.every(({ raw }) => raw.length === 8192)).toBe(true);
    socket.write(Buffer.from([...Buffer.from('<13>app: gr'), 0xfc, ...Buffer.from('n caf\u00e9\n', 'latin1')]));
    const event = await heard('grün café');
    expect(Buffer.from(event.raw).includes(0xfc)).toBe(true);
    socket.destroy();
  });

  test('a message without its end counts when its sender goes; one connection too many is turned away', async () => {
    (await stream(tcp, '<13>app: unfinished')).end();
    await heard('unfinished');
    const sockets = await Promise.all([1, 2, 3, 4, 5, 6].map(() => stream(tcp)));
    let closed = 0;
    for (const socket of sockets) socket.once('close', () => (closed += 1)).on('error', () => undefined);
    await until('some to be closed', () => closed >= 2);
    await until('it to be counted', () => (listener.metrics.figures()['refused_syslog_connections'] ?? 0) >= 2);
    for (const socket of sockets) socket.destroy();
  });
});
