/**
 * Every kind of check against servers that mean harm or mean nothing: garbage, silence, drips, floods, ends in the middle.
 * Each run ends in its time with a reason, and nothing escapes it.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import { freePort } from '@kaiku/testkit';
import { describe, expect, test } from 'vitest';
import { flood, startRudeServer } from './testing/rude-server.ts';
import { runCheck, type CheckResult } from './testing/run-check.ts';

const login = { user: 'u', secret: 'p', inClear: true };
const KINDS: readonly { readonly check: string; readonly [key: string]: unknown }[] = [
  { check: 'http' },
  { check: 'transaction' },
  { check: 'tcp', expect: 'never said' },
  { check: 'tls' },
  { check: 'dns', transport: 'tcp', name: 'example.test' },
  { check: 'smtp', login },
  { check: 'imap', login },
  { check: 'ldap', login, base: '' },
  { check: 'postgres', login },
  { check: 'mysql', login },
  { check: 'smtp', security: 'starttls' },
  { check: 'imap', security: 'starttls' },
  { check: 'ldap', security: 'starttls' },
  { check: 'postgres', security: 'starttls' },
  { check: 'mysql', security: 'starttls' },
];

/** One line, whatever the server said. */
const WELL_SAID = /^[^\p{Cc}]{3,300}$/u;

async function against(
  kind: (typeof KINDS)[number],
  timeoutMs: number,
  behave: (socket: Socket) => void,
): Promise<CheckResult> {
  const server = await startRudeServer(behave);
  const url = `http://127.0.0.1:${server.port}/`;
  const secrets = 'login' in kind ? { p: 'a secret word' } : {};
  try {
    const more = kind.check === 'transaction' ? { steps: [{ id: 'one', url }] } : {};
    const where = kind.check === 'http' ? { url } : kind.check === 'transaction' ? more : { port: server.port };
    return await runCheck({ ...kind, ...where, secrets, timeoutMs });
  } finally {
    server.stop();
  }
}

const name = ({ check, security = '' }: (typeof KINDS)[number]): string => `${check} ${String(security)}`.trim();

describe.each(KINDS.map((kind) => [name(kind), kind] as const))('%s', (_name, kind) => {
  test('garbage, and the end', async () => {
    for (let round = 0; round < 20; round += 1) {
      const result = await against(kind, 2000, (socket) => socket.end(randomBytes(300)));
      expect(result.status).toMatch(/^(?:malformed|error|denied|unsupported)$/);
      expect(result.reason).toMatch(WELL_SAID);
    }
  });

  test('the connection ends without a word', async () => {
    const result = await against(kind, 2000, (socket) => socket.destroy());
    expect(result.status).toMatch(/^(?:malformed|error)$/);
    expect(result.reason).toMatch(WELL_SAID);
  });

  test('silence ends at the deadline, and says what was waited for', async () => {
    const result = await against(kind, 150, () => undefined);
    expect(result).toMatchObject({
      status: 'timeout',
      reason: expect.stringMatching(/^(?:step one: )?not within 150 ms: .{5,}/),
    });
  });

  test('a drip of one byte at a time does not stretch it', async () => {
    const result = await against(kind, 200, (socket) => {
      const timer = setInterval(() => socket.write('2'), 10);
      socket.on('close', () => clearInterval(timer));
    });
    expect(result.status).toMatch(/^(?:timeout|malformed|error|denied)$/);
  });

  test('a flood ends in a reason, not in memory', async () => {
    const before = process.memoryUsage().rss;
    const result = await against(kind, 1000, (socket) => flood(socket, Buffer.alloc(65_536, 'a')));
    expect(result.status).toMatch(/^(?:malformed|error|timeout|denied)$/);
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  test('lines without end', async () => {
    const result = await against(kind, 1000, (socket) => flood(socket, Buffer.from('220-and more\r\n'.repeat(1000))));
    expect(result.status).not.toBe('ok');
  });

  test('a closed port is refused', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const secrets = 'login' in kind ? { p: 'a secret word' } : {};
    const where = kind.check === 'http' ? { url } : { steps: [{ id: 'one', url }] };
    const result = await runCheck({
      ...kind,
      secrets,
      ...(kind.check === 'http' || kind.check === 'transaction' ? where : { port }),
    });
    expect(result.status).toBe('refused');
    expect(result.reason).toContain('connection refused: connecting to 127.0.0.1 port');
  });
});

describe('over UDP', () => {
  const kinds = [{ check: 'dns', name: 'example.test' }, { check: 'ntp' }] as const;
  const udp = async (kind: (typeof kinds)[number], answer: (asked: Buffer) => Buffer): Promise<CheckResult> => {
    const socket = createSocket('udp4');
    socket.on('message', (asked, from) => socket.send(answer(asked), from.port, from.address));
    await new Promise<void>((done) => void socket.bind(0, '127.0.0.1', done));
    try {
      return await runCheck({ ...kind, port: socket.address().port, timeoutMs: 200 });
    } finally {
      socket.close();
    }
  };

  test.each(kinds)('$check: strays are not heard, a closed port is refused', async (kind) => {
    expect(await udp(kind, () => randomBytes(100))).toMatchObject({ status: 'timeout' });
    expect(await runCheck({ ...kind, port: await freePort(), timeoutMs: 1000 })).toMatchObject({ status: 'refused' });
  });

  test('dns: the right number on garbage is malformed', async () => {
    const result = await udp(kinds[0], (asked) =>
      Buffer.concat([asked.subarray(0, 2), randomBytes(2).fill(0x81), randomBytes(60).fill(0xff)]),
    );
    expect(result).toMatchObject({ status: 'malformed' });
  });

  test('ntp: a kiss of death is respected, an unsynchronised clock is no clock', async () => {
    const reply = (asked: Buffer, first: number, stratum: number): Buffer => {
      const packet = Buffer.alloc(48);
      packet[0] = first;
      packet[1] = stratum;
      packet.write('RATE', 12, 'latin1');
      asked.copy(packet, 24, 40, 48);
      return packet;
    };
    expect(await udp(kinds[1], (asked) => reply(asked, 0x24, 0))).toMatchObject({
      status: 'denied',
      reason: 'the server wants no questions: RATE',
    });
    expect(await udp(kinds[1], (asked) => reply(asked, 0xe4, 5))).toMatchObject({
      status: 'error',
      values: { ntpLeap: 3 },
    });
  });
});
