/** The built-in templates hang together: what they name exists, and each kind of device has one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { computedMetric, COMPUTED_METRICS } from '../dictionary/computed.ts';
import { FACTS } from '../dictionary/facts.ts';
import { metric, METRICS } from '../dictionary/metrics.ts';
import { SNMP_TABLES } from '../dictionary/tables.ts';
import { TemplateError } from '../errors.ts';
import { isAppCheck } from '../model/app-check.ts';
import { DEVICE_KINDS } from '../model/device-kind.ts';
import { templateSchema } from '../model/template.ts';
import { metricsPage } from '../reference/metrics-page.ts';
import { templatesPage } from '../reference/templates-page.ts';
import { measuredMetrics } from './measured.ts';
import { resolveTemplate, templateIds } from './resolve.ts';
import { ruleApplies } from './rule.ts';
import { builtInIds } from './templates.ts';

const none = { templates: [] };
const resolved = [...builtInIds()].map((id) => resolveTemplate(none, id));

const PATH_METRICS = ['pathRtt', 'pathLoss', 'hopRtt', 'hopLoss', 'hopDelay', 'pathBlame'];

describe('metric dictionary', () => {
  it('has each name once, with a unit and a help', () => {
    expect(new Set(METRICS.map((each) => each.name)).size).toBe(METRICS.length);
    for (const each of METRICS)
      expect([each.unit, each.help], each.name).toEqual([expect.stringMatching(/\S/), expect.stringMatching(/\S/)]);
  });

  it('reads counters with their width and leaves what is computed to the analyzer', () => {
    for (const each of METRICS) {
      if (each.kind === 'counter' && each.snmp !== undefined) expect(each.snmp.bits, each.name).toBeDefined();
      if (each.kind === 'derived') expect(each.snmp, each.name).toBeUndefined();
    }
    expect(metric('ifHCInOctets')).toMatchObject({ kind: 'counter', unit: 'B', snmp: { bits: 64 } });
    expect(metric('sysUpTime')).toMatchObject({ kind: 'gauge', unit: 's', scale: 0.01 });
    expect(metric('ifInOctetts')).toBeUndefined();
  });

  it('lists only columns of its own in each table', () => {
    for (const table of Object.values(SNMP_TABLES)) {
      for (const name of table.metrics) expect(metric(name)?.snmp?.oid, name).toMatch(/^[\d.]+[1-9]\d*$/);
      for (const name of table.facts) expect(FACTS[name], name).toBeDefined();
    }
  });

  it('reads sensors also of agents that leave their status out', () => {
    const filters = metric('sensorTemperature')?.snmp?.where ?? [];
    expect(filters.find(({ oid }) => oid.endsWith('.99.1.1.1.5'))).toEqual({
      oid: '1.3.6.1.2.1.99.1.1.1.5',
      not: ['2', '3'],
    });
  });

  it('computes utilisation and shares, and NaN where they mean nothing', () => {
    expect(computedMetric('ifInUtilization')?.compute(12_500_000, 1e9)).toBe(10);
    expect(computedMetric('ifOutUtilization')?.compute(12_500_000, 0)).toBeNaN();
    expect(computedMetric('storageUsedPercent')?.compute(93, 100)).toBe(93);
    expect(computedMetric('suppliesPercent')?.compute(-3, 100)).toBeNaN();
    expect(computedMetric('memoryUsedPercent')?.compute(1, 4)).toBe(75);
    for (const { of, against, name } of COMPUTED_METRICS) {
      expect([metric(of), metric(against), metric(name)?.kind], name).toEqual([
        expect.anything(),
        expect.anything(),
        'derived',
      ]);
    }
  });
});

describe('states that are told from two', () => {
  const value = (name: string, of: number, against: number): number | undefined =>
    computedMetric(name)?.compute(of, against);

  it('misses a link that is wanted up, not one that was shut, and not what is unknown or dormant', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((oper) => value('linkDown', oper, 1))).toEqual([0, 1, 0, 0, 0, 1, 1]);
    expect(value('linkDown', 2, 2)).toBe(0);
    expect(value('linkDown', 2, Number.NaN)).toBe(1);
  });

  it('misses a BGP session that is wanted', () => {
    expect([value('bgpDown', 6, 2), value('bgpDown', 3, 2), value('bgpDown', 1, 1)]).toEqual([0, 1, 0]);
  });

  it('takes bypass for bypass, not a UPS that boosts or saves energy', () => {
    expect([3, 4, 5, 6, 7].map((source) => value('upsOnBypass', source, source))).toEqual([0, 1, 0, 0, 0]);
    expect([3, 5, 10].map((source) => value('xupsOnBattery', source, source))).toEqual([0, 1, 0]);
  });
});

describe('template library', () => {
  it('has a template for every kind of device', () => {
    for (const kind of DEVICE_KINDS)
      expect(
        resolved.some((each) => each.kind === kind),
        kind,
      ).toBe(true);
    expect(templateIds(none)).toEqual([...builtInIds()]);
  });

  it('names only what the dictionary has, and measures what it watches and draws', () => {
    for (const template of resolved) {
      // A path is not asked by measurements: its points are.
      const measured = new Set(template.id === 'path' ? PATH_METRICS : ['snmpRtt']);
      for (const measurement of template.measurements) {
        for (const name of measuredMetrics(measurement)) measured.add(name);
      }
      for (const { name, of, against } of COMPUTED_METRICS)
        if (measured.has(of) && measured.has(against)) measured.add(name);
      const used = [
        ...template.alarms.map((rule) => rule.metric),
        ...template.graphs.flatMap((graph) => graph.lines.map((line) => line.metric)),
        ...template.availability,
      ];
      for (const name of used) {
        expect(metric(name), name).toBeDefined();
        expect(measured, `${template.id}: ${name}`).toContain(name);
      }
      if (!template.part) expect(template.availability.length, template.id).toBeGreaterThan(0);
      // Which checks decide is said by name, never left to which ones there happen to be.
      if (template.measurements.some(isAppCheck)) expect(template.decidedBy, template.id).toBeDefined();
      for (const measurement of template.measurements) {
        if (measurement.check !== 'snmp-table') continue;
        const table = SNMP_TABLES[measurement.table];
        for (const name of measurement.metrics) expect(table?.metrics, measurement.table).toContain(name);
      }
    }
  });

  it('watches file systems and drives that can fill, not memory and caches', () => {
    const rule = resolveTemplate(none, 'linux-server').alarms.find((each) => each.id === 'storage-full');
    const watched = [
      '/',
      '/var',
      '/srv/shares',
      'C:\\ Label:System',
      'Physical memory',
      'Cached memory',
      '/dev/shm',
      '/run',
      '/snap/core/1',
      '/rom',
      '/media/iso',
      '/var/lib/docker/overlay2/ab/merged',
      '/var/dhcpd/dev, type: devfs, dev: devfs',
      '/var/media',
    ];
    expect(watched.filter((name) => ruleApplies(rule ?? {}, name))).toEqual([
      '/',
      '/var',
      '/srv/shares',
      'C:\\ Label:System',
      '/var/media',
    ]);
  });

  it('does not miss links, tunnels and outlets that were never up', () => {
    for (const { id, alarms } of resolved)
      for (const rule of alarms)
        if (['link-down', 'tunnel-down', 'outlet-off', 'bgp-down'].includes(rule.id))
          expect([rule.metric, rule.afterGood], id).toEqual([expect.not.stringMatching(/^ifOper/), true]);
  });
});

describe('resolveTemplate', () => {
  const own = (id: string, parent: string, more: object = {}): ReturnType<typeof templateSchema.parse> =>
    templateSchema.parse({ id, name: id, kind: 'switch', extends: parent, ...more });

  it('puts what is inherited first and replaces what is said again', () => {
    const alarm = {
      id: 'link-down',
      metric: 'ifOperStatus',
      severity: 'minor',
      when: 'above',
      raise: 1.5,
      message: 'm',
    };
    const table = { check: 'snmp-table', table: 'ifXTable', everyMs: 5000, metrics: ['ifHCInOctets'] };
    const child = own('mine', 'access-switch', { alarms: [alarm], measurements: [table], graphs: [] });
    const result = resolveTemplate({ templates: [child] }, 'mine');
    const base = resolveTemplate(none, 'access-switch');
    expect(result.alarms.map((each) => each.id)).toEqual(base.alarms.map((each) => each.id));
    expect(result.alarms.find((each) => each.id === 'link-down')?.severity).toBe('minor');
    const interfaces = result.measurements.filter((each) => each.check === 'snmp-table' && each.table === 'ifXTable');
    expect(interfaces).toEqual([{ ...table, facts: [] }]);
    expect(result.availability).toEqual(['snmpRtt']);
    expect(result.extends).toBeUndefined();
  });

  it('lets a catalog refine a built-in template under its own id', () => {
    const result = resolveTemplate({ templates: [own('ups', 'ups', { vendor: 'Voimavara' })] }, 'ups');
    expect(result.vendor).toBe('Voimavara');
    expect(result.alarms.map((each) => each.id)).toContain('on-battery');
  });

  it('refuses circles and unknown names', () => {
    const circle = { templates: [own('a', 'b'), own('b', 'a')] };
    expect(() => resolveTemplate(circle, 'a')).toThrow(TemplateError);
    expect(() => resolveTemplate(none, 'nothing')).toThrow('there is no template "nothing"');
  });
});

describe('docs', () => {
  const page = (name: string): string => readFileSync(join(import.meta.dirname, '../../../../docs', name), 'utf8');

  it.each([
    ['metrics.md', metricsPage],
    ['templates.md', templatesPage],
  ] as const)('%s is what `kaiku templates --page` writes', (name, write) => {
    expect(page(name)).toBe(write());
  });
});
