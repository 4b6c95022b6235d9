/**
 * What is to be watched, compiled from the catalog: for each device its rules with their inputs, how its availability
 * is known and whether it has interfaces worth averaging. Pure; made anew for each revision of the catalog.
 */
import {
  agentsFor,
  availabilitySeries,
  computedMetric,
  dictionaryOf,
  entitiesOf,
  measuredMetrics,
  resolveDevice,
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
  /** Its alarm means that the device is down: alarms of what is reached through it wait. */
  readonly provesDown: boolean;
  /** Text when there is no data; without it, what is missing is named. */
  readonly silentMessage?: string;
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
  /** Availability metrics, their series and the interval of their samples. */
  readonly availability: readonly string[];
  readonly availabilitySeries: readonly bigint[];
  readonly availabilityEveryMs: number;
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
  return {
    rule,
    source: { kind: entry.kind, metric: entry.name },
    everyMs: intervalOf(entry.name, device, template) ?? device.everyMs ?? DEFAULT_EVERY_MS,
    unit: entry.kind === 'counter' ? `${entry.unit}/s` : entry.unit,
    provesDown: rule.when === 'failed' && template.availability.includes(entry.name),
  };
}

function watchDevice(catalog: Catalog, device: Device, partitions: number): WatchedDevice {
  const dictionary = dictionaryOf(catalog);
  const template = resolveDevice(catalog, device);
  const intervals = template.availability.map((name) => intervalOf(name, device, template));
  const known = intervals.filter((each) => each !== undefined);
  return {
    id: device.id,
    nick: device.nick,
    partition: partitionOf(device.id, partitions),
    agents: agentsFor(catalog, device),
    parents: device.dependsOn,
    rules: template.alarms.flatMap((rule) => watchRule(rule, dictionary, device, template) ?? []),
    availability: template.availability,
    availabilitySeries: availabilitySeries(template).map((each) => seriesId({ entity: device.id, ...each })),
    availabilityEveryMs: known.length === 0 ? (device.everyMs ?? DEFAULT_EVERY_MS) : Math.min(...known),
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
    availability: [],
    availabilitySeries: [],
    availabilityEveryMs: DEFAULT_EVERY_MS,
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

/** Names of all metrics whose series must be known to watch a device. */
export function inputMetrics(device: WatchedDevice): readonly string[] {
  const out = new Set(device.availability);
  for (const { source } of device.rules) {
    if (source.kind === 'computed') out.add(source.computed.of).add(source.computed.against);
    else out.add(source.metric);
  }
  for (const computed of device.averages) out.add(computed.of).add(computed.against);
  return [...out];
}
