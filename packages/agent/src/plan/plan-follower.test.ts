import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerError, createLog, createMetrics, createSealingKey, sealText, type SealingKey } from '@kaiku/core';
import { until } from '@kaiku/core/testing';
import { encode } from '@kaiku/protocol';
import type { AgentPlan } from '@kaiku/catalog';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPlanFollower, type PlanFollower } from './plan-follower.ts';
import { loadPlan, savePlan } from './plan-file.ts';
import { createPlanOpener } from './plan-opener.ts';

const log = createLog({ role: 'agent', name: 'test', level: 'silent' });
const plan = (revision: number, address = '192.0.2.1'): AgentPlan => ({
  v: 2,
  agent: 'agent-a',
  revision,
  targets: [{ entity: 'sw-1', address, checks: [] }],
  paths: [],
});

let dir: string;
let file: string;
let seen: AgentPlan[];
let follower: PlanFollower;
let sealing: SealingKey;

/** A broker whose loggers answer what the test says, and whose command subject the test can use. */
function brokerOf(answer: () => AgentPlan | undefined) {
  let hear: (bytes: Uint8Array) => void = () => undefined;
  return {
    connected: true,
    request: () => {
      const next = answer();
      return next === undefined
        ? Promise.reject(new BrokerError('nobody answers', true))
        : Promise.resolve(new Uint8Array(Buffer.from(JSON.stringify(next))));
    },
    subscribe: (_: string, handler: (bytes: Uint8Array, subject: string) => void) => {
      hear = (bytes) => handler(bytes, '');
      return { stop: () => undefined };
    },
    reload: () => hear(encode({ v: 1, command: 'reload' })),
  };
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kaiku-plan-'));
  file = join(dir, 'plan.json');
  seen = [];
  sealing = createSealingKey();
  const metrics = createMetrics();
  follower = createPlanFollower({
    agent: 'agent-a',
    file,
    opener: createPlanOpener({ agent: 'agent-a', privateKey: () => sealing.privateKey, metrics }),
    onPlan: (each) => void seen.push(each),
    log,
    metrics,
  });
});
afterEach(async () => {
  await follower.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('the plan on the disk is in force before anybody answers', async () => {
  writeFileSync(file, JSON.stringify(plan(3)));
  await follower.start();
  expect(seen).toEqual([plan(3)]);
});

test.each(['', '{"v":1', JSON.stringify({ ...plan(1), agent: 'agent-b' }), JSON.stringify({ v: 9 })])(
  'a file that is no plan for this agent is none: %s',
  async (text) => {
    writeFileSync(file, text);
    await follower.start();
    expect(seen).toEqual([]);
    expect(follower.plan).toBeUndefined();
  },
);

test('any flipped byte of the plan on the disk is noticed; the plan before it stands in', () => {
  savePlan(file, plan(1));
  expect(loadPlan(file, 'agent-a')).toEqual({ plan: plan(1), problem: '' });
  savePlan(file, plan(2, '192.0.2.2'));
  const whole = readFileSync(file);
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    writeFileSync(file, damaged);
    const { plan: found, problem } = loadPlan(file, 'agent-a');
    if (found?.revision === 2) expect(found).toEqual(plan(2, '192.0.2.2'));
    else expect({ at, found, problem }).toEqual({ at, found: plan(1), problem: expect.stringMatching(/damaged/) });
  }
  // What is damaged is not kept as the one before.
  savePlan(file, plan(3));
  writeFileSync(file, '');
  expect(loadPlan(file, 'agent-a').plan).toEqual(plan(1));
  expect(loadPlan(file, 'agent-b')).toEqual({ plan: undefined, problem: expect.stringMatching(/not for this agent/) });
  expect(loadPlan(join(dir, 'none'), 'agent-a')).toEqual({ plan: undefined, problem: '' });
});

test('an answer is in force and kept, readable by the owner only', async () => {
  await follower.start();
  follower.attach(brokerOf(() => plan(1)));
  await until('a plan', () => seen.length === 1);
  expect(loadPlan(file, 'agent-a')).toEqual({ plan: plan(1), problem: '' });
  expect(statSync(file).mode & 0o077).toBe(0);
});

test('reload asks at once; what has not changed is not applied again', async () => {
  let answer = plan(1);
  const broker = brokerOf(() => answer);
  await follower.start();
  follower.attach(broker);
  await until('a plan', () => seen.length === 1);
  answer = { ...plan(2) };
  broker.reload();
  await until('the new revision', () => follower.plan?.revision === 2);
  expect(seen).toHaveLength(1);
  answer = plan(3, '192.0.2.7');
  broker.reload();
  await until('the new address', () => seen.length === 2);
  expect(seen[1]).toEqual(plan(3, '192.0.2.7'));
});

test('a logger that lags behind does not bring the old plan back', async () => {
  let answers = [plan(5, '192.0.2.5')];
  const broker = brokerOf(() => (answers.length > 1 ? answers.shift() : answers[0]));
  await follower.start();
  follower.attach(broker);
  await until('a plan', () => seen.length === 1);
  answers = [plan(4, '192.0.2.4'), plan(5, '192.0.2.5')];
  broker.reload();
  await until('both answers', () => answers.length === 1);
  expect(seen).toHaveLength(1);
});

test('a sealed plan: the samplers get it open, the disk keeps it sealed, and it is in force after a start without anybody', async () => {
  const community = sealText('public', [{ agent: 'agent-a', publicKey: sealing.publicKey }]);
  const [target] = plan(1).targets;
  const sealed: AgentPlan = { ...plan(1), targets: [{ ...target!, snmp: { version: '2c', port: 161, community } }] };
  await follower.start();
  follower.attach(brokerOf(() => sealed));
  await until('a plan', () => seen.length === 1);
  expect(seen[0]?.targets[0]?.snmp?.community).toBe('public');
  expect(readFileSync(file, 'utf8')).not.toContain('public');
  await follower.stop();

  const metrics = createMetrics();
  follower = createPlanFollower({
    agent: 'agent-a',
    file,
    opener: createPlanOpener({ agent: 'agent-a', privateKey: () => sealing.privateKey, metrics }),
    onPlan: (each) => void seen.push(each),
    log,
    metrics,
  });
  await follower.start();
  expect(seen).toHaveLength(2);
  expect(seen[1]).toEqual(seen[0]);
});

test('a lost question costs a moment; what takes longer is waited for longer the next time', async () => {
  const waited: number[] = [];
  await follower.start();
  follower.attach({
    ...brokerOf(() => plan(1)),
    request: (_subject: string, _question: Uint8Array, timeoutMs: number) => {
      waited.push(timeoutMs);
      if (waited.length === 1) return Promise.reject(new BrokerError('nobody answers', true));
      return Promise.resolve(new Uint8Array(Buffer.from(JSON.stringify(plan(1)))));
    },
  });
  await until('a plan', () => seen.length === 1);
  expect(waited).toEqual([2500, 5000]);
});
