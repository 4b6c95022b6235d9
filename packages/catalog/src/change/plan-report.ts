/** What a change would do, gathered for people and programs: `kaiku plan` and `kaiku apply` print it. Pure. */
import { isSealed } from '@kaiku/core';
import { agentsFor } from '../assign/agents-for.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';
import { approvalReasons } from './approval.ts';
import { canonical } from './canonical.ts';
import { coverageOf, monthlyCost, type Coverage } from './cost.ts';
import { differenceOf, type EntryChange } from './difference.ts';
import type { LogEntry } from './entry.ts';
import {
  AGENT_PACKETS_PER_S,
  AGENT_REQUESTS_PER_S,
  DEVICE_REQUESTS_PER_S,
  deviceLoads,
  estimateCatalog,
  type CountedSeries,
  type Estimate,
} from './estimate.ts';
import { diffCatalogs, type CatalogData, type Operation } from './operations.ts';
import type { Scheduled } from './state.ts';
import { takenBack, type TakenBack } from './taken-back.ts';

export interface Figures extends Estimate {
  readonly costPerMonth: number | undefined;
}

export interface PlanReport {
  readonly operations: readonly Operation[];
  readonly changes: readonly EntryChange[];
  /** Of what is in force; all 0 where nothing is. */
  readonly before: Figures;
  readonly after: Figures;
  readonly currency: string;
  readonly coverage: readonly Coverage[];
  readonly warnings: readonly string[];
  /** Why somebody has to approve; empty: nobody. */
  readonly approval: readonly string[];
}

const NO_FIGURES: Figures = {
  points: 0,
  counted: 0,
  series: 0,
  samplesPerSecond: 0,
  requestsPerSecond: 0,
  packetsPerSecond: 0,
  agents: [],
  busiest: undefined,
  agentBytesPerDay: 0,
  storeBytesPerDay: 0,
  costPerMonth: undefined,
};

export interface PlanInput {
  readonly inForce: Catalog | undefined;
  readonly wanted: Catalog;
  readonly scheduled: readonly Scheduled[];
  /** The log's newest entries, in order. */
  readonly recent?: readonly LogEntry[];
  /** When it would take effect. */
  readonly nowMs?: number;
  /** What the clock here says. */
  readonly clockMs?: number;
  /** Of devices that are in force. */
  readonly counted?: CountedSeries;
}

const asData = (catalog: Catalog): CatalogData => JSON.parse(JSON.stringify(catalog)) as CatalogData;

/** @throws TemplateError for a catalog that has not passed `loadCatalog` */
export function planReport(input: PlanInput): PlanReport {
  const { inForce, wanted, scheduled, recent = [], nowMs = 0 } = input;
  const counted = settled(input.counted ?? new Map(), recent, nowMs);
  const before = inForce === undefined ? {} : asData(inForce);
  const operations = diffCatalogs(before, asData(wanted));
  return {
    operations,
    changes: differenceOf(before, operations),
    before: inForce === undefined ? NO_FIGURES : figuresOf(inForce, counted),
    after: figuresOf(wanted, stillCounted(counted, operations, { inForce, wanted })),
    currency: wanted.costs?.currency ?? inForce?.costs?.currency ?? '',
    coverage: coverageOf(wanted),
    warnings: [
      ...clockWarnings(recent, input.clockMs),
      ...takenBack(operations, recent, nowMs).map(takenBackWarning),
      ...renameWarnings(inForce, wanted),
      ...loadWarnings(wanted),
      ...secretWarnings(wanted),
      ...scheduleWarnings(operations, scheduled),
    ],
    approval: approvalReasons(inForce, operations, wanted),
  };
}

const figuresOf = (catalog: Catalog, counted: CountedSeries): Figures => ({
  ...estimateCatalog(catalog, deviceLoads(catalog), counted),
  costPerMonth: monthlyCost(catalog),
});

/** Younger than this a device has not shown all of its series yet. */
const SETTLED_MS = 600_000;

function settled(counted: CountedSeries, recent: readonly LogEntry[], nowMs: number): CountedSeries {
  const young = new Set(
    recent.flatMap(({ atMs, action }) =>
      action.kind === 'applied' && Math.max(action.effectiveAtMs ?? atMs, atMs) > nowMs - SETTLED_MS
        ? action.operations.flatMap(({ part, id }) => (part === 'devices' && id !== undefined ? [id] : []))
        : [],
    ),
  );
  return young.size === 0 ? counted : new Map([...counted].filter(([id]) => !young.has(id)));
}

