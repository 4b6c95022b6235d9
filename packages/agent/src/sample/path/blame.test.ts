/** Blame as text: a point a word, `loss%/rtt` in ms, `~` and the usual loss behind the loss; usual round trips are 1, 2, 3, ... ms unless said. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blame, type PointFigures } from './blame.ts';

const SENT = 30;

function points(text: string, usual?: string): PointFigures[] {
  const usualRtts = usual?.split(/\s+/).map(Number);
  return text
    .trim()
    .split(/\s+/)
    .map((word, index) => {
      const [losses = '', rtt] = word.split('/');
      const [percent = '0', usualPercent = '0'] = losses.split('~');
      const usualRtt = usualRtts?.[index] ?? index + 1;
      const usualLoss = Number(usualPercent) / 100;
      if (percent === '?') return { loss: undefined, lost: 0, usualLoss, rtt: undefined, usualRtt };
      const loss = Number(percent) / 100;
      const lost = Math.round(loss * SENT);
      return { loss, lost, usualLoss, rtt: loss === 1 ? undefined : Number(rtt ?? usualRtt), usualRtt };
    });
}

const said = (text: string, usual?: string): string => {
  const found = blame(points(text, usual));
  return found === undefined ? 'nobody' : `${found.point} ${found.cause}`;
};

describe('loss', () => {
  test.each([
    ['all answer', '0 0 0 0 0', 'nobody'],
    ['the middle one answers few pings itself', '0 60 0 0 0', 'nobody'],
    ['the middle one never answers', '0 100 0 0 0', 'nobody'],
    ['from the third on', '0 0 20 20 20', '3 loss'],
    ['from the first on', '10 10 10 10 10', '1 loss'],
    ['the last alone', '0 0 0 0 20', '5 loss'],
    ['much more behind than before', '0 10 10 40 40', '4 loss'],
    ['a little more behind than before', '0 20 20 30 30', '2 loss'],
    ['a router that answers a little badly before the loss', '0 5 0 20 20', '4 loss'],
    ['the same right before the loss', '0 0 5 20 20', '4 loss'],
    ['a router that always answers badly', '0 0 17~15 20 20', '4 loss'],
    ['it also passes on loss', '0 0 35~15 20 20', '3 loss'],
    ['the last one always answers badly: it is what is asked for', '0 0 0 0 20~20', '5 loss'],
    ['few lost, fewer by chance before the end', '0 0 3.4 10 10', '3 loss'],
    ['a little less behind by chance', '0 0 23 17 20', '3 loss'],
    ['cut behind the second', '0 0 100 100 100', '3 loss'],
    ['cut at once', '100 100 100 100 100', '1 loss'],
    ['silent point before the loss: it says nothing', '0 100 20 20 20', '3 loss'],
    ['rate limit before the loss: it says nothing', '0 70 20 20 20', '3 loss'],
    ['one of thirty packets is chance', '0 0 0 0 3.3', 'nobody'],
    ['not observed at a point: those behind tell', '0 ? 20 20', '3 loss'],
    ['end not observed: nothing can be said', '0 20 20 ?', 'nobody'],
  ])('%s: %s → %s', (_, text, expected) => {
    expect(said(text)).toBe(expected);
  });
});

describe('delay', () => {
  test.each([
    ['as usual', '0/1 0/2 0/3 0/4', undefined, 'nobody'],
    ['from the third on', '0/1 0/2 0/53 0/54', undefined, '3 delay'],
    ['one point answers late itself', '0/1 0/80 0/3 0/4', undefined, 'nobody'],
    ['the last alone', '0/1 0/2 0/3 0/44', undefined, '4 delay'],
    ['a little more is nobody’s fault', '0/1 0/2 0/6 0/7', undefined, 'nobody'],
    ['a little more of a long way, too', '0/1 0/2 0/60 0/160', '1 2 40 140', 'nobody'],
    ['much more of a long way', '0/1 0/2 0/140 0/240', '1 2 40 140', '3 delay'],
    ['loss goes before delay', '0/1 0/92 20/93 20/94', undefined, '3 loss'],
    ['a router that is slow itself before the delay', '0/1 0/9 0/63 0/64', undefined, '3 delay'],
    ['a silent point within', '0/1 100 0/53 0/54', undefined, '3 delay'],
  ])('%s: %s → %s', (_, text, usual, expected) => {
    expect(said(text, usual)).toBe(expected);
  });
});

test('nobody is blamed for what does not reach the end, and the blamed one is there', () => {
  const point = fc.record({
    loss: fc.integer({ min: 0, max: SENT }),
    rtt: fc.double({ min: 0, max: 500, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 32 }), (list) => {
      const figures = list.map(({ loss, rtt }) => ({ loss: loss / SENT, lost: loss, usualLoss: 0, rtt, usualRtt: 10 }));
      const found = blame(figures);
      if (found === undefined) return;
      expect(found.point).toBeGreaterThanOrEqual(1);
      expect(found.point).toBeLessThanOrEqual(list.length);
      const end = figures.at(-1);
      expect(found.cause === 'loss' ? (end?.loss ?? 0) : (end?.rtt ?? 0) - 10).toBeGreaterThanOrEqual(found.amount);
    }),
  );
});
