/** Walks against devices in memory: whole tables, whatever their shape, and devices that do not keep the rules. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TAG } from '../codec/ber.ts';
import { oidBytes } from '../codec/oid.ts';
import { DeviceClock } from '../device/device-clock.ts';
import { Profile, profileSchema } from '../device/profile.ts';
import { MemoryDevice, number, type TestVarbind, type Twist } from '../testing.ts';
import { RowList } from './rows.ts';
import { walkTable, type WalkFailure, type WalkLimits } from './walk.ts';

const BASE = '1.3.6.1.2.1.2.2.1';
const UP_TIME: TestVarbind = { oid: '1.3.6.1.2.1.1.3.0', ...number(TAG.timeTicks, 4711) };

function cell(column: number, index: string, value = 1): TestVarbind {
  return { oid: `${BASE}.${column}.${index}`, ...number(TAG.gauge32, value) };
}

function table(columns: readonly number[], rows: number): TestVarbind[] {
  return columns.flatMap((column) => Array.from({ length: rows }, (_, row) => cell(column, String(row + 1))));
}

function limits(over: Partial<WalkLimits> = {}): WalkLimits {
  const clock = new DeviceClock();
  return {
    maxRows: 1000,
    maxRequests: 500,
    deadlineMs: performance.now() + 5000,
    timeoutMs: 1000,
    tries: 3,
    readClock: (ticks) => clock.read(ticks, performance.now()),
    ...over,
  };
}

interface Walked {
  /** `column.index`, sorted. */
  readonly cells: readonly string[];
  readonly rows: readonly string[];
  readonly failure: WalkFailure | undefined;
  readonly requests: number;
}

interface Setup {
  readonly over?: Partial<WalkLimits>;
  readonly profile?: Profile;
  readonly known?: RowList<never>;
}

async function walk(
  device: MemoryDevice,
  columns: readonly number[],
  { over = {}, profile = new Profile(), known = new RowList<never>() }: Setup = {},
): Promise<Walked> {
  const oids = columns.map((column) => oidBytes(`${BASE}.${column}`));
  const { rows, grid, failure, requests, walk: walked } = await walkTable(device, oids, known, limits(over), profile);
  const cells = rows.flatMap((row) =>
    columns.flatMap((column, at) => (grid.tag[row.at * grid.width + at] === 0 ? [] : [`${column}.${row.text}`])),
  );
  grid.release();
  if (failure === undefined) known.keepSeenBy(walked);
  return { cells: cells.toSorted(), rows: rows.map(({ text }) => text), failure, requests };
}

const profileWith = (data: Record<string, unknown>): Profile => new Profile(profileSchema.parse(data));

