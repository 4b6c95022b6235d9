/** Plans: everything resolved, nothing of other agents in them. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentNames } from '../assign/agents-for.ts';
import { loadCatalog } from '../load/load-catalog.ts';
import { agentPlanSchema } from './agent-plan.ts';
import { compilePlan } from './compile-plan.ts';
import { packPlan, readPlan } from './pack-plan.ts';

const catalog = loadCatalog(join(import.meta.dirname, '../fixtures/office.good.yaml'));

describe('compilePlan', () => {
  it('gives an agent its own targets, as its schema reads them', () => {
    const plan = compilePlan(catalog, 'agent-tre', 7);
    expect(plan).toMatchObject({ v: 2, agent: 'agent-tre', revision: 7 });
    expect(plan.targets.map((target) => target.entity)).toEqual(['acc-1']);
    expect(agentPlanSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(compilePlan(catalog, 'agent-of-nobody', 7).targets).toEqual([]);
    expect(agentNames(catalog)).toEqual(['agent-hel', 'agent-tre']);
  });

  it('turns names into OIDs and overrides intervals', () => {
    const [core] = compilePlan(catalog, 'agent-hel', 1).targets;
    expect(core?.snmp).toEqual({ version: '2c', port: 1161, community: 'secret' });
    expect(core?.checks.map((check) => check.everyMs)).toEqual([10_000, 10_000, 10_000, 10_000, 3_600_000]);
    const table = core?.checks.find((check) => check.check === 'snmp-table' && check.table === 'ifXTable');
    expect(table).toMatchObject({
      nameOids: ['1.3.6.1.2.1.31.1.1.1.1', '1.3.6.1.2.1.2.2.1.2'],
      facts: [{ name: 'ifAlias', oid: '1.3.6.1.2.1.31.1.1.1.18' }],
    });
    const metrics = table?.check === 'snmp-table' ? table.metrics : [];
    expect(metrics[0]).toEqual({
      name: 'ifHCInOctets',
      kind: 'counter',
      oid: '1.3.6.1.2.1.31.1.1.1.6',
      bits: 64,
      scale: 1,
    });
    expect(metrics.find((each) => each.name === 'ifHighSpeed')).toMatchObject({ kind: 'gauge', scale: 1e6 });
    expect(metrics.find((each) => each.name === 'ifInErrors')).toMatchObject({ bits: 32 });
  });

  it('puts a load budget beside the access, which agents of before read strictly', () => {
    const [first] = catalog.devices;
    const snmp = { ...first?.snmp, requestsPerSecond: 2.5 };
    const device = { ...first, snmp } as (typeof catalog.devices)[number];
    const plan = compilePlan({ ...catalog, devices: [device] }, 'agent-hel', 1);
    expect(plan.targets[0]).toMatchObject({ requestsPerSecond: 2.5 });
    expect(plan.targets[0]?.snmp).not.toHaveProperty('requestsPerSecond');
    expect(readPlan(JSON.parse(JSON.stringify(packPlan(plan))))?.targets[0]).toMatchObject({ requestsPerSecond: 2.5 });
  });

  it('asks for all single objects of one interval in one check', () => {
    const device = { ...catalog.devices[0], id: 'srv', template: 'linux-server' } as (typeof catalog.devices)[number];
    const [target] = compilePlan({ ...catalog, devices: [device] }, 'agent-hel', 1).targets;
    const gets = target?.checks.filter((check) => check.check === 'snmp-get') ?? [];
    expect(gets).toHaveLength(1);
    expect(gets[0]?.metrics.map((each) => each.name)).toEqual(
      expect.arrayContaining(['sysUpTime', 'laLoad1', 'memTotalReal']),
    );
    expect(gets[0]?.facts.map((each) => each.name)).toContain('sysDescr');
  });

  it('needs no SNMP for a device that is only pinged', () => {
    const target = compilePlan(catalog, 'agent-hel', 1).targets.find((each) => each.entity === 'gateway');
    expect(target?.snmp).toBeUndefined();
    expect(target?.checks).toMatchObject([
      { check: 'icmp', everyMs: 60_000, packets: 5, spacingMs: 100, timeoutMs: 1000 },
    ]);
  });
});
