import { expect, test } from 'vitest';
import { style } from '../terminal/style.ts';
import { prettyLine, readLine } from './line.ts';

const plain = style(false);

test('a line of pino: time, message, the fields that say more', () => {
  const line =
    '{"level":40,"time":"2026-11-22T15:04:05.123Z","role":"logger","name":"logger-1","pid":7,"err":{"message":"store away"},"waitMs":500,"msg":"insert failed"}';
  expect(prettyLine('logger-1', readLine(line, 'stdout'), plain)).toBe(
    '15:04:05 logger-1           ! insert failed  err=store away waitMs=500',
  );
});

test('a line of nats-server: its start is detail, its warnings are not', () => {
  expect(readLine('[12] 2026/11/22 15:04:05.123456 [INF] Starting nats-server', 'stderr')).toMatchObject({
    level: 'debug',
  });
  expect(readLine('[12] 2026/11/22 15:04:05.123456 [WRN] Slow consumer', 'stderr')).toEqual({
    level: 'warn',
    time: '15:04:05',
    message: 'Slow consumer',
    fields: [],
  });
});

test('anything else is shown as it stands; on stderr it is an error', () => {
  expect(readLine('{not json', 'stdout')).toMatchObject({ level: 'info', message: '{not json' });
  expect(readLine('Segmentation fault', 'stderr')).toMatchObject({ level: 'error' });
});
