/** What an operator reads: plans, changes, the log; and devices to a spreadsheet and back. */
import {
  changesOf,
  deviceSchema,
  entryAfter,
  importDevices,
  LOG_START,
  planReport,
  positionOf,
  revisionsOf,
  catalogSchema,
  type Action,
  type Catalog,
  type LogEntry,
} from '@kaiku/catalog';
import { describe, expect, test } from 'vitest';
import { style } from '../terminal/style.ts';
import { changeTable, changeText } from './change-text.ts';
import { devicesAsCsv } from './device-csv.ts';
import { logTable } from './log-text.ts';
import { planText } from './plan-text.ts';

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
const plain = style(false);

describe('a plan', () => {
  const costs = { currency: 'EUR', pointMonth: 4 };
  const approval = { requiredFor: { devicesAbove: 1 } };
  const before = catalogOf([device('d', { snmp: { community: 'hush' } }), device('gone')], { costs, approval });
  const after = catalogOf([device('d', { nick: 'New', snmp: { community: 'hash' } }), device('new')], {
    costs,
    approval,
  });
  const text = planText(planReport({ inForce: before, wanted: after, scheduled: [] }), plain);

  test('says entries, fields, figures, warnings and who has to agree', () => {
    expect(text.split('\n').slice(0, 7)).toEqual([
      'devices',
      '  + new (The new)  address 10.0.0.1, template ping-only, site s, agency a, agents x',
      '  ~ d (New)',
      '      nick: The d → New',
      '      snmp.community: (secret), differs',
      '  - gone (The gone)  address 10.0.0.1, template ping-only, site s, agency a, agents x',
      '1 added, 1 changed, 1 removed',
    ]);
    expect(text).toMatch(/measurement points +2 +the same/);
    expect(text).toMatch(/cost +8\.00 EUR\/month +the same/);
    expect(text).toContain('! secrets in plain text: d');
    expect(text).toContain('needs approval: it touches 3 devices, more than 1');
    expect(text).not.toMatch(/hush|hash/);
  });

  test('of nothing says so, and of very much only the first', () => {
    expect(planText(planReport({ inForce: before, wanted: before, scheduled: [] }), plain)).toMatch(
      /^nothing to change\n/,
    );
    const many = catalogOf(Array.from({ length: 100 }, (_, index) => device(`d-${index}`)));
    const report = planReport({ inForce: undefined, wanted: many, scheduled: [] });
    expect(planText(report, plain)).toContain('+ and 60 more added (--all shows them)');
    expect(planText(report, plain, true)).toContain('+ d-99 ');
  });
});

describe('the log', () => {
  const actions: readonly Action[] = [
    { kind: 'applied', reason: 'first', operations: [], files: [] },
    { kind: 'opened', title: 'More ports', need: 'they are full' },
    {
      kind: 'proposed',
      change: 2,
      operations: [{ op: 'remove', part: 'devices', id: 'd' }],
      files: ['f.yaml'],
      was: {},
    },
    { kind: 'moved', change: 2, event: 'skip', note: 'small' },
    { kind: 'applied', reason: 'later', change: 2, operations: [], files: [], effectiveAtMs: 9_000_000 },
    { kind: 'cancelled', entry: 5, reason: 'rain' },
    { kind: 'commented', change: 2, note: 'again tomorrow' },
  ];
  const entries: LogEntry[] = [];
  for (const action of actions) {
    const last = entries.at(-1);
    const position = last === undefined ? LOG_START : positionOf(last);
    entries.push(entryAfter(position, { author: 'anna', atMs: entries.length * 60_000, action }));
  }
  const nowMs = 600_000;
  const logs = [{ id: 'l', entries }];

  test('as a table: who, when, what, why', () => {
    const text = logTable(logs, { revisionsOf: (own) => revisionsOf(own, nowMs), nowMs, last: undefined });
    expect(text.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  ').trim())).toEqual([
      'entry  time  by  revision  what  why',
      '1  1970-01-01 00:00:00Z  anna  1  0 operations  first',
      '2  1970-01-01 00:01:00Z  anna  opens change 2: More ports  they are full',
      '3  1970-01-01 00:02:00Z  anna  change 2: proposes 1 operations  f.yaml',
      '4  1970-01-01 00:03:00Z  anna  change 2: skip  small',
      '5  1970-01-01 00:04:00Z  anna  change 2: 0 operations, cancelled  later',
      '6  1970-01-01 00:05:00Z  anna  cancels entry 5  rain',
      '7  1970-01-01 00:06:00Z  anna  change 2: comment  again tomorrow',
      '',
    ]);
    expect(logTable(logs, { revisionsOf: () => new Map(), nowMs, last: 2 }).split('\n')).toHaveLength(4);
    expect(logTable([], { revisionsOf: () => new Map(), nowMs, last: 2 })).toBe('no changes yet\n');
  });

  test('a change with all its steps', () => {
    const [change] = changesOf(entries);
    if (change === undefined) throw new Error('no change');
    const text = changeText(change, [], plain);
    expect(text).toMatch(/^change 2: More ports\nphase: implementation\nneed: they are full\n/);
    expect(text).toMatch(/anna +skip +implementation +small/);
    expect(text).toContain('what it proposes is in force already');
    expect(changeTable([change])).toMatch(/2 +implementation +anna/);
    expect(changeTable([])).toBe('no changes\n');
  });
});

test('devices go to a spreadsheet and come back the same', () => {
  const devices = [
    device('a', { nick: 'Oulu, "kerros" 1', tags: { rack: 'A1' }, dependsOn: ['b'], agents: ['x', 'y'], owner: 'me' }),
    device('b', {
      agents: [],
      redundancy: 2,
      everyMs: 5000,
      criticality: 'high',
      snmp: {
        version: '3',
        user: 'u',
        auth: { protocol: 'sha256', password: 'password1' },
        privacy: { protocol: 'aes128', password: 'password2' },
      },
      checks: [{ check: 'tcp', id: 'ssh', port: 22, everyMs: 60_000 }],
    }),
  ].map((each) => deviceSchema.parse(each));
  const { devices: back, problems } = importDevices(devicesAsCsv(devices));
  expect(problems).toEqual([]);
  expect(back.map((each) => deviceSchema.parse(each))).toEqual(devices);
});
