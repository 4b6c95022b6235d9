import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCatalog } from '../load/load-catalog.ts';
import { agentPlanSchema, type AgentPlan } from './agent-plan.ts';
import { compilePlan } from './compile-plan.ts';
import { packPlan, readPlan } from './pack-plan.ts';

const catalog = loadCatalog(join(import.meta.dirname, '../fixtures/office.good.yaml'));
const travel = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

describe('a packed plan', () => {
  test.each(['agent-hel', 'agent-tre', 'nobody'])('is the same plan again: %s', (agent) => {
    const plan = compilePlan(catalog, agent, 7);
    expect(readPlan(travel(packPlan(plan)))).toEqual(agentPlanSchema.parse(travel(plan)));
  });

  test('what targets share stands once and is one object afterwards', () => {
    const [device] = catalog.devices;
    const devices = Array.from({ length: 500 }, (_, index) => ({ ...device!, id: `sw-${index}` }));
    const plan = compilePlan({ ...catalog, devices }, 'agent-hel', 1);
    const packed = packPlan(plan);
    expect(packed.shared.snmp).toHaveLength(1);
    expect(packed.shared.checks).toHaveLength(plan.targets[0]?.checks.length ?? 0);
    expect(JSON.stringify(packed).length).toBeLessThan(JSON.stringify(plan).length / 20);
    const again = readPlan(travel(packed));
    expect(again?.targets[0]?.checks).toBe(again?.targets[499]?.checks);
  });

  test('a plan from before is read as it is', () => {
    const plan = compilePlan(catalog, 'agent-hel', 7);
    expect(readPlan(travel(plan))).toEqual(plan);
    expect(readPlan({ v: 1, agent: 'a', revision: 1, targets: [] })).toMatchObject({ v: 1, paths: [] });
  });

  test.each([
    ['a place that is empty', { targets: [{ entity: 'e', address: 'a', checks: [99] }] }],
    ['an access that is not there', { targets: [{ entity: 'e', address: 'a', checks: [], snmp: 9 }] }],
    ['another packing', { shared: { packing: 2, checks: [], snmp: [] } }],
    ['no shelf', { shared: undefined }],
  ])('%s makes it none', (_, change) => {
    const plan: AgentPlan = compilePlan(catalog, 'agent-hel', 7);
    expect(readPlan(travel({ ...packPlan(plan), ...change }))).toBeUndefined();
  });
});
