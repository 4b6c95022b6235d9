/** `listen` of an agent's entry: what it may say, and the words for what it may not. */
import { expect, test } from 'vitest';
import { listenSchema } from './config.ts';

test('defaults', () => {
  expect(listenSchema.parse({ traps: {}, syslog: { udp: {}, tls: { cert: 'a.crt', key: 'a.key' } } })).toEqual({
    traps: { host: '::', port: 162, communities: [], users: [] },
    syslog: {
      udp: { host: '::', port: 514 },
      tls: { host: '::', port: 6514, cert: 'a.crt', key: 'a.key' },
      connections: 256,
      connectionsPerSource: 16,
      idleS: 3600,
    },
    limits: {
      perSource: 100,
      sourceBurst: 1000,
      strangers: 200,
      strangersBurst: 1000,
      total: 2000,
      totalBurst: 4000,
      reportEveryS: 60,
    },
  });
});

test.each([
  ['an unknown key', { trap: {} }, 'Unrecognized key: "trap"'],
  ['a port that is none', { traps: { port: 70_000 } }, 'Too big'],
  ['TLS without its key', { syslog: { tls: { cert: 'a.crt' } } }, 'expected string'],
  [
    'a short password',
    { traps: { users: [{ user: 'u', auth: { protocol: 'md5', password: 'short' } }] } },
    'must have at least 8 characters (RFC 3414)',
  ],
  [
    'privacy alone',
    { traps: { users: [{ user: 'u', privacy: { protocol: 'des', password: 'long enough' } }] } },
    'privacy needs authentication (RFC 3414)',
  ],
])('%s', (_, given, message) => {
  const parsed = listenSchema.safeParse(given);
  expect(parsed.success).toBe(false);
  expect(parsed.error?.issues.map((issue) => issue.message).join()).toContain(message);
});
