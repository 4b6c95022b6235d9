/**
 * Alarms of Kaiku itself: each part as something to be watched, with the rules of its role. Silence of any part is an
 * alarm; so is a batch that is missing, lost or refused, with the words that explain it. Pure.
 */
import type { AlarmRule } from '@kaiku/catalog';
import { partitionOf } from '@kaiku/protocol';
import type { WatchedDevice, WatchedRule } from '../read/watch-plan.ts';
import type { PartRole } from './part-figures.ts';

export interface PartName {
  readonly role: PartRole;
  readonly name: string;
}

/** How often a part's figures become samples. */
export const PART_EVERY_MS = 10_000;
/** Parts report each 2 s: a minute without is no restart any more. */
const SILENT_MS = 60_000;
const DAY_S = 86_400;

type Rule = Pick<AlarmRule, 'id' | 'metric' | 'severity' | 'when' | 'raise' | 'message'> &
  Partial<Pick<AlarmRule, 'clear' | 'count' | 'noDataMs'>> & { readonly unit?: string; readonly silent?: string };

const ANY: readonly Rule[] = [
  {
    id: 'part-not-ready',
    metric: 'partReady',
    severity: 'major',
    when: 'below',
    raise: 1,
    count: 6,
    message: '{nick} runs but is not ready; the page of Kaiku itself says why',
  },
];

const SILENT: Rule = {
  id: 'part-silent',
  metric: 'partReady',
  severity: 'critical',
  when: 'below',
  // Readiness is never negative: only silence raises it.
  raise: -1,
  noDataMs: SILENT_MS,
  message: '{nick} reports again',
  silent: '{nick} is silent: its process, its machine or its way to the broker is gone',
};

const AGENT: readonly Rule[] = [
  {
    id: 'agent-fenced',
    metric: 'agentFenced',
    severity: 'critical',
    when: 'above',
    raise: 0,
    message: '{nick}: a second agent runs under this name and is kept out; rename one of them',
  },
  {
    id: 'agent-clock-ahead',
    metric: 'agentClockOffset',
    severity: 'major',
    when: 'below',
    raise: -5,
    clear: -2,
    count: 3,
    unit: 's',
    message: '{nick}: its clock is ahead of the centre ({value} {unit}); check its time service',
  },
  {
    id: 'agent-clock-behind',
    metric: 'agentClockOffset',
    severity: 'major',
    when: 'above',
    raise: 5,
    clear: 2,
    count: 3,
    unit: 's',
    message: '{nick}: its clock is {value} {unit} behind the centre; check its time service',
  },
  {
    id: 'agent-buffer-short',
    metric: 'agentBufferDaysLeft',
    severity: 'minor',
    when: 'below',
    raise: 3,
    clear: 5,
    count: 6,
    unit: 'd',
    message: '{nick}: its disk holds only {value} more days of samples; give it room or lower buffer.maxDays',
  },
];

const LOGGER: readonly Rule[] = [
  {
    id: 'batches-missing',
    metric: 'loggerGaps',
    severity: 'minor',
    when: 'above',
    raise: 0,
    count: 12,
    message: '{nick}: batches missing, asked for again from their agents: {value}',
  },
  {
    id: 'batches-lost',
    metric: 'loggerLostDay',
    severity: 'major',
    when: 'above',
    raise: 0,
    message:
      '{nick}: batches of the last day that can no longer be had: {value}; kaiku gaps lists them with their reasons',
  },
  {
    id: 'batches-quarantined',
    metric: 'loggerQuarantinedDay',
    severity: 'major',
    when: 'above',
    raise: 0,
    message: '{nick}: batches of the last day refused and kept in quarantine: {value}; kaiku gaps lists them',
  },
  {
    id: 'audit-late',
    metric: 'loggerAuditAge',
    severity: 'minor',
    when: 'above',
    raise: 2 * DAY_S,
    unit: 's',
    message: '{nick}: no complete audit for two days',
  },
];

const RULES: Readonly<Record<PartRole, readonly Rule[]>> = {
  // An agent's silence has a rule of its own in the watch plan, behind which its devices' alarms wait.
  agent: [...ANY, ...AGENT],
  logger: [SILENT, ...ANY, ...LOGGER],
  store: [SILENT, ...ANY],
  analyzer: [SILENT, ...ANY],
  web: [SILENT, ...ANY],
};

function watchedRule({ unit = '', silent, count = 1, noDataMs = 0, ...rule }: Rule): WatchedRule {
  return {
    rule: { ...rule, count, noDataMs },
    source: { kind: 'gauge', metric: rule.metric },
    everyMs: PART_EVERY_MS,
    unit,
    provesDown: false,
    ...(silent === undefined ? {} : { silentMessage: silent }),
  };
}

export function partRules(role: PartRole): readonly WatchedRule[] {
  return RULES[role].map(watchedRule);
}

export function watchPart({ role, name }: PartName, partitions: number): WatchedDevice {
  return {
    id: name,
    nick: name,
    partition: partitionOf(name, partitions),
    agents: [],
    parents: [],
    rules: partRules(role),
    proofs: [],
    averages: [],
  };
}
