/**
 * What is to be watched, compiled from the catalog: for each device its rules with their inputs, how its availability
 * is known and whether it has interfaces worth averaging. Pure; made anew for each revision of the catalog.
 */
import {
  agentsFor,
  availabilityProofs,
  computedMetric,
  dictionaryOf,
  entitiesOf,
  isAppCheck,
  measuredMetrics,
  resolveDevice,
  ruleApplies,
  type AlarmRule,
  type Catalog,
  type Device,
} from '@kaiku/catalog';
import type { ComputedMetric, Dictionary, Template } from '@kaiku/catalog';
import { partitionOf, seriesId } from '@kaiku/protocol';
import { partRules, watchPart, type PartName } from '../parts/part-rules.ts';

/** Where a rule's values come from. */
type RuleSource =
  | { readonly kind: 'gauge' | 'counter'; readonly metric: string }
  | { readonly kind: 'computed'; readonly computed: ComputedMetric };

export interface WatchedRule {
  readonly rule: AlarmRule;
  readonly source: RuleSource;
  /** Interval of the samples, ms. */
  readonly everyMs: number;
  /** Unit of {value}. */
  readonly unit: string;
  /** Its alarm says that a proof of the device's availability fails; see `provesDown`. */
  readonly provesDown: boolean;
  /**
   * Where its metric comes of application checks: their ids, each with its interval, ms. What other checks once
   * measured is not watched any more.
   */
  readonly checks?: ReadonlyMap<string, number>;
  /** Text when there is no data; without it, what is missing is named. */
  readonly silentMessage?: string;
}

/** Holds while all of its series answer. */
export interface WatchedProof {
  readonly metric: string;
  readonly series: readonly { readonly id: bigint; readonly instance: string; readonly everyMs: number }[];
}

export interface WatchedDevice {
  readonly id: string;
  readonly nick: string;
  readonly partition: number;
  /** Those that measure it; when all are silent, its own silence is a symptom. An agent measures itself. */
  readonly agents: readonly string[];
  /** Devices it is reached through. */
  readonly parents: readonly string[];
  readonly rules: readonly WatchedRule[];
  /** It is up while any of these holds. */
  readonly proofs: readonly WatchedProof[];
  /** Computed metrics averaged by window, e.g. ifInUtilization. */
  readonly averages: readonly ComputedMetric[];
}

export interface WatchPlan {
  readonly revision: number;
  readonly devices: ReadonlyMap<string, WatchedDevice>;
  /** By partition. */
  readonly partitions: ReadonlyMap<number, readonly WatchedDevice[]>;
  /** Agents that measure anything: others' batches are results. */
  readonly agents: ReadonlySet<string>;
}

/** Computed metrics whose window averages are stored. */
const AVERAGED = ['ifInUtilization', 'ifOutUtilization'] as const;
const DEFAULT_EVERY_MS = 60_000;

export const EMPTY_PLAN: WatchPlan = {
  revision: 0,
  devices: new Map(),
  partitions: new Map(),
  agents: new Set(),
};

/** Interval at which a device's metric is sampled; undefined when its template does not measure it. */
function intervalOf(name: string, device: Device, template: Template): number | undefined {
  const found = template.measurements
    .filter((each) => measuredMetrics(each).includes(name))
    .map((each) => each.everyMs);
  if (found.length === 0) return undefined;
  return device.everyMs ?? Math.min(...found);
}

function watchRule(
  rule: AlarmRule,
  { metric }: Dictionary,
  device: Device,
  template: Template,
): WatchedRule | undefined {
  const computed = computedMetric(rule.metric);
  if (computed !== undefined) {
    const everyMs = intervalOf(computed.of, device, template);
    if (everyMs === undefined) return undefined;
    const unit = metric(rule.metric)?.unit ?? '';
    return { rule, source: { kind: 'computed', computed }, everyMs, unit, provesDown: false };
  }
  const entry = metric(rule.metric);
  if (entry === undefined || entry.kind === 'derived') return undefined;
  const checks = template.measurements.filter(isAppCheck).filter((each) => measuredMetrics(each).includes(entry.name));
  return {
    rule,
    source: { kind: entry.kind, metric: entry.name },
    everyMs: intervalOf(entry.name, device, template) ?? device.everyMs ?? DEFAULT_EVERY_MS,
    unit: entry.kind === 'counter' ? `${entry.unit}/s` : entry.unit,
    provesDown: rule.when === 'failed' && template.availability.includes(entry.name),
    ...(checks.length === 0
      ? {}
      : { checks: new Map(checks.map(({ id, everyMs }) => [id, device.everyMs ?? everyMs])) }),
  };
}

