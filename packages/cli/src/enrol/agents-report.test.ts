import type { HealthReport } from '@kaiku/protocol';
import { expect, test } from 'vitest';
import { agentLines, agentRow, type AgentSources } from './agents-report.ts';

const NOW = Date.UTC(2026, 10, 23, 1, 0, 0);
const report: HealthReport = {
  v: 1,
  role: 'agent',
  name: 'agent-a',
  pid: 1,
  startedMs: NOW - 60_000,
  atMs: NOW - 500,
  ready: true,
  note: '2 targets are not observed in full',
  figures: { planRevision: 6, planTargets: 3, clockOffsetMs: -12 },
};
const nothing: AgentSources = {
  targets: new Map(),
  catalogRevision: undefined,
  enrolled: new Map(),
  keys: new Map(),
  claimedMs: new Map(),
  heard: new Map(),
};

test('an agent from every side', () => {
  const [line] = agentLines({
    targets: new Map([['agent-a', 3]]),
    catalogRevision: 7,
    enrolled: new Map([
      [
        'agent-a',
        {
          v: 1,
          agent: 'agent-a',
          brokerKey: 'U',
          sealingKey: 's',
          enrolledMs: NOW - 86_400_000,
          host: { hostname: 'pi-7', system: 'Linux', cpus: 4, memoryBytes: 1, node: 'v22', kaiku: '0.1.0' },
          replaced: 1,
        },
      ],
    ]),
    keys: new Map([['agent-a', { sealing: true }]]),
    claimedMs: new Map([['agent-a', NOW - 9000]]),
    heard: new Map([['agent-a', report]]),
  });
  expect(line).toMatchObject({ state: 'reports', current: false, note: report.note });
  expect(agentRow(line!, NOW).join(' | ')).toBe(
    'agent-a | reports | now | 6 (old) | 3 | -12 ms | broker and sealing | 2026-11-22 01:00:00Z, 2. of its name | pi-7 | 0.1.0',
  );
});

test('known by one thing only: its silence is told apart from never having spoken', () => {
  const lines = agentLines({
    ...nothing,
    targets: new Map([
      ['never-came', 5],
      ['went-silent', 1],
    ]),
    claimedMs: new Map([['went-silent', NOW - 3_600_000]]),
    keys: new Map([['by-hand', { sealing: false }]]),
  });
  expect(lines.map((line) => agentRow(line, NOW).slice(0, 7).join(' | '))).toEqual([
    'by-hand | never | - | - | 0 | - | broker',
    'never-came | never | - | - | 5 | - | none',
    'went-silent | silent | 1 h ago | - | 1 | - | none',
  ]);
});