describe('multi-column walk', () => {
  const sparse = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 300 })), {
    selector: ([column, index]) => `${column}.${index}`,
    maxLength: 200,
  });

  test.each([
    ['GETBULK', false],
    ['GETNEXT', true],
  ])('by %s finds every cell of any table, sparse or not, and nothing else', async (_, plain) => {
    await fc.assert(
      fc.asyncProperty(
        sparse,
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(1, 2),
        async (cells, repetitions, width, fit, parallel) => {
          const mib = [UP_TIME, ...cells.map(([column, index]) => cell(column, String(index))), cell(9, '1')];
          const wanted = cells.filter(([column]) => column <= 4).map(([column, index]) => `${column}.${index}`);
          const profile = profileWith({ repetitions, columns: width, fit, parallel });
          const known = new RowList<never>();
          const device = new MemoryDevice(mib, undefined, plain);
          for (const time of ['first', 'again']) {
            const found = await walk(device, [1, 2, 3, 4], { profile, known });
            expect({ time, cells: found.cells, failure: found.failure }).toEqual({
              time,
              cells: wanted.toSorted(),
              failure: undefined,
            });
            expect(found.rows.map(Number)).toEqual([...new Set(found.rows.map(Number))].toSorted((a, b) => a - b));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('rows that come and go between walks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 40 })), { maxLength: 5 }), async (walks) => {
        const known = new RowList<never>();
        for (const rows of walks) {
          const mib = [UP_TIME, ...rows.flatMap((row) => [cell(1, String(row)), cell(2, String(row))])];
          const found = await walk(new MemoryDevice(mib), [1, 2], { known });
          expect(found.rows.map(Number)).toEqual(rows.toSorted((a, b) => a - b));
          expect(known.size).toBe(rows.length);
        }
      }),
    );
  });

  test('a small table is read, and known to have ended, in one request', async () => {
    const device = new MemoryDevice([UP_TIME, ...table([1, 2, 3, 4], 5), cell(5, '1')]);
    const known = new RowList<never>();
    await walk(device, [1, 2, 3, 4], { known });
    const again = await walk(device, [1, 2, 3, 4], { known });
    expect(again.requests).toBe(1);
    expect(device.requests.at(-1)?.repetitions).toBe(6);
  });

  test('an answer cut by the device’s largest message teaches what fits', async () => {
    const cut = 14;
    const device = new MemoryDevice([UP_TIME, ...table([1, 2, 3, 4], 40)], (reply) =>
      'varbinds' in reply ? { varbinds: reply.varbinds.slice(0, cut) } : reply,
    );
    const profile = new Profile();
    const found = await walk(device, [1, 2, 3, 4], { profile });
    expect(found).toMatchObject({ failure: undefined });
    expect(found.cells).toHaveLength(160);
    expect(profile.data.fit).toBeLessThanOrEqual(cut + 4);
    expect(Math.max(...device.requests.slice(1).map(({ repetitions }) => repetitions))).toBeLessThanOrEqual(5);
  });

  test('two requests at a time where the device has shown that it bears them; one again after a loss', async () => {
    const profile = profileWith({ wholeWalks: 19, fit: 20 });
    const known = new RowList<never>();
    const mib = [UP_TIME, ...table([1, 2, 3, 4], 40)];
    await walk(new MemoryDevice(mib), [1, 2, 3, 4], { profile, known });
    expect(profile.data.parallel).toBe(2);
    const device = new MemoryDevice(mib);
    const found = await walk(device, [1, 2, 3, 4], { profile, known });
    expect(found.cells).toHaveLength(160);
    expect(device.requests.slice(0, 2).map(({ names }) => names.length)).toEqual([3, 3]);
    profile.lost(3, 20, false);
    expect(profile.data).toMatchObject({ parallel: 1, parallelFailed: true });
  });
});

