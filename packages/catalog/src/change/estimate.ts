/**
 * What a catalog will ask of devices, agents and stores, as far as it can be told before anything was measured. Pure.
 *
 * How many rows a device's tables have is known once it was measured: then its series are counted (`counted`). Before, typical
 * numbers stand for them, and series, samples and bytes are estimates; requests and packets of single objects and ping are exact.
 */
import { agentsFor } from '../assign/agents-for.ts';
import { measuredMetrics, resolveDevice } from '../library/measured.ts';
import { icmpMetrics } from '../model/icmp.ts';
import { isAppCheck } from '../model/app-check.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';
import type { Measurement } from '../model/measurement.ts';

/** Rows a table typically has. */
const ROWS: Readonly<Record<string, number>> = { ifXTable: 26, ifTable: 26, hrStorage: 6, hrProcessor: 4 };
const OTHER_ROWS = 4;
/** Objects of one request, and cells of one answer to GETBULK within 1472 bytes. */
const OBJECTS_PER_GET = 16;
const CELLS_PER_BULK = 50;
/** Bytes of a sample in an agent's buffer once its hour is packed, and in a store with all its tables (docs/figures.md). */
const AGENT_BYTES = 1.8;
const STORE_BYTES = 1.5;
const DAY_S = 86_400;

/** More than this is asked of no device: small ones answer SNMP with what their processor has left. */
export const DEVICE_REQUESTS_PER_S = 5;
/** From here on an agent on a small appliance should be given a second one beside it. */
export const AGENT_REQUESTS_PER_S = 2000;
export const AGENT_PACKETS_PER_S = 5000;

export interface Load {
  readonly series: number;
  readonly samplesPerSecond: number;
  /** SNMP requests and application checks. */
  readonly requestsPerSecond: number;
  /** Ping packets. */
  readonly packetsPerSecond: number;
}

export interface AgentLoad extends Load {
  readonly agent: string;
  readonly devices: number;
}

export interface Estimate extends Load {
  readonly points: number;
  /** Of these points the series are counted, not estimated. */
  readonly counted: number;
  readonly agents: readonly AgentLoad[];
  /** The device that is asked most, by all its agents together; undefined where none is asked. */
  readonly busiest: { readonly device: string; readonly requestsPerSecond: number } | undefined;
  /** Of all agents together; samples of two agents are two. */
  readonly agentBytesPerDay: number;
  /** Of one store. */
  readonly storeBytesPerDay: number;
}

const NO_LOAD: Load = { series: 0, samplesPerSecond: 0, requestsPerSecond: 0, packetsPerSecond: 0 };

const add = (a: Load, b: Load): Load => ({
  series: a.series + b.series,
  samplesPerSecond: a.samplesPerSecond + b.samplesPerSecond,
  requestsPerSecond: a.requestsPerSecond + b.requestsPerSecond,
  packetsPerSecond: a.packetsPerSecond + b.packetsPerSecond,
});

/** Series of devices, as the stores have them. */
export type CountedSeries = ReadonlyMap<string, number>;

/** What is sampled of the series that are there, in the proportion of the estimate. */
function countedLoad(load: Load, series: number | undefined): Load {
  if (series === undefined || load.series === 0) return load;
  return { ...load, series, samplesPerSecond: (load.samplesPerSecond * series) / load.series };
}

/** @throws TemplateError for a catalog that has not passed `loadCatalog` */
export function estimateCatalog(
  catalog: Catalog,
  loadOf = deviceLoads(catalog),
  counted: CountedSeries = new Map(),
): Estimate {
  const agents = new Map<string, AgentLoad>();
  let total = NO_LOAD;
  let busiest: Estimate['busiest'];
  for (const device of catalog.devices) {
    const load = countedLoad(loadOf(device), counted.get(device.id));
    // Agents measure the same series: more samples, not more series.
    const names = agentsFor(catalog, device);
    const requestsPerSecond = load.requestsPerSecond * names.length;
    if (requestsPerSecond > (busiest?.requestsPerSecond ?? 0)) busiest = { device: device.id, requestsPerSecond };
    names.forEach((agent, index) => {
      const before = agents.get(agent) ?? { agent, devices: 0, ...NO_LOAD };
      agents.set(agent, { agent, devices: before.devices + 1, ...add(before, load) });
      total = add(total, index === 0 ? load : { ...load, series: 0 });
    });
  }
  const perDay = total.samplesPerSecond * DAY_S;
  return {
    ...total,
    points: catalog.devices.length,
    counted: catalog.devices.filter(({ id }) => counted.has(id)).length,
    busiest,
    agents: [...agents.values()].sort((a, b) => (a.agent < b.agent ? -1 : 1)),
    agentBytesPerDay: perDay * AGENT_BYTES,
    storeBytesPerDay: perDay * STORE_BYTES,
  };
}

/** What one agent asks of one device. Devices that are asked the same are computed once. */
export function deviceLoads(catalog: Pick<Catalog, 'templates'>): (device: Device) => Load {
  const known = new Map<string, Load>();
  return (device) => {
    const key = `${device.template} ${device.everyMs ?? ''} ${device.checks.length === 0 ? '' : JSON.stringify(device.checks)}`;
    let load = known.get(key);
    if (load === undefined) {
      const { measurements } = resolveDevice(catalog, device);
      load = measurements.map((each) => measurementLoad(each, device.everyMs ?? each.everyMs)).reduce(add, NO_LOAD);
      known.set(key, load);
    }
    return load;
  };
}

function measurementLoad(measurement: Measurement, everyMs: number): Load {
  const perSecond = 1000 / everyMs;
  if (measurement.check === 'icmp') {
    const names = icmpMetrics(measurement).length;
    const packets = measurement.packets * perSecond;
    return { series: names, samplesPerSecond: names * perSecond, requestsPerSecond: 0, packetsPerSecond: packets };
  }
  const names = measuredMetrics(measurement).length;
  if (isAppCheck(measurement)) {
    const requests = measurement.check === 'transaction' ? measurement.steps.length : 1;
    return { ...NO_LOAD, series: names, samplesPerSecond: names * perSecond, requestsPerSecond: requests * perSecond };
  }
  const objects = measurement.metrics.length + measurement.facts.length;
  const table = measurement.check === 'snmp-table';
  const rows = table ? (ROWS[measurement.table] ?? OTHER_ROWS) : 1;
  // One column more for the rows' names, one request more to see that the table ends.
  const requests = table
    ? Math.ceil((rows * (objects + 1)) / CELLS_PER_BULK) + 1
    : Math.max(1, Math.ceil(objects / OBJECTS_PER_GET));
  const series = measurement.metrics.length * rows + (table ? 0 : 1);
  return { ...NO_LOAD, series, samplesPerSecond: series * perSecond, requestsPerSecond: requests * perSecond };
}
