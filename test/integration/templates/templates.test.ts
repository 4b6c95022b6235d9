/**
 * Every template that reads SNMP, against its recorded device: what the agent delivers is what net-snmp's tools read of
 * the same device, nothing a template asks for stays without a value, and discovery chooses the template for it.
 */
import { availableParallelism } from 'node:os';
import { chooseTemplate, compileTarget, probesOf, resolveTemplate, templateIds, type CheckPlan } from '@kaiku/catalog';
import { openPolling } from '@kaiku/agent/poll-devices';
import { findBinary, recordingNames, startSnmpsim, waitFor, type Snmpsim } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectedNames, expectedValues, walkAll, type Walked } from './truth.ts';

const NOTHING_OWN = { templates: [], metrics: [], facts: [], tables: [] };
const SLOT_MS = 1_700_000_000_000;
/** Between the two polls a rate needs; the engine takes a clock that stands still for no clock after this long. */
const STANDSTILL_MS = 1000;
const SIMULATORS = Math.min(2, availableParallelism());

type Catalog = Parameters<typeof compileTarget>[0];
type SnmpCheck = Extract<CheckPlan, { check: 'snmp-get' | 'snmp-table' }>;

const names = recordingNames();
const missing = ['snmpsimd', 'snmpbulkwalk'].filter((name) => findBinary(name) === undefined);

const readsSnmp = templateIds(NOTHING_OWN).filter((id) => {
  const { part, measurements } = resolveTemplate(NOTHING_OWN, id);
  return !part && measurements.some(({ check }) => check === 'snmp-get' || check === 'snmp-table');
});

/** Chosen by hand, never by what a device says. */
const BY_HAND = new Set(['snmp-device', 'this-host', 'rmon-probe', 'ups-lines']);

/** Made by `kaiku record --anonymous` of real agents; what they do not have is said here, so that nothing goes missing unseen. */
const CAPTURED = [
  { name: 'debian-snmpd', template: 'linux-server', chosen: 'linux-server', lacks: ['lmTempSensorsValue'] },
  {
    name: 'debian-router',
    template: 'routing-router',
    chosen: 'linux-server',
    // Recorded in the agent's first minute: it knows no load yet.
    lacks: ['hrProcessorLoad'],
  },
];

interface Delivered {
  readonly instance: string;
  readonly value: number;
}

test('there is a recording for every template that reads SNMP', () => expect(names).toEqual(readsSnmp));