describe('devices that break the rules', () => {
  test('one that repeats an OID for ever ends that column only', async () => {
    const device = new MemoryDevice([UP_TIME, ...table([1, 2], 50)], (reply, _, { names }) =>
      'varbinds' in reply && names.length === 3
        ? { varbinds: reply.varbinds.map((varbind, at) => (at > 0 && at % 2 === 1 ? cell(1, '7') : varbind)) }
        : reply,
    );
    const found = await walk(device, [1, 2]);
    expect(found.failure).toBe('disorder');
    expect(found.cells.filter((each) => each.startsWith('2.'))).toHaveLength(50);
    expect(device.requests.length).toBeLessThan(10);
  });

  test('falling indexes are never taken, known rows or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 9 })),
        async (indexes, before) => {
          const known = new RowList<never>();
          await walk(new MemoryDevice(before.map((index) => cell(1, String(index)))), [1], { known });
          const device = new MemoryDevice([], (reply, request) =>
            request === 1 ? { varbinds: [UP_TIME, ...indexes.map((index) => cell(1, String(index)))] } : reply,
          );
          const found = await walk(device, [1], { known });
          const until = indexes.findIndex((index, at) => at > 0 && index <= (indexes[at - 1] ?? 0));
          const rising = until < 0 ? indexes : indexes.slice(0, until);
          expect(found.rows.map(Number)).toEqual(rising);
        },
      ),
    );
  });

  test('too big: asks for less, remembers it, and still gets everything', async () => {
    const device = new MemoryDevice([UP_TIME, ...table([1, 2], 30)], (reply, _, { repetitions }) =>
      repetitions > 6 ? { ok: false, reason: 'tooBig', errorIndex: 0 } : reply,
    );
    const profile = new Profile();
    const known = new RowList<never>();
    expect(await walk(device, [1, 2], { profile, known })).toMatchObject({ failure: undefined });
    expect(known.size).toBe(30);
    expect(profile.data.mostRepetitions).toBe(4);
    device.requests.length = 0;
    await walk(device, [1, 2], { profile, known });
    expect(Math.max(...device.requests.map(({ repetitions }) => repetitions))).toBe(4);
  });

  test('too big, a row at a time: fewer columns', async () => {
    const few: Twist = (reply, _, { names }) =>
      names.length > 3 ? { ok: false, reason: 'tooBig', errorIndex: 0 } : reply;
    const device = new MemoryDevice([UP_TIME, ...table([1, 2, 3, 4], 3), cell(9, '1')], few, true);
    const profile = new Profile();
    expect((await walk(device, [1, 2, 3, 4], { profile })).cells).toHaveLength(12);
    expect(profile.data).toMatchObject({ columns: 2, repetitions: 25 });
    for (let walks = 0; walks < 1500; walks += 1) profile.wholeWalk();
    expect(profile.data).toMatchObject({ columns: 24 });
  });

  test('a way that loses a third of all requests takes time, and nothing else: they are not made smaller for it', async () => {
    const silence = { ok: false, reason: 'timeout', errorIndex: 0 } as const;
    const mib = [UP_TIME, ...table([1, 2, 3, 4], 60)];
    const profile = new Profile();
    const known = new RowList<never>();
    await walk(new MemoryDevice(mib), [1, 2, 3, 4], { profile, known });
    const { repetitions, columns } = profile.data;
    let sent = 0;
    for (let walks = 0; walks < 20; walks += 1) {
      const device = new MemoryDevice(mib, (reply) => ((sent += 1) % 7 < 2 ? silence : reply));
      const found = await walk(device, [1, 2, 3, 4], { profile, known });
      expect(found).toMatchObject({ failure: undefined });
      expect(found.cells).toHaveLength(240);
      expect(found.requests).toBeLessThan(8);
    }
    expect(profile.data).toMatchObject({ repetitions, columns });
  });

  test('a way that loses large answers: asked for less, found within two walks, and remembered', async () => {
    const mib = [UP_TIME, ...table([1, 2, 3, 4], 60)];
    const device = new MemoryDevice(mib, (reply, _, { names, repetitions }) =>
      (names.length - 1) * repetitions > 30 ? { ok: false, reason: 'timeout', errorIndex: 0 } : reply,
    );
    const profile = new Profile();
    const known = new RowList<never>();
    await walk(device, [1, 2, 3, 4], { profile, known });
    expect(await walk(device, [1, 2, 3, 4], { profile, known })).toMatchObject({ failure: undefined });
    device.requests.length = 0;
    await walk(device, [1, 2, 3, 4], { profile, known });
    expect(device.requests.length).toBeLessThan(15);
    expect(profile.data).toMatchObject({ columns: 24, repetitions: 25 });
    expect(profile.data.fit).toBeGreaterThan(20);
  });

  test('a column the device cannot read this time: the others are read, and the table is not called whole', async () => {
    const mib = [UP_TIME, ...table([1, 2], 3)];
    const device = new MemoryDevice(mib, (reply, _, { names }) =>
      names.length === 3 ? { ok: false, reason: 'unreadable', errorIndex: 3 } : reply,
    );
    const found = await walk(device, [1, 2]);
    expect(found).toMatchObject({ failure: 'unreadable' });
    expect(found.cells).toEqual(['1.1', '1.2', '1.3']);
  });

  test('keeps what arrived before the device fell silent', async () => {
    const device = new MemoryDevice([UP_TIME, ...table([1], 100)], (reply, request) =>
      request > 2 ? { ok: false, reason: 'timeout', errorIndex: 0 } : reply,
    );
    const found = await walk(device, [1]);
    expect(found).toMatchObject({ failure: 'timeout', requests: 5 });
    expect(found.rows).toHaveLength(50);
  });

  test('stops at the row cap, the request cap and the deadline', async () => {
    const mib = [UP_TIME, ...table([1], 500)];
    const capped = await walk(new MemoryDevice(mib), [1], { over: { maxRows: 50 } });
    expect(capped).toMatchObject({ failure: 'rows' });
    expect(capped.rows).toHaveLength(50);
    const few = await walk(new MemoryDevice(mib), [1], { over: { maxRequests: 2 } });
    expect(few).toMatchObject({ requests: 2, failure: 'requests' });
    const late = await walk(new MemoryDevice(mib), [1], { over: { deadlineMs: 0 } });
    expect(late).toMatchObject({ requests: 0, failure: 'missed' });
  });

  test('one that answers with nothing has nothing', async () => {
    const device = new MemoryDevice([], () => ({ varbinds: [UP_TIME] }));
    expect(await walk(device, [1, 2, 3])).toMatchObject({ failure: undefined, rows: [], requests: 1 });
  });
});
