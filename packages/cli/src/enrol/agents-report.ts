/** What is known of each agent, from the catalog, its enrolment, its claim on its name and its own report. Pure. */
import type { HealthReport } from '@kaiku/protocol';
import { count, duration, utc } from '../terminal/format.ts';
import type { EnrolledAgent } from './agent-records.ts';

export interface AgentSources {
  /** Agents that have something to measure, and how many targets each. */
  readonly targets: ReadonlyMap<string, number>;
  readonly catalogRevision: number | undefined;
  readonly enrolled: ReadonlyMap<string, EnrolledAgent>;
  /** Agents with a broker key, and whether a public sealing key is known. */
  readonly keys: ReadonlyMap<string, { readonly sealing: boolean }>;
  /** When each last renewed its claim, by a logger's clock. */
  readonly claimedMs: ReadonlyMap<string, number>;
  readonly heard: ReadonlyMap<string, HealthReport>;
}

export interface AgentLine {
  readonly name: string;
  /** `reports`: heard just now. `silent`: it has spoken before. `never`: nothing is known of it but its name. */
  readonly state: 'reports' | 'silent' | 'never';
  /** null: its key was made by hand, or it has none. */
  readonly enrolledMs: number | null;
  readonly host: string | null;
  readonly version: string | null;
  /** Appliances of this name before it. */
  readonly replaced: number;
  readonly key: 'broker and sealing' | 'broker' | 'none';
  readonly lastSeenMs: number | null;
  readonly planRevision: number | null;
  /** Its plan is of the catalog in force; null when that is not known. */
  readonly current: boolean | null;
  readonly targets: number;
  readonly clockOffsetMs: number | null;
  /** What hurts, in its own words. */
  readonly note: string;
}

export function agentLines(sources: AgentSources): readonly AgentLine[] {
  const { targets, enrolled, keys, heard } = sources;
  const names = new Set<string>();
  for (const known of [targets, enrolled, keys, heard]) for (const name of known.keys()) names.add(name);
  return [...names].sort().map((name) => lineOf(name, sources));
}

function lineOf(name: string, sources: AgentSources): AgentLine {
  const report = sources.heard.get(name);
  const record = sources.enrolled.get(name);
  const key = sources.keys.get(name);
  const lastSeenMs = report?.atMs ?? sources.claimedMs.get(name) ?? null;
  const planRevision = report?.figures['planRevision'] ?? null;
  const { catalogRevision } = sources;
  return {
    name,
    state: report !== undefined ? 'reports' : lastSeenMs === null ? 'never' : 'silent',
    enrolledMs: record?.enrolledMs ?? null,
    host: record?.host.hostname ?? null,
    version: record?.host.kaiku ?? null,
    replaced: record?.replaced ?? 0,
    key: key === undefined ? 'none' : key.sealing ? 'broker and sealing' : 'broker',
    lastSeenMs,
    planRevision,
    current: planRevision === null || catalogRevision === undefined ? null : planRevision === catalogRevision,
    targets: sources.targets.get(name) ?? 0,
    clockOffsetMs: report?.figures['clockOffsetMs'] ?? null,
    note: report?.note ?? '',
  };
}

export const AGENT_COLUMNS = [
  { title: 'agent' },
  { title: 'state' },
  { title: 'last seen' },
  { title: 'plan' },
  { title: 'targets', right: true },
  { title: 'clock', right: true },
  { title: 'keys' },
  { title: 'enrolled' },
  { title: 'machine' },
  { title: 'version' },
] as const;

/** A row for each agent, and below it what hurts. */
export function agentRow(line: AgentLine, nowMs: number): readonly string[] {
  const { planRevision, current, lastSeenMs, clockOffsetMs, enrolledMs, replaced } = line;
  const ago = lastSeenMs === null ? '-' : `${duration(Math.max(0, nowMs - lastSeenMs))} ago`;
  return [
    line.name,
    line.state,
    line.state === 'reports' ? 'now' : ago,
    planRevision === null ? '-' : `${planRevision}${current === false ? ' (old)' : ''}`,
    count(line.targets),
    clockOffsetMs === null ? '-' : `${Math.round(clockOffsetMs)} ms`,
    line.key,
    enrolledMs === null ? '-' : `${utc(enrolledMs)}${replaced === 0 ? '' : `, ${replaced + 1}. of its name`}`,
    line.host ?? '-',
    line.version ?? '-',
  ];
}
