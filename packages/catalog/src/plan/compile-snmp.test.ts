/** What a plan says of SNMP: conversions where there are any, nothing where there are none, and what old agents get. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dictionaryOf } from '../dictionary/dictionary.ts';
import { FACTS } from '../dictionary/facts.ts';
import { METRICS } from '../dictionary/metrics.ts';
import { SNMP_TABLES } from '../dictionary/tables.ts';
import { loadCatalog } from '../load/load-catalog.ts';
import { factSchema, ownMetricSchema, tableSchema } from '../model/metrics.ts';
import { asVersion1Snmp, compileSnmp } from './compile-snmp.ts';

const builtIn = dictionaryOf({ metrics: [], facts: [], tables: [] });
const table = (name: string, metrics: readonly string[], facts: readonly string[] = []) =>
  compileSnmp(
    { check: 'snmp-table', everyMs: 60_000, table: name, metrics: [...metrics], facts: [...facts] },
    undefined,
    builtIn,
  );

describe('compileSnmp', () => {
  it('says nothing where there is nothing to convert', () => {
    expect(table('ifXTable', ['ifHCInOctets'])).toEqual({
      check: 'snmp-table',
      table: 'ifXTable',
      everyMs: 60_000,
      nameOids: ['1.3.6.1.2.1.31.1.1.1.1', '1.3.6.1.2.1.2.2.1.2'],
      metrics: [{ name: 'ifHCInOctets', kind: 'counter', oid: '1.3.6.1.2.1.31.1.1.1.6', bits: 64, scale: 1 }],
      facts: [],
    });
  });

  it('knows what the catalog adds', () => {
    const catalog = loadCatalog(join(import.meta.dirname, '../fixtures/own-objects.good.yaml'));
    const check = compileSnmp(
      { check: 'snmp-table', everyMs: 60_000, table: 'pumps', metrics: ['pumpState'], facts: ['pumpModel'] },
      10_000,
      dictionaryOf(catalog),
    );
    expect(check).toMatchObject({
      everyMs: 10_000,
      nameOids: ['1.3.6.1.4.1.99999.2.1.2'],
      where: [{ oid: '1.3.6.1.4.1.99999.2.1.6', is: ['1'] }],
      metrics: [{ name: 'pumpState', absent: [9], texts: { running: 1, stopped: 2 } }],
      facts: [{ name: 'pumpModel' }],
    });
  });

  it('keeps the long interval of what only reads facts', () => {
    const inventory = {
      check: 'snmp-table' as const,
      everyMs: 3_600_000,
      table: 'entPhysical',
      metrics: [],
      facts: [],
    };
    expect(compileSnmp(inventory, 10_000, builtIn).everyMs).toBe(3_600_000);
  });
});

describe('asVersion1Snmp', () => {
  it('gives old agents what they would read rightly, and nothing else', () => {
    const plain = table('ifXTable', ['ifHCInOctets'], ['ifAlias']);
    expect(asVersion1Snmp(plain)).toEqual(plain);
    expect(asVersion1Snmp(table('entPhySensor', ['sensorTemperature']))).toBeUndefined();
    expect(asVersion1Snmp(table('hrSWRun', ['processMemory']))).toBeUndefined();
    expect(asVersion1Snmp(table('cpmCPUTotal', ['cpmCPUTotal5min']))).toBeUndefined();
    expect(
      asVersion1Snmp(table('entPhySensor', ['sensorTemperature', 'entPhySensorOperStatus']))?.metrics,
    ).toHaveLength(1);
  });
});

describe('the built-in dictionary', () => {
  it('keeps the rules a catalog’s own entries must keep', () => {
    for (const metric of METRICS.filter(({ snmp }) => snmp !== undefined)) {
      expect(ownMetricSchema.safeParse(metric).error?.issues, metric.name).toBeUndefined();
    }
    for (const fact of Object.values(FACTS))
      expect(factSchema.safeParse(fact).error?.issues, fact.name).toBeUndefined();
    for (const each of Object.values(SNMP_TABLES)) {
      expect(tableSchema.safeParse(each).error?.issues, each.name).toBeUndefined();
    }
  });
});
