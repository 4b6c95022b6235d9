import { alarmRuleSchema, type AlarmRule } from '@kaiku/catalog';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSlots } from '../read/slots.ts';
import type { WatchedRule } from '../read/watch-plan.ts';
import { gauges } from '../testing/cases.ts';
import { AlarmTracker, type FeedContext, type Transition } from './tracker.ts';

const EVERY_MS = 60_000;

function watched(rule: Partial<AlarmRule>): WatchedRule {
  const parsed = alarmRuleSchema.parse({
    id: 'test',
    metric: 'rtt',
    severity: 'major',
    when: 'above',
    raise: 90,
    message: '{value}',
    ...rule,
  });
  return { rule: parsed, source: { kind: 'gauge', metric: 'rtt' }, everyMs: EVERY_MS, unit: 'ms', provesDown: false };
}

/** Seconds from an arbitrary moment; samples and events of the cases count from it. */
const BASE_MS = 1_700_000_000_000;

interface Turn {
  /** Wall clock, s. */
  readonly now: number;
  readonly samples: string;
  readonly agents?: number;
  readonly cutOff?: boolean;
  /** How long somebody has been listening without a break, s. */
  readonly listened?: number;
}

const show = (events: readonly Transition[]): string =>
  events.map(({ event, tsMs, silent }) => `${event}@${(tsMs - BASE_MS) / 1000}${silent ? '?' : ''}`).join(' ');

function shifted(samples: string): ReturnType<typeof mergeSlots> {
  const readings = gauges(samples);
  return mergeSlots({ ...readings, ts: readings.ts.map((ts) => ts + BASE_MS) }, EVERY_MS);
}

function play(
  rule: Partial<AlarmRule>,
  turns: readonly Turn[],
  tracker = new AlarmTracker(),
  known = new Set<string>(),
): string {
  const told: Transition[] = [];
  for (const { now, samples, agents = 1, cutOff = false, listened = Infinity } of turns) {
    const context: FeedContext = {
      nowMs: BASE_MS + now * 1000,
      expectedAgents: agents,
      watermarkMs: BASE_MS + now * 1000,
      listenedMs: listened * 1000,
      suppressed: () => cutOff,
      isKnown: ({ event, tsMs }) => known.has(`${event}@${(tsMs - BASE_MS) / 1000}`),
    };
    told.push(...tracker.feed(watched(rule), samples === '' ? undefined : shifted(samples), context).events);
  }
  return show(told);
}

