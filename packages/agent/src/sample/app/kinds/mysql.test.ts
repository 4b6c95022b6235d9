/** What real servers do not show in a test: how a session without a login ends. */
import { expect, test } from 'vitest';
import { startRudeServer } from '../testing/rude-server.ts';
import { runCheck } from '../testing/run-check.ts';

function packet(sequence: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([body.length, 0, 0, sequence]), body]);
}
const GREETING = Buffer.concat([
  Buffer.from('\u000a8.0.36\0', 'latin1'),
  Buffer.alloc(4),
  Buffer.from('12345678\0', 'latin1'),
  Buffer.from([0xff, 0xf7, 45, 2, 0, 0xff, 0xdf, 21]),
  Buffer.alloc(10),
  Buffer.from('123456789012\0caching_sha2_password\0', 'latin1'),
]);
const REFUSED = Buffer.concat([
  Buffer.from([0xff, 0x15, 0x04]),
  Buffer.from("#28000Access denied for user 'kaiku-check'"),
]);
const SWITCH = Buffer.from('\u00femysql_native_password\u000012345678901234567890\0', 'latin1');

test('the greeting alone: the session ends with a refused login, or the server would come to lock this host out', async () => {
  const heard: Buffer[] = [];
  let lastWords = 0;
  const server = await startRudeServer((socket) => {
    socket.write(packet(0, GREETING));
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      if (heard.length === 1) socket.write(packet(2, SWITCH));
      else {
        lastWords += 1;
        socket.write(packet(4, REFUSED));
      }
    });
  });
  const result = await runCheck({ check: 'mysql', port: server.port });
  server.stop();
  expect(result).toMatchObject({ status: 'ok', reason: '', facts: { serverBanner: 'MySQL 8.0.36' } });
  expect(heard[0]?.toString('latin1')).toContain('kaiku-check\0');
  // Nothing that could be a password, not even when the server asks for one.
  expect(heard[1]).toEqual(Buffer.from([0, 0, 0, 3]));
  expect(lastWords).toBe(1);
});
