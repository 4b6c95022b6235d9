/** The demo's files load, and its history is what the live simulator would have told. */
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { compilePlan, hashPassword, parseCatalog, type Catalog } from '@kaiku/catalog';
import { loadInstallation } from '@kaiku/core';
import {
  agentId,
  checkFrame,
  openBatch,
  PROBE_STATUS,
  sealBatch,
  seriesId,
  VERDICT,
  type TableRows,
} from '@kaiku/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildDemoOffices } from '../sim/offices/demo-offices.ts';
import { tempDir } from '../servers/places.ts';
import { demoCatalogYaml } from './catalog-yaml.ts';
import { demoInstallationYaml } from './installation-yaml.ts';
import { writeHistory, type HistoryReport } from './history/write-history.ts';

const ANCHOR_MS = Date.UTC(2026, 4, 13, 9, 0, 0);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const EVERY_MS = 300_000;
const devices = buildDemoOffices(ANCHOR_MS).flatMap((office) => office.devices);

let catalog: Catalog;
beforeAll(async () => {
  const hash = await hashPassword('demo');
  const yaml = demoCatalogYaml(
    { noc: hash, katja: hash },
    { snmpPort: 16_100, thisMachine: { port: 161, community: "it's" } },
  );
  catalog = parseCatalog(yaml, 'catalog.yaml');
});

type Batch = {
  readonly tables: readonly TableRows[];
  readonly meta: {
    firstMs: number;
    lastMs: number;
    missedSlots: number;
    clock: { offsetMs: number | null; monotonicMs: number };
  };
};

function history(agent: string, fromMs: number, toMs: number): { batches: Batch[]; report: HistoryReport } {
  const batches: Batch[] = [];
  const sink = { seal: (tables: Batch['tables'], meta: Batch['meta']): number => batches.push({ tables, meta }) };
  return { batches, report: writeHistory({ catalog, agent, devices, fromMs, toMs, sink }) };
}

interface Row {
  readonly series: bigint;
  readonly ts: number;
  readonly value: number;
  /** Status of a gauge. */
  readonly status: number;
  readonly intervalMs: number;
  readonly verdict: number;
}

function rows(batches: readonly Batch[], table: 'gauge' | 'counter'): Row[] {
  return batches.flatMap(({ tables }) =>
    tables
      .filter((each) => each.table === table)
      .flatMap(({ rows: count, data }) =>
        Array.from({ length: count }, (_, at) => ({
          series: BigInt(data[0]?.[at] ?? 0),
          ts: Number(data[1]?.[at]),
          value: Number(data[3]?.[at]),
          status: table === 'gauge' ? Number(data[4]?.[at]) : 0,
          intervalMs: table === 'counter' ? Number(data[4]?.[at]) : 0,
          verdict: table === 'counter' ? Number(data[5]?.[at]) : 0,
        })),
      ),
  );
}

const of = (entity: string, metric: string, instance = ''): bigint => seriesId({ entity, metric, instance });

describe('the demo catalog', () => {
  it('loads, with every device, three agents and both users', () => {
    expect(catalog.devices.map((each) => each.id)).toEqual([...devices.map((each) => each.id), 'this-machine']);
    expect(catalog.devices.at(-1)).toMatchObject({ template: 'this-host', snmp: { port: 161, community: "it's" } });
    expect(new Set(catalog.devices.flatMap((each) => each.agents))).toEqual(
      new Set(['agent-helsinki', 'agent-rovaniemi', 'agent-tampere']),
    );
    expect(catalog.users.map((each) => [each.name, each.role, each.agencies])).toEqual([
      ['noc', 'admin', []],
      ['katja', 'viewer', ['lupakeskus']],
    ]);
    expect(catalog.devices.filter((each) => each.user !== undefined).length).toBeGreaterThanOrEqual(8);
    expect(catalog.devices.every((each) => each.everyMs === 10_000)).toBe(true);
  });

  it('asks no device for what it does not have', () => {
    for (const { entity, checks } of compilePlan(catalog, 'agent-tampere', 1).targets) {
      const device = devices.find((each) => each.id === entity);
      for (const check of checks) {
        if (check.check !== 'snmp-get' && check.check !== 'snmp-table') continue;
        for (const { name, oid } of check.metrics) {
          const there = check.check === 'snmp-get' ? device?.mib.get(oid) : device?.mib.column(oid)[0];
          expect(there, `${entity} ${name}`).toBeDefined();
        }
      }
    }
  });
});

describe('the demo installation', () => {
  it('is read by every role', async () => {
    const folder = await tempDir('demo');
    const file = join(folder.path, 'kaiku.yaml');
    await writeFile(
      file,
      demoInstallationYaml({ natsPort: 14_222, storePorts: [18_123, 18_124], webPorts: [8080, 8081] }),
    );
    const installation = loadInstallation(file);
    expect(installation.catalog).toBe(join(folder.path, 'catalog.yaml'));
    const { stores, loggers, agents, analyzers, webs } = installation;
    expect([stores, loggers, agents, analyzers, webs].map((each) => each.length)).toEqual([2, 2, 3, 2, 2]);
    expect(loggers).toContainEqual({ name: 'logger-2', store: 'store-2' });
    expect(webs).toContainEqual({ name: 'web-2', listen: '127.0.0.1:8081' });
    await folder.remove();
  });
});

