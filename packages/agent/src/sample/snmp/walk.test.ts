import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeviceClock } from './device-clock.ts';
import { compareIndex, indexWithin } from './oid.ts';
import type { BulkAnswer, SnmpAnswer, SnmpSession, Varbind } from './session.ts';
import { SNMP_TYPE } from './values.ts';
import { FIRST_APPETITE, walkColumns, type WalkAppetite, type WalkLimits } from './walk.ts';

const BASE = '1.3.6.1.2.1.2.2.1';

type Twist = (answer: SnmpAnswer<BulkAnswer>, request: number) => SnmpAnswer<BulkAnswer>;

/** A device whose MIB is a sorted list; `twist` may change an answer before it is given. */
class TableDevice implements SnmpSession {
  readonly requests: { columns: number; repetitions: number }[] = [];
  readonly #mib: readonly Varbind[];
  readonly #twist: Twist;

  constructor(mib: readonly Varbind[], twist: Twist = (answer) => answer) {
    this.#mib = mib.toSorted((a, b) => compareIndex(a.oid, b.oid));
    this.#twist = twist;
  }

  get(): Promise<SnmpAnswer<readonly Varbind[]>> {
    return Promise.resolve({ ok: false, reason: 'error' });
  }

  getBulk(_heads: readonly string[], columns: readonly string[], repetitions: number): Promise<SnmpAnswer<BulkAnswer>> {
    this.requests.push({ columns: columns.length, repetitions });
    const heads = [{ oid: '1.3.6.1.2.1.1.3.0', type: SNMP_TYPE.timeTicks, value: 100 * this.requests.length }];
    const value = {
      heads,
      columns: columns.map((from) => {
        const at = this.#mib.findIndex(({ oid }) => compareIndex(oid, from) > 0);
        const found = at < 0 ? [] : this.#mib.slice(at, at + repetitions);
        return found.length === repetitions
          ? found
          : [...found, { oid: from, type: SNMP_TYPE.endOfMibView, value: null }];
      }),
    };
    return Promise.resolve(this.#twist({ ok: true, rttMs: 1, value }, this.requests.length));
  }

  close(): void {
    this.requests.length = 0;
  }
}

function cell(column: number, index: string, value = 1): Varbind {
  return { oid: `${BASE}.${column}.${index}`, type: SNMP_TYPE.gauge32, value };
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

const appetite = (): WalkAppetite => ({ ...FIRST_APPETITE });
const columnOids = (...columns: readonly number[]): string[] => columns.map((column) => `${BASE}.${column}`);

describe('object identifiers', () => {
  test('compare number by number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5000), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(5000), { minLength: 1, maxLength: 6 }),
        (a, b) => {
          const differing = a.findIndex((part, at) => part !== b[at]);
          const expected =
            differing < 0 ? Math.sign(a.length - b.length) : Math.sign((a[differing] ?? 0) - (b[differing] ?? -1));
          expect(Math.sign(compareIndex(a.join('.'), b.join('.')))).toBe(expected);
        },
      ),
    );
  });

  test('a column holds only what lies under it', () => {
    expect(indexWithin('1.3.6', '1.3.6.7.8')).toBe('7.8');
    expect(indexWithin('1.3.6', '1.3.61.7')).toBeUndefined();
    expect(indexWithin('1.3.6', '1.3.6')).toBeUndefined();
    expect(indexWithin('1.3.6', '1.3.7.1')).toBeUndefined();
  });
});

