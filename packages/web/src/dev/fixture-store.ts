/** A store of generated values: each series is a function of time, so any range can be asked. Reads only. */
import { isAppCheck, measuredMetrics, metric, resolveDevice, SNMP_TABLES, type Catalog } from '@kaiku/catalog';
import { agentId, alarmId, seriesId, type AlarmEvent, type SeriesKind, type Severity } from '@kaiku/protocol';
import type { EventRow, GapRow, GridRequest, LatestValue, SeriesInfo, Store, StorePool, StoreRead } from '@kaiku/store';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WINDOW_MS = 5 * 60_000;

const INSTANCES: Readonly<Record<string, readonly string[]>> = {
  ifXTable: ['Gi0/1', 'Gi0/2', 'Gi0/3', 'Gi0/24'],
  ifTable: ['eth0'],
  hrStorage: ['/', '/var', 'Physical memory'],
  hrProcessor: ['1', '2'],
  prtMarkerSupplies: ['Black cartridge', 'Cyan cartridge'],
};

type FixtureReads =
  | 'series'
  | 'grid'
  | 'latest'
  | 'seenBy'
  | 'facts'
  | 'derived'
  | 'activeAlarms'
  | 'alarmEvents'
  | 'events';

interface FixtureSeries extends SeriesInfo {
  readonly phase: number;
}

function describe(catalog: Catalog): readonly FixtureSeries[] {
  const out: FixtureSeries[] = [];
  for (const device of catalog.devices) {
    const add = (name: string, instance: string): void => {
      const id = seriesId({ entity: device.id, metric: name, instance });
      const kind: SeriesKind = metric(name)?.kind ?? 'gauge';
      out.push({ id, entity: device.id, metric: name, instance, kind, phase: Number(id % 1000n) / 1000 });
    };
    for (const measurement of resolveDevice(catalog, device).measurements) {
      if (isAppCheck(measurement)) for (const name of measuredMetrics(measurement)) add(name, measurement.id);
      if (measurement.check === 'icmp') for (const name of ['rtt', 'rttMin', 'rttMax', 'ipdv', 'loss']) add(name, '');
      if (measurement.check === 'snmp-get') for (const name of ['snmpRtt', ...measurement.metrics]) add(name, '');
      if (measurement.check === 'snmp-table') {
        const names =
          measurement.metrics.length > 0 ? measurement.metrics : (SNMP_TABLES[measurement.table]?.metrics ?? []);
        for (const instance of INSTANCES[measurement.table] ?? ['1']) for (const name of names) add(name, instance);
      }
    }
    add('availability', '');
  }
  return out;
}

/** A working day's shape with some noise that is the same each time it is asked. */
function busy(atMs: number, phase: number): number {
  const hour = ((atMs % DAY_MS) / HOUR_MS + 2 + phase * 2) % 24;
  const day = Math.exp(-((hour - 13) ** 2) / 18);
  const weekend = new Date(atMs).getUTCDay() % 6 === 0 ? 0.25 : 1;
  const noise = Math.sin(atMs / 61_000 + phase * 99) * Math.sin(atMs / 17_000 + phase * 31);
  return Math.max(0.02, (0.1 + 0.8 * day * weekend) * (1 + 0.25 * noise));
}

function valueOf(series: FixtureSeries, atMs: number): number {
  const load = busy(atMs, series.phase);
  switch (series.metric) {
    case 'rtt':
    case 'snmpRtt':
      return 0.8 + series.phase * 3 + load * 2;
    case 'rttMin':
      return 0.6 + series.phase * 3;
    case 'rttMax':
      return 1.5 + series.phase * 3 + load * 6;
    case 'loss':
      return load > 0.95 ? 0.2 : 0;
    case 'ifHighSpeed':
    case 'ifSpeed':
      return 1e9;
    case 'ifOperStatus':
      return series.instance === 'Gi0/3' ? 2 : 1;
    case 'ifAdminStatus':
      return 1;
    case 'ifHCInOctets':
    case 'ifHCOutOctets':
    case 'ifInOctets':
    case 'ifOutOctets':
      return series.instance === 'Gi0/3' ? 0 : load * 4e7 * (0.2 + series.phase);
    case 'hrStorageAllocationUnits':
      return 4096;
    case 'hrStorageSize':
      return 2e7;
    case 'hrStorageUsed':
      return 2e7 * (0.3 + 0.65 * series.phase);
    case 'sysUpTime':
      return 86_400 * (3 + 90 * series.phase);
    case 'memTotalReal':
      return 16e9;
    default:
      return /Errors|Discards/.test(series.metric) ? 0 : 100 * load;
  }
}

export interface FixtureStoreOptions {
  readonly catalog: Catalog;
  readonly now: () => number;
  /** Devices that stopped answering half an hour ago. */
  readonly down?: readonly string[];
  readonly alarms: () => readonly AlarmEvent[];
  /** True: every read fails, as when all stores are away. */
  readonly away?: () => boolean;
  readonly events?: () => readonly EventRow[];
  /** Lost for good; and refused, as rows of `quarantine`. */
  readonly gaps?: () => readonly GapRow[];
  readonly refused?: () => readonly Readonly<Record<string, unknown>>[];
}