describe('the history', () => {
  it('agrees with what the simulated device answers at the same instant', () => {
    const { batches } = history('agent-tampere', ANCHOR_MS - HOUR_MS, ANCHOR_MS);
    const gauges = new Map(rows(batches, 'gauge').map((row) => [`${row.series} ${row.ts}`, row.value]));
    const counters = rows(batches, 'counter');
    const device = devices.find((each) => each.id === 'tre-core-1');
    const octets = counters.filter((row) => row.series === of('tre-core-1', 'ifHCInOctets', 'Te1/1/2'));
    expect(octets).toHaveLength(12);
    for (const { ts, value } of octets) {
      expect(value).toBe(device?.mib.get('1.3.6.1.2.1.31.1.1.1.6.2')?.object.read(ts));
      const ticks = Number(device?.mib.get('1.3.6.1.2.1.1.3.0')?.object.read(ts));
      expect(gauges.get(`${of('tre-core-1', 'sysUpTime')} ${ts}`)).toBe(ticks * 0.01);
      expect(gauges.get(`${of('tre-core-1', 'ifHighSpeed', 'Te1/1/2')} ${ts}`)).toBe(1e10);
      const response = gauges.get(`${of('tre-core-1', 'snmpRtt')} ${ts}`) ?? 0;
      expect(response).toBeGreaterThan(device?.responseMs(ts) ?? 0);
      expect(response).toBeLessThan(30);
    }
    const printed = counters.filter((row) => row.series === of('tre-prn-1', 'ifInOctets', 'eth0'));
    expect(printed).toHaveLength(12);
    const rtts = rows(batches, 'gauge').filter((row) => row.series === of('tre-core-1', 'rtt'));
    for (const { value } of rtts) expect(value > 0.02 && value < 0.08).toBe(true);
  });

  it('is the same for a shared device, whichever agent measures it', () => {
    const octets = (agent: string): Row[] =>
      rows(history(agent, ANCHOR_MS - HOUR_MS, ANCHOR_MS).batches, 'counter').filter(
        (row) => row.series === of('hel-core-1', 'ifHCInOctets', 'Te1/1/1'),
      );
    expect(octets('agent-tampere')).toEqual(octets('agent-helsinki'));
    expect(octets('agent-tampere')).toHaveLength(12);
  });

  it('judges its counters: unknown first, ok, reset by a restart, wrapped at 32 bits', () => {
    const { batches } = history('agent-helsinki', ANCHOR_MS - 3 * DAY_MS, ANCHOR_MS);
    const counters = rows(batches, 'counter');
    const database = counters.filter((row) => row.series === of('hel-srv-2', 'ifHCInOctets', 'eth0'));
    const [first] = database;
    expect([first?.verdict, first?.intervalMs]).toEqual([VERDICT.unknown, 0]);
    expect(database.filter((row) => row.verdict === VERDICT.reset)).toHaveLength(1);
    expect(database.slice(1).every((row) => row.intervalMs % EVERY_MS === 0 && row.intervalMs > 0)).toBe(true);
    const wraps = counters.filter((row) => row.verdict === VERDICT.wrapped);
    expect(new Set(wraps.map((row) => row.series))).toEqual(new Set([of('hel-prn-1', 'ifInOctets', 'eth0')]));
    expect(wraps).toHaveLength(1);
    expect(counters.filter((row) => row.verdict === VERDICT.ok).length / counters.length).toBeGreaterThan(0.99);
  });

  it('has failed response times and nothing else of SNMP while a device was down', () => {
    const fromMs = ANCHOR_MS - 4 * DAY_MS - 6 * HOUR_MS;
    const { batches } = history('agent-rovaniemi', fromMs, fromMs + 6 * HOUR_MS);
    const gauges = rows(batches, 'gauge');
    const failed = gauges.filter((row) => row.status !== PROBE_STATUS.ok);
    expect(failed).toHaveLength((3 * HOUR_MS) / EVERY_MS);
    expect(
      failed.every(
        (row) =>
          row.series === of('roi-srv-1', 'snmpRtt') && Number.isNaN(row.value) && row.status === PROBE_STATUS.timeout,
      ),
    ).toBe(true);
    expect(gauges.filter((row) => row.series === of('roi-srv-1', 'laLoad1'))).toHaveLength((3 * HOUR_MS) / EVERY_MS);
    expect(gauges.filter((row) => row.series === of('roi-srv-1', 'rtt'))).toHaveLength((6 * HOUR_MS) / EVERY_MS);
  });

  it('describes its series and facts each day, and seals into batches that any logger accepts', () => {
    const { batches, report } = history('agent-tampere', ANCHOR_MS - 26 * HOUR_MS, ANCHOR_MS);
    expect(report.batches).toBe(26);
    const described = batches.filter(({ tables }) => tables.some((each) => each.table === 'series'));
    expect(described).toHaveLength(2);
    const names = described[0]?.tables.find((each) => each.table === 'series');
    expect(names?.rows).toBe(report.series);
    const known = new Set(names?.data[0] as BigUint64Array);
    for (const row of [...rows(batches, 'gauge'), ...rows(batches, 'counter')])
      expect(known.has(row.series)).toBe(true);
    let samples = 0;
    batches.forEach(({ tables, meta }, at) => {
      const opened = openBatch(
        sealBatch({ agent: 'agent-tampere', epoch: 1, seq: at + 1, sealedMs: ANCHOR_MS, ...meta }, tables).bytes,
      );
      if (!opened.ok) throw new Error(opened.reason);
      for (const block of opened.blocks) {
        expect(checkFrame(block, agentId('agent-tampere'))).toMatchObject({ ok: true });
        if (block.table === 'gauge' || block.table === 'counter') samples += block.rows;
      }
      expect(meta.firstMs).toBeGreaterThanOrEqual(ANCHOR_MS - 26 * HOUR_MS);
      expect(meta.lastMs).toBeLessThan(ANCHOR_MS);
    });
    expect(samples).toBe(report.samples);
  });
});
