/** An engine's clock as we follow it, and what its reports ask for. */
import { describe, expect, test } from 'vitest';
import { TAG } from '../codec/ber.ts';
import { readCommunityMessage } from '../codec/community-message.ts';
import { Answer } from '../codec/pdu.ts';
import type { UsmMessage } from '../codec/usm-message.ts';
import { answerMessage, number } from '../testing.ts';
import { inWindow, reportStep, timeOf, type Engine } from './usm-engine.ts';

const engine = (): Engine => ({
  id: new Uint8Array(),
  keys: { auth: Buffer.alloc(0), privacy: Buffer.alloc(0) },
  boots: 3,
  time: 1000,
  heardMs: 0,
});
const message = (boots: number, time: number): UsmMessage => ({ boots, time }) as UsmMessage;

describe('the window of 150 s', () => {
  test.each([
    ['on time', 3, 1060, true],
    ['149 s behind', 3, 911, true],
    ['151 s behind: a recording', 3, 909, false],
    ['of an earlier start', 2, 999_999, false],
    ['of a later start', 4, 5, true],
  ])('%s', (_, boots, time, fits) => {
    expect(inWindow(engine(), message(boots, time), 60_000)).toBe(fits);
  });

  test('the clock goes on with what is heard, and between', () => {
    const known = engine();
    expect(timeOf(known, 59_900)).toBe(1059);
    inWindow(known, message(3, 1064), 60_000);
    expect(known).toMatchObject({ boots: 3, time: 1064, heardMs: 60_000 });
    inWindow(known, message(3, 1000), 61_000);
    expect(timeOf(known, 61_000)).toBe(1065);
    inWindow(known, message(4, 2), 62_000);
    expect(known).toMatchObject({ boots: 4, time: 2, heardMs: 62_000 });
  });
});

test.each([
  ['1.3.6.1.6.3.15.1.1.1.0', 'denied'],
  ['1.3.6.1.6.3.15.1.1.2.0', 'outOfStep'],
  ['1.3.6.1.6.3.15.1.1.3.0', 'denied'],
  ['1.3.6.1.6.3.15.1.1.4.0', 'unknownEngine'],
  ['1.3.6.1.6.3.15.1.1.5.0', 'denied'],
  ['1.3.6.1.6.3.15.1.1.6.0', 'denied'],
  ['1.3.6.1.6.3.15.1.1.9.0', 'error'],
  ['1.3.6.1.6.3.11.2.1.3.0', 'error'],
])('report %s: %s', (oid, step) => {
  const answer = new Answer();
  readCommunityMessage(answerMessage({ id: 1, varbinds: [{ oid, ...number(TAG.counter32, 7) }] }), '2c', answer);
  expect(reportStep(answer)).toBe(step);
});
