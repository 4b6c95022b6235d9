import { describe, expect, it } from 'vitest';
import type { DerivedRow } from '@kaiku/store';
import { fixtureCatalog } from '../dev/fixture-catalog.ts';
import { fold, together } from './availability.ts';
import { buildDirectory, byModel, scopeOf, staleAfterMs } from './directory.ts';
import { graphId, graphOf } from './graphs.ts';
import { judge, rollUp, type Evidence } from './level.ts';

const NOW = 1_750_000_000_000;
const catalog = fixtureCatalog({ passwordHash: '$argon2id$fixture' });
const directory = buildDirectory(catalog, 3);

describe('level', () => {
  const evidence: Evidence = {
    severities: [],
    unacknowledged: 0,
    seenMs: NOW - 1000,
    answering: true,
    staleAfterMs: 90_000,
    nowMs: NOW,
  };
  it.each([
    ['ok', {}],
    ['unknown', { seenMs: NOW - 91_000 }],
    ['unknown', { seenMs: undefined, answering: undefined }],
    ['unknown', { answering: false }],
    ['major', { severities: ['minor', 'major'] as const }],
    ['critical', { severities: ['critical'] as const, seenMs: undefined }],
  ])('is %s with %j', (level, more) => {
    expect(judge({ ...evidence, ...more }).level).toBe(level);
  });

  it('rolls the worst child up and keeps the counts', () => {
    const state = (level: 'ok' | 'minor' | 'unknown', alarms = 0) => ({ ...judge(evidence), level, alarms });
    expect(rollUp([state('ok'), state('unknown'), state('minor', 2)])).toMatchObject({
      level: 'minor',
      alarms: 2,
      total: 3,
      counts: { critical: 0, major: 0, minor: 1, unknown: 1, ok: 1 },
    });
    expect(rollUp([state('ok'), state('unknown')]).level).toBe('unknown');
    expect(rollUp([]).level).toBe('unknown');
  });
});

describe('scope', () => {
  const all = scopeOf(directory, { agencies: [] });
  const one = scopeOf(directory, { agencies: ['registry'] });

  it('holds what a person may see and nothing else', () => {
    expect(all.devices).toHaveLength(catalog.devices.length);
    expect(one.devices.every((entry) => entry.agency.id === 'registry')).toBe(true);
    expect(one.agencies.map((agency) => agency.id)).toEqual(['registry']);
    expect(one.devices.length).toBeLessThan(all.devices.length);
    expect(() => one.device('hel-sw-1')).toThrow(expect.objectContaining({ code: 'WEB_NOT_FOUND' }));
    expect(() => one.agency('licences')).toThrow(expect.objectContaining({ code: 'WEB_NOT_FOUND' }));
    expect([one.sees('hel-sw-3'), one.sees('hel-sw-1'), one.sees('nowhere')]).toEqual([true, false, false]);
    expect(all.sees('nowhere')).toBe(true);
  });

  it('groups by model', () => {
    const groups = byModel(all.devices);
    expect(groups.map((group) => group.id)).toContain('access-switch');
    expect(groups.reduce((sum, group) => sum + group.devices.length, 0)).toBe(all.devices.length);
  });

  it('finds graphs by their permanent id, and none out of scope', () => {
    const name = graphOf(all, 'hel-sw-1.traffic.Gi0/1');
    expect(name).toMatchObject({ instance: 'Gi0/1', graph: { id: 'traffic' } });
    expect(graphId(name)).toBe('hel-sw-1.traffic.Gi0/1');
    for (const id of ['hel-sw-1', 'hel-sw-1.nothing', 'hel-sw-1.traffic', 'hel-sw-1.rtt.x', '', '..', 'x.y.z'])
      expect(() => graphOf(all, id), id).toThrow(expect.objectContaining({ code: 'WEB_NOT_FOUND' }));
    expect(() => graphOf(one, 'hel-sw-1.rtt')).toThrow(expect.objectContaining({ code: 'WEB_NOT_FOUND' }));
  });

  it('waits three turns before a sample is stale', () => {
    expect(staleAfterMs(all.device('hel-sw-1'))).toBe(195_000);
  });
});

describe('availability', () => {
  const row = (minute: number, value: number, observed = 1, windowMs = 300_000): DerivedRow => ({
    series: 1n,
    ts: NOW + minute * 60_000,
    windowMs,
    value,
    observed,
    final: true,
  });
  const window = { fromMs: NOW, toMs: NOW + 20 * 60_000, cells: 2 };

  it('weighs by what was observed and leaves the rest unobserved', () => {
    const folded = fold([row(0, 1), row(5, 0, 0.5), row(10, Number.NaN, 0)], window);
    expect(folded.share).toBeCloseTo(300 / 450);
    expect(folded.observed).toBeCloseTo(450 / 1200);
    expect(folded.cells[0]?.share).toBeCloseTo(300 / 450);
    expect(folded.cells[1]).toEqual({ share: Number.NaN, observed: 0 });
  });

  it('takes the shortest of several windows and nothing from outside', () => {
    const folded = fold([row(0, 1), row(0, 0, 1, 3_600_000), row(-5, 0), row(20, 0)], window);
    expect(folded.share).toBe(1);
  });

  it('puts devices together', () => {
    const both = together([fold([row(0, 1)], window), fold([row(0, 0)], window)]);
    expect(both?.share).toBeCloseTo(0.5);
    expect(together([])).toBeUndefined();
  });
});
