import { createMetrics, createSealingKey, sealText } from '@kaiku/core';
import { checkPlanSchema, type AgentPlan } from '@kaiku/catalog';
import { expect, test } from 'vitest';
import { createPlanOpener } from './plan-opener.ts';

const own = createSealingKey();
const other = createSealingKey();
const forMe = (text: string): string => sealText(text, [{ agent: 'agent-a', publicKey: own.publicKey }]);
const forOther = (text: string): string => sealText(text, [{ agent: 'agent-a', publicKey: other.publicKey }]);

const ping = checkPlanSchema.parse({ check: 'icmp', everyMs: 1000, packets: 1, spacingMs: 10, timeoutMs: 100 });
const get = checkPlanSchema.parse({ check: 'snmp-get', everyMs: 1000, metrics: [], facts: [] });
const planOf = (targets: AgentPlan['targets']): AgentPlan => ({
  v: 2,
  agent: 'agent-a',
  revision: 1,
  targets,
  paths: [],
});
const device = (entity: string, community: string) => ({
  entity,
  address: '192.0.2.1',
  snmp: { version: '2c' as const, port: 161, community },
  checks: [ping, get],
});

function create(privateKey: () => string | undefined = () => own.privateKey) {
  const metrics = createMetrics();
  return { metrics, opener: createPlanOpener({ agent: 'agent-a', privateKey, metrics }) };
}

test('what is sealed is opened, what is not stays as it is', async () => {
  const { opener, metrics } = create();
  const { targets } = await opener.open(planOf([device('sw-1', forMe('secret')), device('sw-2', 'plain')]));
  expect(targets).toEqual([device('sw-1', 'secret'), device('sw-2', 'plain')]);
  expect([opener.note(), metrics.figures()['targetsUnreadable']]).toEqual(['', 0]);
});

test('one secret that cannot be opened costs what needs it, not the target’s ping and not the plan', async () => {
  const { opener, metrics } = create();
  const plan = planOf([device('sw-1', forOther('secret')), device('sw-2', forMe('secret'))]);
  const { targets } = await opener.open(plan);
  expect(targets).toEqual([{ entity: 'sw-1', address: '192.0.2.1', checks: [ping] }, device('sw-2', 'secret')]);
  expect(metrics.figures()['targetsUnreadable']).toBe(1);
  expect(opener.note()).toBe(
    '1 target is not observed in full: secrets cannot be opened (sw-1: the secret was sealed to another key of agent-a)',
  );
  // Sealed anew, all is well again.
  await opener.open(planOf([device('sw-1', forMe('secret'))]));
  expect([opener.note(), metrics.figures()['targetsUnreadable']]).toEqual(['', 0]);
});

test('an agent without a key measures what needs no secret', async () => {
  const { opener } = create(() => undefined);
  const { targets } = await opener.open(planOf([device('sw-1', forMe('secret')), device('sw-2', 'plain')]));
  expect(targets.map(({ checks }) => checks.length)).toEqual([1, 2]);
  expect(opener.note()).toContain('this agent has no sealing key');
});

test('many secrets do not hold up others: their timers run in between', async () => {
  const { opener } = create();
  const targets = Array.from({ length: 500 }, (_, index) => device(`sw-${index}`, forMe(`secret ${index}`)));
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const opened = await opener.open(planOf(targets));
  clearInterval(timer);
  expect(opened.targets.at(-1)?.snmp?.community).toBe('secret 499');
  expect(turns).toBeGreaterThan(1);
});