describe('multi-column walk', () => {
  test('finds every cell of any table, sparse or not, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 120 })), {
          selector: ([column, index]) => `${column}.${index}`,
          maxLength: 200,
        }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 6 }),
        async (cells, repetitions, width) => {
          const device = new TableDevice([
            ...cells.map(([column, index]) => cell(column, String(index))),
            cell(9, '1'),
          ]);
          const wanted = cells.filter(([column]) => column <= 4);
          const result = await walkColumns(device, columnOids(1, 2, 3, 4), limits(), {
            repetitions,
            mostRepetitions: 30,
            columns: width,
          });
          const found = [...result.rows.values()].flatMap(({ index, cells: row }) =>
            row.flatMap((varbind, at) => (varbind === undefined ? [] : [`${at + 1}.${index}`])),
          );
          expect(found.toSorted()).toEqual(wanted.map(([column, index]) => `${column}.${index}`).toSorted());
          expect(result).toMatchObject({ complete: true, disorder: 0, failure: undefined });
        },
      ),
    );
  });

  test('all columns share one request: 40 rows of 4 columns take 3', async () => {
    const device = new TableDevice(
      [1, 2, 3, 4].flatMap((column) => Array.from({ length: 40 }, (_, row) => cell(column, String(row + 1)))),
    );
    const result = await walkColumns(device, columnOids(1, 2, 3, 4), limits(), appetite());
    expect(result.rows.size).toBe(40);
    expect(device.requests).toHaveLength(3);
  });

  test('a device that repeats an OID for ever ends that column only', async () => {
    const mib = [1, 2].flatMap((column) => Array.from({ length: 50 }, (_, row) => cell(column, String(row + 1))));
    const device = new TableDevice(mib, (answer) =>
      answer.ok && answer.value.columns.length === 2
        ? {
            ...answer,
            value: { ...answer.value, columns: [[cell(1, '7'), cell(1, '7')], ...answer.value.columns.slice(1)] },
          }
        : answer,
    );
    const result = await walkColumns(device, columnOids(1, 2), limits(), appetite());
    expect(result).toMatchObject({ disorder: 1, complete: false });
    expect([...result.rows.values()].filter(({ cells }) => cells[1] !== undefined).length).toBeGreaterThanOrEqual(48);
    expect(device.requests.length).toBeLessThan(10);
  });

  test('falling indexes are never taken', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }), async (indexes) => {
        const device = new TableDevice([], (answer, request) =>
          answer.ok && request === 1
            ? { ...answer, value: { ...answer.value, columns: [indexes.map((index) => cell(1, String(index)))] } }
            : answer,
        );
        const { rows } = await walkColumns(device, columnOids(1), limits(), appetite());
        const until = indexes.findIndex((index, at) => at > 0 && index <= (indexes[at - 1] ?? 0));
        expect([...rows.keys()].map(Number)).toEqual(until < 0 ? indexes : indexes.slice(0, until));
      }),
    );
  });

  test('too big: asks for less, remembers it, and still gets everything', async () => {
    const mib = [1, 2].flatMap((column) => Array.from({ length: 30 }, (_, row) => cell(column, String(row + 1))));
    const device: TableDevice = new TableDevice(mib, (answer) =>
      (device.requests.at(-1)?.repetitions ?? 0) > 6 ? { ok: false, reason: 'tooBig' } : answer,
    );
    const remembered = appetite();
    const result = await walkColumns(device, columnOids(1, 2), limits(), remembered);
    expect(result).toMatchObject({ complete: true });
    expect(result.rows.size).toBe(30);
    expect(remembered.mostRepetitions).toBe(5);
    await walkColumns(device, columnOids(1, 2), limits(), remembered);
    expect(remembered.repetitions).toBe(5);
  });

  test('keeps what arrived before the device fell silent', async () => {
    const mib = Array.from({ length: 100 }, (_, row) => cell(1, String(row + 1)));
    const device = new TableDevice(mib, (answer, request) => (request > 2 ? { ok: false, reason: 'timeout' } : answer));
    const result = await walkColumns(device, columnOids(1), limits(), appetite());
    expect(result).toMatchObject({ failure: 'timeout', complete: false });
    expect(result.rows.size).toBe(40);
    expect(device.requests).toHaveLength(5);
  });

  test('stops at the row cap, the request cap and the deadline', async () => {
    const mib = Array.from({ length: 500 }, (_, row) => cell(1, String(row + 1)));
    const capped = await walkColumns(new TableDevice(mib), columnOids(1), limits({ maxRows: 50 }), appetite());
    expect(capped.rows.size).toBe(50);
    expect(capped.complete).toBe(false);
    const few = await walkColumns(new TableDevice(mib), columnOids(1), limits({ maxRequests: 2 }), appetite());
    expect(few).toMatchObject({ requests: 2, failure: 'timeout' });
    const late = await walkColumns(new TableDevice(mib), columnOids(1), limits({ deadlineMs: 0 }), appetite());
    expect(late).toMatchObject({ requests: 0, failure: 'timeout' });
  });
});
