import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Boots } from './boots.ts';
import { compareOids, MibBuilder, parseOid } from './mib.ts';
import { Timeline, type Interval } from './timeline.ts';

const intervals = fc
  .uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 12 })
  .map((points) => points.sort((a, b) => a - b))
  .map((points) =>
    Array.from({ length: Math.floor(points.length / 2) }, (_, at): Interval => [
      points[2 * at] ?? 0,
      points[2 * at + 1] ?? 0,
    ]),
  );

describe('Timeline', () => {
  it('agrees with counting millisecond by millisecond', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const timeline = new Timeline(list);
        let up = 0;
        for (let atMs = 0; atMs <= 1000; atMs += 1) {
          expect(timeline.upTime(atMs)).toBe(up);
          const down = list.some(([from, to]) => from <= atMs && atMs < to);
          expect(timeline.isDown(atMs)).toBe(down);
          if (!down) up += 1;
        }
      }),
    );
  });

  it('goes down and up by hand, its clock standing still in between', () => {
    const timeline = new Timeline([
      [100, 200],
      [900, 950],
    ]);
    timeline.setDown(500);
    expect([timeline.isDown(499), timeline.isDown(500), timeline.isDown(1e9)]).toEqual([false, true, true]);
    expect(timeline.upTime(700)).toBe(400);
    timeline.setUp(700);
    timeline.setUp(710);
    expect([timeline.isDown(699), timeline.isDown(700), timeline.isDown(920)]).toEqual([true, false, false]);
    expect(timeline.upTime(1000)).toBe(1000 - 100 - 200);
    expect(timeline.lastChange(1000)).toBe(700);
    timeline.setDown(1000);
    timeline.setDown(1001);
    expect(timeline.upTime(2000)).toBe(timeline.upTime(1000));
  });

  it('ends a planned interruption early and keeps the later ones', () => {
    const timeline = new Timeline([
      [100, 200],
      [300, 400],
    ]);
    timeline.setUp(150);
    expect([timeline.isDown(160), timeline.isDown(350)]).toEqual([false, true]);
    expect(timeline.upTime(500)).toBe(500 - 50 - 100);
  });
});

describe('Boots', () => {
  it('finds the run of a moment, also after a restart by hand', () => {
    const boots = new Boots([100, 500]);
    expect([50, 499, 500, 900].map((atMs) => boots.bootOf(atMs))).toEqual([100, 100, 500, 500]);
    boots.reboot(800);
    expect(boots.bootOf(900)).toBe(800);
  });
});

describe('Mib', () => {
  const builder = new MibBuilder();
  builder.number('1.3.6.1.9.2', 10, 'integer', 1);
  builder.number('1.3.6.1.9.2', 9, 'integer', 2);
  builder.number('1.3.6.1.9.10', 1, 'integer', (atMs) => atMs);
  builder.text('1.3.6.1.9.1', 0, 'octets', 'text');
  const mib = builder.build();

  it('orders by number, not by text', () => {
    expect(mib.entries.map((entry) => entry.name)).toEqual([
      '1.3.6.1.9.1.0',
      '1.3.6.1.9.2.9',
      '1.3.6.1.9.2.10',
      '1.3.6.1.9.10.1',
    ]);
    expect(compareOids(parseOid('1.3.6'), parseOid('1.3.6.0'))).toBeLessThan(0);
  });

  it('finds the next of any place, the column, and what is missing', () => {
    expect(mib.next(parseOid('1.3'))?.name).toBe('1.3.6.1.9.1.0');
    expect(mib.next(parseOid('1.3.6.1.9.2.9'))?.name).toBe('1.3.6.1.9.2.10');
    expect(mib.next(parseOid('1.3.6.1.9.2.9.5'))?.name).toBe('1.3.6.1.9.2.10');
    expect(mib.next(parseOid('1.3.6.1.9.10.1'))).toBeUndefined();
    expect(mib.column('1.3.6.1.9.2').map((each) => each.index)).toEqual(['9', '10']);
    expect(mib.column('1.3.6.1.9.1').map((each) => each.index)).toEqual(['0']);
    expect([mib.hasObject(parseOid('1.3.6.1.9.2.77')), mib.hasObject(parseOid('1.3.6.1.9.3.0'))]).toEqual([
      true,
      false,
    ]);
  });
});