describe('alarm tracker in text: samples in, events out', () => {
  it('tells with the time of the sample, once, however often it is read', () => {
    const turns = [
      { now: 2, samples: '0:50' },
      { now: 62, samples: '0:50 60:95' },
      { now: 63, samples: '0:50 60:95' },
      { now: 182, samples: '60:95 120:95 180:80' },
    ];
    expect(play({}, turns)).toBe('raised@60 cleared@180');
  });

  it('raises after count failed probes and clears after count good ones', () => {
    const rule = { when: 'failed', raise: 0, count: 2 } as const;
    expect(play(rule, [{ now: 310, samples: '0:1 60:x 120:x 180:x 240:1 300:1' }])).toBe('raised@120 cleared@300');
  });

  it('leaves a failed probe out of a threshold', () => {
    expect(play({ count: 2 }, [{ now: 190, samples: '0:95 60:x 120:95 180:x' }])).toBe('raised@120');
  });

  it('keeps the state inside the hysteresis', () => {
    expect(play({ clear: 80 }, [{ now: 250, samples: '0:95 60:85 120:92 180:85 240:80' }])).toBe(
      'raised@0 cleared@240',
    );
  });

  it('misses only what was well before, where the rule says so', () => {
    const rule = { afterGood: true };
    expect(play(rule, [{ now: 190, samples: '0:95 60:95 120:95 180:95' }])).toBe('');
    expect(play(rule, [{ now: 250, samples: '0:95 60:50 120:95 180:50 240:50' }])).toBe('raised@120 cleared@180');
    // An alarm that stands was well once.
    const standing = new AlarmTracker({ tsMs: BASE_MS });
    expect(play(rule, [{ now: 130, samples: '60:95 120:50' }], standing)).toBe('cleared@120');
  });

  it('watches a lower threshold', () => {
    const rule = { when: 'below', raise: 20, clear: 30 } as const;
    expect(play(rule, [{ now: 190, samples: '0:50 60:19 120:25 180:30' }])).toBe('raised@60 cleared@180');
  });

  it('waits for the other agents before it believes in a failure, but not for ever', () => {
    const rule = { when: 'failed', raise: 0 } as const;
    expect(play(rule, [{ now: 1, samples: '0:x', agents: 2 }])).toBe('');
    const disagreeing = [
      { now: 1, samples: '0:x', agents: 2 },
      { now: 3, samples: '0:x 0.2:1', agents: 2 },
    ];
    expect(play(rule, disagreeing)).toBe('');
    const silentOther = [
      { now: 1, samples: '0:x', agents: 2 },
      { now: 4, samples: '0:x', agents: 2 },
    ];
    expect(play(rule, silentOther)).toBe('raised@0');
  });

  it('does not page for old data, but tells a state that lasts with its true start', () => {
    expect(play({}, [{ now: 7200, samples: '0:95 60:50' }])).toBe('');
    expect(play({}, [{ now: 7200, samples: '0:50 60:95 120:95 7140:95 7200:95' }])).toBe('raised@60');
    // Bad when last heard of, but that was an hour ago.
    expect(play({}, [{ now: 7200, samples: '0:50 60:95 3600:95' }])).toBe('');
  });

  it('tells what happened between two holders', () => {
    expect(play({}, [{ now: 400, samples: '0:50 60:95 120:50' }])).toBe('raised@60 cleared@120');
  });

  it('tells nothing that is known, and does not lose the clear', () => {
    const recovered = new AlarmTracker({ tsMs: BASE_MS + 60_000 });
    expect(play({}, [{ now: 200, samples: '0:50 60:95 120:95 180:50' }], recovered)).toBe('cleared@180');
    const known = new Set(['raised@60', 'cleared@120']);
    expect(play({}, [{ now: 200, samples: '0:50 60:95 120:50 180:50' }], new AlarmTracker(), known)).toBe('');
    const notYetCleared = new Set(['raised@60']);
    expect(play({}, [{ now: 200, samples: '0:50 60:95 120:50' }], new AlarmTracker(), notYetCleared)).toBe(
      'cleared@120',
    );
  });

  it('ignores late data', () => {
    const turns = [
      { now: 310, samples: '300:50' },
      { now: 320, samples: '60:95 120:95 300:50' },
    ];
    expect(play({}, turns)).toBe('');
  });

  it('raises silence as no data and clears it with the first value', () => {
    const rule = { noDataMs: 180_000 };
    const turns = [
      { now: 1, samples: '0:50' },
      { now: 179, samples: '' },
      { now: 181, samples: '' },
      { now: 190, samples: '' },
      { now: 241, samples: '240:50' },
    ];
    expect(play(rule, turns)).toBe('raised@180? cleared@240');
  });

  it('takes no silence for real until somebody has listened for a while', () => {
    const rule = { noDataMs: 180_000 };
    const morning = [
      { now: 1, samples: '0:50' },
      { now: 40_000, samples: '', listened: 5 },
      { now: 40_010, samples: '40008:50', listened: 15 },
    ];
    expect(play(rule, morning)).toBe('');
    const stillSilent = [...morning.slice(0, 2), { now: 40_300, samples: '', listened: 305 }];
    expect(play(rule, stillSilent)).toBe('raised@180?');
  });

  it('holds a symptom back while the cause is active, and tells it if it outlasts it', () => {
    const rule = { when: 'failed', raise: 0 } as const;
    const hidden = [
      { now: 1, samples: '0:x', cutOff: true },
      { now: 61, samples: '0:x 60:1', cutOff: true },
    ];
    expect(play(rule, hidden)).toBe('');
    const outlasting = [
      { now: 1, samples: '0:x', cutOff: true },
      { now: 61, samples: '0:x 60:x', cutOff: false },
    ];
    expect(play(rule, outlasting)).toBe('raised@0');
  });

  it('tells the same, however the samples are cut into turns and whoever continues', () => {
    const values = fc.array(fc.constantFrom('50', '85', '95', 'x'), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(values, fc.nat(8), fc.integer({ min: 1, max: 3 }), (list, cut, count) => {
        const cells = list.map((value, at) => `${at * 60}:${value}`);
        const now = list.length * 60;
        const rule = { clear: 80, count };
        const whole = play(rule, [{ now, samples: cells.join(' ') }]);
        const before = cells.slice(0, cut).join(' ');
        const inTurns = play(rule, [
          { now: Math.min(cut * 60, now), samples: before },
          { now, samples: cells.join(' ') },
        ]);
        expect(inTurns).toBe(whole);
        // A new holder that knows what was told goes on without telling it again, and loses nothing.
        const told = play(rule, [{ now: Math.min(cut * 60, now), samples: before }]);
        const rest = play(rule, [{ now, samples: cells.join(' ') }], new AlarmTracker(), new Set(told.split(' ')));
        expect([told, rest].filter((text) => text !== '').join(' ')).toBe(whole);
      }),
    );
  });
});
