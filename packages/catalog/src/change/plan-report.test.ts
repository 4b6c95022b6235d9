/** What a plan tells: differences without secrets, load, cost, coverage and what to mind. */
import { describe, expect, test } from 'vitest';
import { catalogSchema, type Catalog } from '../model/catalog.ts';
import { differenceOf } from './difference.ts';
import { entryAfter, LOG_START, type Action } from './entry.ts';
import { diffCatalogs, type CatalogData } from './operations.ts';
import { planReport } from './plan-report.ts';

const device = (id: string, more: object = {}): object => ({
  id,
  nick: `The ${id}`,
  address: '10.0.0.1',
  template: 'ping-only',
  site: 's',
  agency: 'a',
  agents: ['x'],
  ...more,
});
const catalogOf = (devices: readonly object[], more: object = {}): Catalog =>
  catalogSchema.parse({
    version: 1,
    agencies: [{ id: 'a', name: 'A' }],
    sites: [{ id: 's', name: 'S', country: 'FI', locality: 'Oulu' }],
    devices,
    ...more,
  });
const data = (catalog: Catalog): CatalogData => JSON.parse(JSON.stringify(catalog)) as CatalogData;
const plan = (before: Catalog | undefined, after: Catalog) =>
  planReport({ inForce: before, wanted: after, scheduled: [] });

describe('a difference as people read it', () => {
  test('says each field as it was and as it becomes, and no secret', () => {
    const was = catalogOf([
      device('d', { snmp: { community: 'hush', port: 161 }, tags: { rack: 'A' } }),
      device('gone'),
    ]);
    const is = catalogOf([
      device('d', { snmp: { community: 'hash', port: 1161 }, tags: { rack: 'B', room: '2' }, agents: ['x', 'y'] }),
      device('new'),
    ]);
    const changes = differenceOf(data(was), diffCatalogs(data(was), data(is)));
    expect(JSON.stringify(changes)).not.toMatch(/hush|hash/);
    expect(changes.map(({ what, id, title }) => `${what} ${id} ${title}`)).toEqual([
      'removed gone The gone',
      'changed d The d',
      'added new The new',
    ]);
    const fields = changes[1]?.fields.map(({ field, before, after }) => `${field}: ${before ?? '-'} → ${after ?? '-'}`);
    expect(fields?.toSorted()).toEqual([
      'agents: x → x, y',
      'snmp.community: (secret) → (secret)',
      'snmp.port: 161 → 1161',
      'tags.rack: A → B',
      'tags.room: - → 2',
    ]);
  });

  test('names the check of a device that differs, not all of them', () => {
    const check = (id: string, port: number): object => ({ check: 'tcp', id, port, everyMs: 60_000 });
    const was = catalogOf([device('d', { checks: [check('ssh', 22), check('db', 5432)] })]);
    const is = catalogOf([device('d', { checks: [check('ssh', 22), check('db', 5433)] })]);
    const [change] = differenceOf(data(was), diffCatalogs(data(was), data(is)));
    expect(change?.fields).toEqual([{ field: 'checks.db.port', before: '5432', after: '5433' }]);
  });
});

