/** When to trace, and what a trace says. */
import { describe, expect, test } from 'vitest';
import type { PacketFate } from './messages.ts';
import { learnRoute, routeOf, routeText, traceReason, type Route, type RouteState } from './route.ts';

const HOUR_MS = 3_600_000;
const AT_MS = 100 * HOUR_MS;

/** `a b * t!`: hops, `*` one that is silent, `!` the target. */
function route(text: string): Route {
  const words = text.split(' ');
  return { hops: words.map((word) => (word === '*' ? null : word.replace('!', ''))), arrived: text.endsWith('!') };
}

describe('a trace is due', () => {
  const known: RouteState = { hopLimit: 60, health: 'good', tracedMs: AT_MS };
  const burst = (text: string, hopLimit: number): { arrived: boolean; hopLimit: number; fates: PacketFate[] } => ({
    arrived: text.includes('+'),
    hopLimit,
    fates: text.split('').map((sign) => (sign === '+' ? 'ok' : 'lost')),
  });

  test.each([
    ['never seen', undefined, '+++++', 60, 0, 'first seen'],
    ['nothing new', known, '+++++', 60, HOUR_MS, undefined],
    ['one lost packet', known, '++++-', 60, HOUR_MS, undefined],
    ['loses much', known, '+++--', 60, HOUR_MS, 'state changed'],
    ['silent', known, '-----', -1, HOUR_MS, 'state changed'],
    ['silent since the last trace', { ...known, health: 'silent' as const }, '-----', -1, HOUR_MS, undefined],
    ['another distance', known, '+++++', 59, HOUR_MS, 'distance changed'],
    ['another distance, traced a moment ago', known, '+++++', 59, 30_000, undefined],
    [
      'answers for the first time',
      { ...known, hopLimit: -1, health: 'silent' as const },
      '+++++',
      59,
      HOUR_MS,
      'state changed',
    ],
    ['six hours', known, '+++++', 60, 6 * HOUR_MS, 'time'],
    ['the clock was set back', known, '+++++', 60, -HOUR_MS, 'time'],
  ])('%s', (_, before, packets, hopLimit, laterMs, reason) => {
    expect(traceReason(before, burst(packets, hopLimit), AT_MS + laterMs)).toBe(reason);
  });
});

describe('routes', () => {
  test.each([
    { from: ['a', 'b', null], fates: ['ok', 'ok', 'ok'], arrived: true, text: 'a b t' },
    { from: ['a', null, null], fates: ['ok', 'lost', 'ok'], arrived: true, text: 'a * t' },
    { from: ['a', 'b', null, null], fates: ['ok', 'tainted', 'lost', 'lost'], arrived: false, text: 'a b …' },
    { from: ['a', 'b', 'b'], fates: ['ok', 'ok', 'ok'], arrived: false, text: 'a b …' },
    { from: [null], fates: ['lost'], arrived: false, text: '…' },
  ] as const)('$text', ({ from, fates, arrived, text }) => {
    expect(routeText(routeOf({ from, fates, arrived }, 't'))).toBe(text);
  });

  /** Traces one after the other: the news of the last one, and the route as it is then known. */
  test.each([
    ['a b t!, a b t!', 'nothing', 'a b t'],
    ['a b t!, a * t!', 'nothing', 'a b t'],
    ['a * t!, a b t!', 'nothing', 'a b t'],
    ['a b t!, a c t!', 'changed', 'a c t'],
    ['a b t!, a b c t!', 'changed', 'a b c t'],
    ['a b c t!, a c t!', 'changed', 'a c t'],
    ['a b t!, a b', 'ends', 'a b …'],
    ['a b t!, a b, a', 'nothing', 'a …'],
    ['a b t!, a b, a b t!', 'restored', 'a b t'],
    ['a b t!, a, a * t!', 'restored', 'a b t'],
    ['a b t!, a b, a c t!', 'changed', 'a c t'],
    ['a b, a b t!', 'nothing', 'a b t'],
    // The target's answer to the first packet that came to it was lost.
    ['a b t!, a b * t!', 'nothing', 'a b t'],
    ['a b * t!, a b t!', 'nothing', 'a b t'],
    ['a b t!, a * * t!', 'nothing', 'a b t'],
    ['a b t!, a * c t!', 'changed', 'a * c t'],
  ])('%s: %s, %s', (traces, expected, text) => {
    let learnt: ReturnType<typeof learnRoute> | undefined;
    for (const trace of traces.split(', ')) learnt = learnRoute(learnt?.known, route(trace));
    expect([learnt?.news ?? 'nothing', routeText(learnt?.known.now ?? route('?'))]).toEqual([expected, text]);
  });
});