export function fixturePool(options: FixtureStoreOptions): StorePool {
  const { now, away = () => false } = options;
  const all = describe(options.catalog);
  const byId = new Map(all.map((series) => [series.id, series]));
  const isDown = (series: FixtureSeries, atMs: number): boolean =>
    (options.down ?? []).includes(series.entity) && atMs > now() - 30 * 60_000;
  const observed = (atMs: number): boolean => atMs <= now() && atMs > now() - 8 * DAY_MS;

  const read: Pick<StoreRead, FixtureReads> = {
    seenBy: (ids) => {
      const ts = Math.floor((now() - 2000) / 10_000) * 10_000;
      return Promise.resolve(ids.map((id) => ({ series: id, agent: agentId('agent-hki'), ts, value: 1.5, status: 0 })));
    },
    events: ({ fromMs, toMs, entities, kinds, text = '', namesOfText = [], before, limit }) =>
      Promise.resolve(
        (options.events?.() ?? [])
          .filter(({ tsMs }) => tsMs >= fromMs && tsMs < toMs)
          .filter(({ entity }) => entities === undefined || entities.includes(entity))
          .filter(({ kind }) => kinds === undefined || kinds.includes(kind))
          .filter(({ name, message }) => message.includes(text) || namesOfText.includes(name))
          .filter(({ tsMs }) => before === undefined || tsMs < before.tsMs)
          .slice(0, limit),
      ),
    series: (filter) =>
      Promise.resolve(
        all.filter((series) => filter?.entities === undefined || filter.entities.includes(series.entity)),
      ),
    grid: (request) => Promise.resolve(request.series.map(({ id }) => gridOf(id, request))),
    latest: (wanted) =>
      Promise.resolve(
        wanted.flatMap(({ id }): readonly LatestValue[] => {
          const series = byId.get(id);
          if (series === undefined) return [];
          const ts = Math.floor((now() - 2000) / 10_000) * 10_000;
          const down = isDown(series, ts);
          return [{ series: id, ts, value: down ? Number.NaN : valueOf(series, ts), status: down ? 1 : 0 }];
        }),
      ),
    facts: (entities) =>
      Promise.resolve(
        entities.flatMap((entity) => [
          { entity, name: 'sysDescr', instance: '', ts: now(), value: 'Fixture OS 4.2 <stable>' },
          { entity, name: 'sysName', instance: '', ts: now(), value: `${entity}.example` },
          { entity, name: 'ifAlias', instance: 'Gi0/1', ts: now(), value: 'uplink' },
        ]),
      ),
    derived: (ids, fromMs, toMs) =>
      Promise.resolve(
        ids.flatMap((id) => {
          const series = byId.get(id);
          if (series === undefined) return [];
          const count = Math.max(0, Math.floor((Math.min(toMs, now()) - fromMs) / WINDOW_MS));
          return Array.from({ length: count }, (_, index) => {
            const ts = fromMs + index * WINDOW_MS;
            const hurt = isDown(series, ts) || (series.phase > 0.8 && index % 307 === 150);
            return {
              series: id,
              ts,
              windowMs: WINDOW_MS,
              value: hurt ? 0 : 1,
              observed: observed(ts) ? 1 : 0,
              final: true,
            };
          });
        }),
      ),
    activeAlarms: () => Promise.resolve(options.alarms()),
    alarmEvents: ({ fromMs, toMs, entities, limit }) =>
      Promise.resolve(
        options
          .alarms()
          .filter((event) => event.tsMs >= fromMs && event.tsMs <= toMs)
          .filter((event) => entities === undefined || entities.includes(event.entity))
          .slice(0, limit),
      ),
  };

  function gridOf(
    id: bigint,
    { fromMs, toMs, stepMs }: GridRequest,
  ): { series: bigint; avg: Float64Array; min: Float64Array; max: Float64Array } {
    const steps = Math.round((toMs - fromMs) / stepMs);
    const series = byId.get(id);
    const avg = Float64Array.from({ length: steps }, (_, index) => {
      const atMs = fromMs + index * stepMs;
      if (series === undefined || !observed(atMs) || isDown(series, atMs)) return Number.NaN;
      return valueOf(series, atMs);
    });
    return { series: id, avg, min: avg.map((value) => value * 0.9), max: avg.map((value) => value * 1.15) };
  }

  const { gaps = () => [], refused = () => [] } = options;
  const store = {
    name: 'store-1',
    read,
    audit: { gaps: () => Promise.resolve(gaps()) },
    ledger: { quarantined: () => Promise.resolve(refused().length) },
    query: () => Promise.resolve(refused()),
  } as unknown as Store;
  return {
    read: (run) => (away() ? Promise.reject(new Error('fixture: all stores are away')) : run(store)),
    health: () => ['store-1', 'store-2'].map((name) => ({ name, healthy: !away(), checkedMs: now() - 1000 })),
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

export interface FixtureAlarm {
  readonly entity: string;
  readonly rule: string;
  readonly instance?: string;
  readonly severity: Severity;
  readonly message: string;
  readonly tsMs: number;
  readonly event?: AlarmEvent['event'];
  readonly actor?: string;
}

export function fixtureEvent(alarm: FixtureAlarm): AlarmEvent {
  const { entity, rule, instance = '', severity, message, tsMs, event = 'raised', actor = 'analyzer' } = alarm;
  return {
    v: 1,
    alarm: alarmId(entity, rule, instance).toString(),
    tsMs,
    event,
    entity,
    rule,
    instance,
    severity,
    value: 1,
    message,
    actor,
    token: 1,
  };
}