function watchDevice(catalog: Catalog, device: Device, partitions: number): WatchedDevice {
  const dictionary = dictionaryOf(catalog);
  const template = resolveDevice(catalog, device);
  return {
    id: device.id,
    nick: device.nick,
    partition: partitionOf(device.id, partitions),
    agents: agentsFor(catalog, device),
    parents: device.dependsOn,
    rules: template.alarms.flatMap((rule) => watchRule(rule, dictionary, device, template) ?? []),
    proofs: availabilityProofs(template, device).map(({ metric, series }) => ({
      metric,
      series: series.map(({ instance, everyMs }) => {
        return { id: seriesId({ entity: device.id, metric, instance }), instance, everyMs };
      }),
    })),
    averages: AVERAGED.flatMap((name) => {
      const computed = computedMetric(name);
      return computed !== undefined && intervalOf(computed.of, device, template) !== undefined ? [computed] : [];
    }),
  };
}

/** Agents sample themselves each minute: this long without is silence. */
const AGENT_SILENT_MS = 120_000;

/** An agent as something to be watched: its silence is an alarm of its own, and the cause of its devices'. */
function watchAgent(agent: string, partitions: number): WatchedDevice {
  const rule: AlarmRule = {
    id: 'agent-silent',
    metric: 'agentRss',
    severity: 'critical',
    when: 'below',
    // Memory is never negative: only silence raises it.
    raise: -1,
    count: 1,
    noDataMs: AGENT_SILENT_MS,
    message: '{nick} reports again',
  };
  const silentMessage = '{nick} is silent: what it alone measures is not observed';
  const source = { kind: 'gauge', metric: rule.metric } as const;
  return {
    id: agent,
    nick: agent,
    partition: partitionOf(agent, partitions),
    agents: [agent],
    parents: [],
    rules: [
      { rule, source, everyMs: DEFAULT_EVERY_MS, unit: 'B', provesDown: true, silentMessage },
      ...partRules('agent'),
    ],
    proofs: [],
    averages: [],
  };
}

/**
 * @param parts the parts of the installation itself; agents among them are watched like those of the catalog
 * @throws TemplateError for a device whose template is unknown (a published catalog has none such)
 */
export function compileWatch(
  catalog: Catalog,
  revision: number,
  partitions: number,
  parts: readonly PartName[] = [],
): WatchPlan {
  const devices = new Map<string, WatchedDevice>();
  const byPartition = new Map<number, WatchedDevice[]>();
  const agents = new Set(entitiesOf(catalog).flatMap((device) => agentsFor(catalog, device)));
  const all = [
    ...entitiesOf(catalog).map((device) => watchDevice(catalog, device, partitions)),
    ...[...agents].map((agent) => watchAgent(agent, partitions)),
    ...parts.filter(({ role }) => role !== 'agent').map((part) => watchPart(part, partitions)),
  ];
  for (const watched of all) {
    if (devices.has(watched.id)) continue;
    devices.set(watched.id, watched);
    const list = byPartition.get(watched.partition);
    if (list === undefined) byPartition.set(watched.partition, [watched]);
    else list.push(watched);
  }
  return {
    revision,
    devices,
    partitions: byPartition,
    agents,
  };
}

/** The check of an instance: a step's or hop's is `<check>/<part>`. */
export const checkOf = (instance: string): string => instance.split('/', 1)[0] ?? '';

/** Does a rule watch this instance of its metric? */
export function watches({ rule, checks }: WatchedRule, instance: string): boolean {
  return ruleApplies(rule, instance) && (checks?.has(checkOf(instance)) ?? true);
}

/** The rule at one instance: checks of one device may have intervals of their own. */
export function forInstance(watched: WatchedRule, instance: string): WatchedRule {
  const everyMs = watched.checks?.get(checkOf(instance)) ?? watched.everyMs;
  return everyMs === watched.everyMs ? watched : { ...watched, everyMs };
}

/**
 * Which proof of the device's availability an alarm says to fail; undefined: none, as an alarm of a check that does
 * not decide. A device whose every proof fails is down.
 */
export function provesDown(device: WatchedDevice | undefined, rule: string, instance: string): string | undefined {
  const watched = device?.rules.find((each) => each.rule.id === rule);
  if (device === undefined || watched === undefined || !watched.provesDown) return undefined;
  const { metric } = watched.rule;
  const proof = device.proofs.find((each) => each.metric === metric);
  // Without proofs, as an agent: the rule itself is the proof.
  if (device.proofs.length === 0) return metric;
  return proof?.series.some((each) => each.instance === instance) === true ? metric : undefined;
}

/** Names of all metrics whose series must be known to watch a device. */
export function inputMetrics(device: WatchedDevice): readonly string[] {
  const out = new Set(device.proofs.map(({ metric }) => metric));
  for (const { source } of device.rules) {
    if (source.kind === 'computed') out.add(source.computed.of).add(source.computed.against);
    else out.add(source.metric);
  }
  for (const computed of device.averages) out.add(computed.of).add(computed.against);
  return [...out];
}