describe('figures', () => {
  test('points, packets and agents: two agents measure the same series', () => {
    const { before, after } = plan(undefined, catalogOf([device('d', { everyMs: 1000, agents: ['x', 'y'] })]));
    expect(before).toMatchObject({ points: 0, series: 0, agents: [] });
    const ofOne = plan(undefined, catalogOf([device('d', { everyMs: 1000 })])).after;
    expect(after).toMatchObject({
      points: 1,
      series: ofOne.series,
      packetsPerSecond: 2 * ofOne.packetsPerSecond,
      samplesPerSecond: 2 * ofOne.samplesPerSecond,
    });
    expect(after.agents.map(({ agent, devices }) => [agent, devices])).toEqual([
      ['x', 1],
      ['y', 1],
    ]);
  });

  test('series of what was measured are counted, as long as it is asked for the same', () => {
    const before = catalogOf([device('d'), device('e'), device('f')]);
    const after = catalogOf([device('d', { nick: 'New' }), device('e', { everyMs: 1000 }), device('g')]);
    const counted = new Map([
      ['d', 2],
      ['e', 3],
    ]);
    const each = plan(undefined, catalogOf([device('d')])).after;
    const report = planReport({ inForce: before, wanted: after, scheduled: [], counted });
    expect(report.before).toMatchObject({ points: 3, counted: 2, series: 2 + 3 + each.series });
    expect(report.after).toMatchObject({ points: 3, counted: 1, series: 2 + 2 * each.series });
    const operations = [...diffCatalogs({}, data(before))];
    const action: Action = { kind: 'applied', reason: '', operations, files: [] };
    const recent = [entryAfter(LOG_START, { author: 'a', atMs: 1000, action })];
    const countedAt = (nowMs: number): number =>
      planReport({ inForce: before, wanted: before, scheduled: [], counted, recent, nowMs }).before.counted;
    expect([countedAt(600_999), countedAt(601_000)]).toEqual([0, 2]);
    const alone = planReport({ inForce: before, wanted: before, scheduled: [], counted: new Map([['d', 1]]) }).after;
    const saved = (each.samplesPerSecond * (each.series - 1)) / each.series;
    expect(alone.samplesPerSecond).toBeCloseTo(3 * each.samplesPerSecond - saved);
  });

  test('cost by kind, criticality and further agents', () => {
    const costs = {
      currency: 'EUR',
      pointMonth: 4,
      byKind: { router: 9 },
      factor: { high: 1.5 },
      furtherAgentMonth: 1,
    };
    const devices = [
      device('d'),
      device('e', { criticality: 'high', agents: ['x', 'y'] }),
      device('r', { template: 'generic-router', snmp: { community: 'c' } }),
    ];
    const { after, currency } = plan(undefined, catalogOf(devices, { costs }));
    expect([after.costPerMonth, currency]).toEqual([4 + 6 + 1 + 9, 'EUR']);
    expect(plan(undefined, catalogOf(devices)).after.costPerMonth).toBeUndefined();
  });

  test('coverage: what is known by the books, and what is measured beyond them', () => {
    const inventory = [
      { site: 's', kind: 'host', count: 4 },
      { site: 's', kind: 'printer', count: 2 },
    ];
    const { coverage } = plan(undefined, catalogOf([device('d'), device('idle', { agents: [] })], { inventory }));
    expect(coverage).toEqual([
      { site: 's', kind: 'host', measured: 1, known: 4 },
      { site: 's', kind: 'printer', measured: 0, known: 2 },
    ]);
  });
});

describe('warnings', () => {
  test('of devices asked too often, of nobody who asks, of secrets that lie open', () => {
    const devices = [
      device('busy', { template: 'core-switch', snmp: { community: 'c' }, everyMs: 1000, agents: ['x', 'y'] }),
      device('idle', { agents: [] }),
      device('sealed', { snmp: { community: 'sealed:1:AAAA' } }),
    ];
    expect(plan(undefined, catalogOf(devices)).warnings).toEqual([
      'asked more than 5 times a second: busy',
      'measured by no agent: idle',
      'secrets in plain text: busy',
    ]);
  });

  test('of an agent that has too much to do', () => {
    const devices = Array.from({ length: 1500 }, (_, index) => device(`d-${index}`, { everyMs: 1000 }));
    expect(plan(undefined, catalogOf(devices)).warnings).toEqual([
      expect.stringMatching(/^x would send 0 requests and \d+ packets a second/),
    ]);
  });

  test('of a clock that was ahead when the log was written', () => {
    const action: Action = { kind: 'opened', title: 't', need: '' };
    const recent = [entryAfter(LOG_START, { author: 'anna', atMs: Date.UTC(2027, 0, 1), action })];
    const catalog = catalogOf([device('d')]);
    const at = (clockMs: number): readonly string[] =>
      planReport({ inForce: catalog, wanted: catalog, scheduled: [], recent, clockMs }).warnings;
    expect(at(Date.UTC(2026, 11, 1))).toEqual([expect.stringMatching(/\(1, anna\) is of 2027-01-01 00:00Z, .* wrong/)]);
    expect(at(Date.UTC(2026, 11, 31, 23, 59, 30))).toEqual([]);
  });

  test('of an id that is new where the device is not', () => {
    const [before, after] = [catalogOf([device('old')]), catalogOf([device('new')])];
    expect(plan(before, after).warnings).toEqual([
      expect.stringMatching(/^new has the address of old: .* new history/),
    ]);
    expect(plan(before, catalogOf([device('new', { address: '10.0.0.2' })])).warnings).toEqual([]);
    expect(plan(before, catalogOf([device('old'), device('new')])).warnings).toEqual([]);
  });

  test('of what is scheduled and touches the same', () => {
    const [before, after] = [catalogOf([device('d')]), catalogOf([device('d', { nick: 'Other' })])];
    const operations = [{ op: 'remove' as const, part: 'devices', id: 'd' }];
    const scheduled = [{ seq: 7, effectiveAtMs: Date.UTC(2026, 11, 1), author: 'a', reason: 'r', operations }];
    expect(planReport({ inForce: before, wanted: after, scheduled }).warnings).toEqual([
      'entry 7 of the log will change these too, on 2026-12-01 00:00Z: d',
    ]);
  });
});

test('ten thousand devices are planned within a test’s patience', () => {
  const many = (nick: string): Catalog =>
    catalogOf(Array.from({ length: 10_000 }, (_, index) => device(`d-${index}`, index < 100 ? { nick } : {})));
  expect(plan(many('one'), many('two')).changes).toHaveLength(100);
});