describe.skipIf(missing.length > 0)(`recorded devices (missing: ${missing.join(', ') || 'nothing'})`, () => {
  const simulators: Snmpsim[] = [];
  const walked = new Map<string, Walked>();
  const delivered = new Map<string, Delivered[]>();
  let checks: ReadonlyMap<string, readonly SnmpCheck[]>;

  beforeAll(async () => {
    const shares = Array.from({ length: SIMULATORS }, (_, at) => names.filter((_name, nth) => nth % SIMULATORS === at));
    shares[0]?.push(...CAPTURED.map(({ name }) => `captured/${name}`));
    simulators.push(...(await Promise.all(shares.map(startSnmpsim))));
    const portOf = (name: string): number => simulators[Math.max(names.indexOf(name), 0) % SIMULATORS]?.port ?? 0;
    const asked = [...names.map((name) => ({ name, template: name })), ...CAPTURED];
    const targets = asked.map(({ name, template }) => {
      const device = { id: name, address: '127.0.0.1', template, checks: [] };
      const snmp = { version: '2c', port: portOf(name), community: name };
      return compileTarget(NOTHING_OWN as unknown as Catalog, { ...device, snmp } as never);
    });
    checks = new Map(targets.map(({ entity, checks: all }) => [entity, all.filter(isSnmp)]));

    const polling = openPolling(targets, 4 * SIMULATORS);
    const { samples } = await polling.cycle(SLOT_MS);
    polling.close();
    // Rates take two polls: of those templates alone, and by now the first is long enough ago.
    const rated = openPolling(
      targets.filter(({ entity }) => hasRate(checks.get(entity) ?? [])),
      4 * SIMULATORS,
    );
    await rated.cycle(SLOT_MS);
    const firstMs = performance.now();
    for (const { name } of asked) walked.set(name, await walkAll(portOf(name), name));
    await waitFor(() => performance.now() - firstMs > STANDSTILL_MS, 10 * STANDSTILL_MS, 'time to pass');
    const second = await rated.cycle(SLOT_MS + 60_000);
    rated.close();
    const rates = second.samples.filter(({ series }) => series.includes(' processCpu '));
    for (const { series, value } of [...samples, ...rates]) {
      const [entity = '', metric = '', ...instance] = series.split(' ');
      const key = `${entity} ${metric}`;
      const known = delivered.get(key) ?? [];
      known.push({ instance: instance.join(' '), value: Number(value) });
      delivered.set(key, known);
    }
  });
  afterAll(() => Promise.all(simulators.map((simulator) => simulator.stop())));

  test.each(CAPTURED)('captured $name: delivers what snmpbulkwalk reads', ({ name, chosen, lacks }) => {
    const without = compare(name);
    expect(without).toEqual(lacks);
    const truth = walked.get(name) ?? new Map<string, string>();
    const answers = new Set(probesOf().filter((oid) => truth.has(oid)));
    const heard = { sysDescr: truth.get('1.3.6.1.2.1.1.1.0'), sysObjectID: truth.get('1.3.6.1.2.1.1.2.0')?.slice(1) };
    expect(chooseTemplate({ ...heard, answers }).template).toBe(chosen);
  });

  test.each(names)('%s: delivers what snmpbulkwalk reads, all of it', (name) => {
    expect(compare(name)).toEqual([]);
  });

  /** Every value against its truth. Answers the metrics that have none. */
  function compare(name: string): string[] {
    const without: string[] = [];
    const truth = walked.get(name) ?? new Map<string, string>();
    for (const check of checks.get(name) ?? []) {
      for (const metric of check.metrics) {
        const what = `${name} ${metric.name}`;
        const got = delivered.get(what) ?? [];
        const values = got.map(({ value }) => value).sort((a, b) => a - b);
        const expected = expectedValues(check, metric, truth);
        if (values.length === 0) without.push(metric.name);
        expect(values.length, `${what}: number of rows`).toBe(expected.length);
        values.forEach((value, at) =>
          expect(close(value, expected[at]), `${what}: ${value} is ${expected[at]}`).toBe(true),
        );
        const called = expectedNames(check, metric, truth);
        if (called !== undefined) expect(got.map(({ instance }) => instance).sort(), what).toEqual(called);
      }
    }
    return without;
  }

  test.each(names.filter((name) => !BY_HAND.has(name)))('%s: chosen by what the device says', (name) => {
    const truth = walked.get(name) ?? new Map<string, string>();
    const answers = new Set(probesOf().filter((oid) => truth.has(oid)));
    const sysObjectID = truth.get('1.3.6.1.2.1.1.2.0')?.replace(/^\./, '');
    expect(chooseTemplate({ sysObjectID, sysDescr: truth.get('1.3.6.1.2.1.1.1.0'), answers }).template).toBe(name);
  });

  test('rows are called by what they point at', () => {
    const instances = (key: string): string[] => (delivered.get(key) ?? []).map(({ instance }) => instance);
    expect(instances('cisco-switch cpmCPUTotal5min')).toEqual(['Chassis', 'Module 1']);
    expect(instances('debian-snmpd hrProcessorLoad')).toEqual(['CPU 0', 'CPU 1']);
    expect(instances('rmon-probe etherStatsPkts')).toEqual(['1', '2']);
    expect(instances('cisco-wlc bsnAPIfLoadNumOfClients')).toEqual([
      'AP-floor-1 0',
      'AP-floor-1 1',
      'AP-floor-2 0',
      'AP-floor-2 1',
    ]);
    expect(instances('cisco-switch ciscoSensorTemperature')).toEqual(['Inlet temperature', 'Outlet temperature']);
    expect(instances('linux-server processMemory').sort()).toEqual(['nginx', 'postgres']);
    expect(instances('esxi vmwVmState')).toEqual(['web-1', 'db-1', 'old-test']);
  });
});

function isSnmp(check: CheckPlan): check is SnmpCheck {
  return check.check === 'snmp-get' || check.check === 'snmp-table';
}

function hasRate(checks: readonly SnmpCheck[]): boolean {
  return checks.some(({ metrics }) => metrics.some(({ rate }) => rate === true));
}

/** Counters of 64 bits are compared as the doubles they are printed into. */
function close(value: number, expected = Number.NaN): boolean {
  return Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
}