/** Of devices that will be asked for the same as now: the count holds for them. */
function stillCounted(
  counted: CountedSeries,
  operations: readonly Operation[],
  { inForce, wanted }: Pick<PlanInput, 'inForce' | 'wanted'>,
): CountedSeries {
  if (counted.size === 0) return counted;
  const asked = ({ template, everyMs, checks }: Device): string => canonical([template, everyMs, checks]);
  const before = new Map(inForce?.devices.map((device) => [device.id, asked(device)]));
  const meanings = new Set(['templates', 'metrics', 'facts', 'tables']);
  if (operations.some(({ part }) => meanings.has(part))) return new Map();
  return new Map(
    wanted.devices.flatMap((device): [string, number][] => {
      const series = counted.get(device.id);
      return series === undefined || before.get(device.id) !== asked(device) ? [] : [[device.id, series]];
    }),
  );
}

const MOST_NAMED = 5;
const some = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;

const minute = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;

const takenBackWarning = ({ entry: { seq, author, atMs }, reason, what }: TakenBack): string =>
  `takes back what entry ${seq} of the log changed (${author}, ${minute(atMs)}, "${reason}"): ${some(what)}`;

/** Clocks that are kept differ by less. */
const CLOCKS_DIFFER_MS = 60_000;

/** Times in the log never go back: after an entry of a clock that was ahead nothing can be scheduled before it. */
function clockWarnings(recent: readonly LogEntry[], clockMs: number | undefined): readonly string[] {
  const last = recent.at(-1);
  if (last === undefined || clockMs === undefined || last.atMs <= clockMs + CLOCKS_DIFFER_MS) return [];
  return [
    `the log's last entry (${last.seq}, ${last.author}) is of ${minute(last.atMs)}, and this clock says ${minute(clockMs)}: one of the two clocks is wrong, and what is to take effect before then does so at once`,
  ];
}

/** The history of measurements belongs to the id. */
function renameWarnings(inForce: Catalog | undefined, wanted: Catalog): readonly string[] {
  const placeOf = ({ address, site, snmp }: Device): string => `${site} ${address} ${snmp?.port ?? ''}`;
  const kept = new Set(wanted.devices.map(({ id }) => id));
  const gone = (inForce?.devices ?? []).filter(({ id }) => !kept.has(id));
  if (gone.length === 0) return [];
  const before = new Set(inForce?.devices.map(({ id }) => id));
  const byPlace = new Map(gone.map((device) => [placeOf(device), device.id]));
  return wanted.devices.flatMap((device) => {
    const old = before.has(device.id) ? undefined : byPlace.get(placeOf(device));
    if (old === undefined) return [];
    return [
      `${device.id} has the address of ${old}: with a new id it begins a new history (a new nick keeps the old one)`,
    ];
  });
}

function loadWarnings(catalog: Catalog): readonly string[] {
  const loadOf = deviceLoads(catalog);
  const busy = catalog.devices.filter(
    (device) => loadOf(device).requestsPerSecond * agentsFor(catalog, device).length > DEVICE_REQUESTS_PER_S,
  );
  const idle = catalog.devices.filter((device) => agentsFor(catalog, device).length === 0);
  const { agents } = estimateCatalog(catalog, loadOf);
  const full = agents.filter(
    (each) => each.requestsPerSecond > AGENT_REQUESTS_PER_S || each.packetsPerSecond > AGENT_PACKETS_PER_S,
  );
  return [
    ...(busy.length === 0
      ? []
      : [`asked more than ${DEVICE_REQUESTS_PER_S} times a second: ${some(busy.map(({ id }) => id))}`]),
    ...(idle.length === 0 ? [] : [`measured by no agent: ${some(idle.map(({ id }) => id))}`]),
    ...full.map(
      ({ agent, requestsPerSecond, packetsPerSecond }) =>
        `${agent} would send ${Math.round(requestsPerSecond)} requests and ${Math.round(packetsPerSecond)} packets a second: give it a second agent`,
    ),
  ];
}

function secretWarnings(catalog: Catalog): readonly string[] {
  const open = catalog.devices.filter(({ snmp, checks }) =>
    [
      snmp?.community,
      snmp?.auth?.password,
      snmp?.privacy?.password,
      ...checks.flatMap((check) => Object.values(check.secrets)),
    ].some((text) => text !== undefined && !isSealed(text)),
  );
  return open.length === 0 ? [] : [`secrets in plain text: ${some(open.map(({ id }) => id))}`];
}

/** Two hands on one entry: what is scheduled replaces, when its time comes, what is changed now. */
function scheduleWarnings(operations: readonly Operation[], scheduled: readonly Scheduled[]): readonly string[] {
  const touched = new Set(operations.map(({ part, id }) => `${part} ${id ?? ''}`));
  return scheduled.flatMap(({ seq, effectiveAtMs, operations: later }) => {
    const both = later.filter(({ part, id }) => touched.has(`${part} ${id ?? ''}`)).map(({ part, id }) => id ?? part);
    return both.length === 0
      ? []
      : [`entry ${seq} of the log will change these too, on ${minute(effectiveAtMs)}: ${some(both)}`];
  });
}
