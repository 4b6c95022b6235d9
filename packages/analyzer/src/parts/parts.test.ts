/** From health reports to samples and alarms of Kaiku itself. */
import type { HealthReport } from '@kaiku/protocol';
import { metric } from '@kaiku/catalog';
import { describe, expect, test } from 'vitest';
import { compileWatch } from '../read/watch-plan.ts';
import { smallCatalog } from '../testing/small-catalog.ts';
import { mergeReports } from './part-figures.ts';
import { partRules, type PartName } from './part-rules.ts';
import { gaugeRows, readParts } from './part-sampler.ts';

const parts: readonly PartName[] = [
  { role: 'logger', name: 'logger-1' },
  { role: 'store', name: 'store-1' },
];
const plan = compileWatch(smallCatalog, 1, 1, parts);

function report(role: HealthReport['role'], name: string, more: Partial<HealthReport> = {}): HealthReport {
  return { v: 1, role, name, pid: 7, startedMs: 1, atMs: 2, ready: true, note: '', figures: {}, ...more };
}

const told = (reports: readonly HealthReport[], held = new Set([0])): Record<string, number> =>
  Object.fromEntries(
    readParts(reports, plan, held).map(({ series, value }) => [`${series.entity} ${series.metric}`, value]),
  );

describe('samples of parts', () => {
  test('figures become metrics in their units', () => {
    const figures = { rssBytes: 5, lagLive: 2, lagBacklog: 3, gapBatches: 4, auditAgeMs: 1500 };
    expect(told([report('logger', 'logger-1', { figures })])).toEqual({
      'logger-1 partReady': 1,
      'logger-1 partRss': 5,
      'logger-1 loggerLag': 5,
      'logger-1 loggerGaps': 4,
      'logger-1 loggerAuditAge': 1.5,
    });
  });

  test('an unready part is 0; parts nobody expects and partitions held by others give nothing', () => {
    expect(told([report('store', 'store-1', { ready: false })])).toEqual({ 'store-1 partReady': 0 });
    expect(told([report('web', 'web-9')])).toEqual({});
    expect(told([report('store', 'store-1')], new Set([1]))).toEqual({});
  });

  test('of two processes under one name the worse is told', () => {
    const merged = mergeReports([
      report('agent', 'agent-1', { figures: { fenced: 0, bufferDaysLeft: 9 } }),
      report('agent', 'agent-1', { pid: 8, ready: false, figures: { fenced: 1 } }),
    ]);
    expect(merged).toMatchObject({ ready: false, figures: { fenced: 1, bufferDaysLeft: 9 } });
    expect(mergeReports([])).toBeUndefined();
  });

  test('rows are whole', () => {
    const readings = readParts([report('logger', 'logger-1', { figures: { lagLive: 1 } })], plan, new Set([0]));
    const { rows, data } = gaugeRows(readings, 'analyzer-1', 10_000);
    expect(rows).toBe(2);
    expect(data.map((column) => column.length)).toEqual([2, 2, 2, 2, 2]);
  });
});

describe('rules of parts', () => {
  test.each(['agent', 'logger', 'store', 'analyzer', 'web'] as const)('%s: every rule is of a known gauge', (role) => {
    const rules = partRules(role);
    for (const { rule } of rules) expect(metric(rule.metric), rule.id).toMatchObject({ kind: 'gauge' });
    expect(new Set(rules.map(({ rule }) => rule.id)).size).toBe(rules.length);
  });

  test('an agent is watched by its silence and as a part', () => {
    const rules = plan.devices.get('agent-1')?.rules.map(({ rule }) => rule.id);
    expect(rules).toEqual(expect.arrayContaining(['agent-silent', 'agent-fenced', 'part-not-ready']));
    expect(plan.devices.get('logger-1')?.rules.map(({ rule }) => rule.id)).toContain('part-silent');
  });
});
