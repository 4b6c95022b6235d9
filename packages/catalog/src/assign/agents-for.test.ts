import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agentRecordSchema, type AgentRecord } from '../model/agent-record.ts';
import { catalogSchema } from '../model/catalog.ts';
import { compilePlan } from '../plan/compile-plan.ts';
import { agentNames, agentsFor, devicesOf } from './agents-for.ts';

const record = (id: string, site: string, more: Partial<AgentRecord> = {}): AgentRecord =>
  agentRecordSchema.parse({ id, site, ...more });
const device = (id: string, site = 'oulu', redundancy = 1) => ({ id, site, redundancy, agents: [] });
const devices = (count: number, redundancy = 1) =>
  Array.from({ length: count }, (_, index) => device(`sw-${index}`, 'oulu', redundancy));
/** Device → its agents. */
const assign = (agents: readonly AgentRecord[], all: ReturnType<typeof devices>) =>
  new Map(all.map((each) => [each.id, agentsFor({ agents: [...agents] }, each)]));

const five = ['a', 'b', 'c', 'd', 'e'].map((id) => record(`agent-${id}`, 'oulu'));

describe('agents for a device', () => {
  test('those it names, whoever is there', () => {
    expect(agentsFor({ agents: five }, { ...device('sw-1'), agents: ['mine', 'other'] })).toEqual(['mine', 'other']);
  });

  test('nobody, when nobody reaches its site', () => {
    expect(agentsFor({ agents: five }, device('sw-1', 'turku'))).toEqual([]);
  });

  test('of its own site first, then those that reach it; never one that does not', () => {
    const agents = [record('far', 'turku', { reaches: ['oulu'] }), record('near', 'oulu'), record('none', 'vaasa')];
    for (let index = 0; index < 50; index += 1) {
      expect(agentsFor({ agents }, device(`sw-${index}`, 'oulu', 3))).toEqual(['near', 'far']);
    }
  });

  test('different ones, as many as wanted, whatever the order of the records', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(five, { minLength: 1 }), fc.integer({ min: 1, max: 5 }), (agents, redundancy) => {
        const chosen = agentsFor({ agents }, device('sw-7', 'oulu', redundancy));
        expect(new Set(chosen).size).toBe(Math.min(redundancy, agents.length));
        expect(agentsFor({ agents: agents.toReversed() }, device('sw-7', 'oulu', redundancy))).toEqual(chosen);
      }),
    );
  });

  test('an agent that leaves gives only its own away', () => {
    const all = devices(2000, 2);
    const before = assign(five, all);
    const after = assign(five.slice(1), all);
    for (const [id, agents] of before) {
      const kept = agents.filter((each) => each !== 'agent-a');
      expect(after.get(id)?.filter((each) => agents.includes(each))).toEqual(kept);
      if (kept.length === agents.length) expect(after.get(id)).toEqual(agents);
    }
  });

  test('every device is in the plans of its agents, and of them alone', () => {
    const rest = { nick: 'D', address: '10.0.0.1', template: 'ping-only', agency: 'a' };
    const all = devices(300, 2).map((each) => Object.assign(each, rest));
    const base = { version: 1, agencies: [{ id: 'a', name: 'A' }], agents: five };
    const sites = [{ id: 'oulu', name: 'Oulu', country: 'FI', locality: 'Oulu' }];
    const catalog = catalogSchema.parse({ ...base, sites, devices: all });
    expect(agentNames(catalog)).toEqual(five.map(({ id }) => id));
    for (const agent of agentNames(catalog)) {
      const wanted = catalog.devices.filter((each) => agentsFor(catalog, each).includes(agent)).map(({ id }) => id);
      expect(devicesOf(catalog, agent).map(({ id }) => id)).toEqual(wanted);
      expect(compilePlan(catalog, agent, 1).targets.map(({ entity }) => entity)).toEqual(wanted);
    }
    const measured = agentNames(catalog).reduce((sum, agent) => sum + devicesOf(catalog, agent).length, 0);
    expect(measured).toBe(600);
  });

  test('shares follow capacity', () => {
    const agents = [record('small', 'oulu'), record('large', 'oulu', { capacity: 3 })];
    const first = [...assign(agents, devices(8000)).values()].map(([name]) => name);
    const share = first.filter((name) => name === 'large').length / first.length;
    expect(share).toBeGreaterThan(0.73);
    expect(share).toBeLessThan(0.77);
  });
});
