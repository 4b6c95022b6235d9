/**
 * Compiles the catalog into one agent's plan: templates inherited, intervals overridden, names turned
 * into OIDs. Fed by the logger that answers `kaiku.config.<agent>`. Pure.
 *
 * `snmp-get`s of one interval become one check, so a device's first request of a cycle is one
 * well-defined thing (snmpRtt).
 */
import { devicesOf } from '../assign/agents-for.ts';
import { dictionaryOf, type Dictionary } from '../dictionary/dictionary.ts';
import { resolveDevice } from '../library/measured.ts';
import { isAppCheck, type AppCheck } from '../model/app-check.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';
import type { Measurement } from '../model/measurement.ts';
import { compileAppCheck } from './app-plan.ts';
import { PLAN_VERSION, type AgentPlan, type CheckPlan, type TargetPlan } from './agent-plan.ts';
import type { PathPlan } from './path-plan.ts';
import { asVersion1Snmp, compileSnmp } from './compile-snmp.ts';

/**
 * What `agent` is to measure. An agent the catalog does not name gets a plan without targets.
 * @throws TemplateError for a catalog that has not passed `loadCatalog`
 */
export function compilePlan(catalog: Catalog, agent: string, revision: number): AgentPlan {
  const known = new Map<string, CheckPlan[]>();
  return {
    v: PLAN_VERSION,
    agent,
    revision,
    targets: devicesOf(catalog, agent).map((device) => compileTarget(catalog, device, known)),
    paths: compilePaths(catalog, agent),
  };
}

/** The same for an agent that reads version 1 only: it gets what it can do. */
export function asVersion1(plan: AgentPlan): unknown {
  const targets = plan.targets.map(({ snmp, checks, ...target }) => {
    const old = snmp?.version === '2c' ? { snmp } : {};
    return { ...target, ...old, checks: checks.flatMap((check) => asVersion1Check(check) ?? []) };
  });
  return { v: 1, agent: plan.agent, revision: plan.revision, targets };
}

function asVersion1Check(check: CheckPlan): CheckPlan | undefined {
  if (check.check === 'icmp') return check;
  return check.check === 'snmp-get' || check.check === 'snmp-table' ? asVersion1Snmp(check) : undefined;
}

function compilePaths(catalog: Catalog, agent: string): PathPlan[] {
  return catalog.paths
    .filter((path) => path.agents.includes(agent))
    .map(({ id, everyMs, packets, spacingMs, timeoutMs, points }) => ({
      entity: id,
      everyMs,
      packets,
      spacingMs,
      timeoutMs,
      points: points.flatMap((point) => {
        const device = catalog.devices.find((each) => each.id === point);
        return device === undefined ? [] : [{ entity: device.id, address: device.address }];
      }),
    }));
}

/**
 * One device's part of a plan. Devices of one template and interval share their checks, kept in `known`, unless a check
 * depends on the device: then it has its own.
 * @throws TemplateError
 */
export function compileTarget(
  catalog: Catalog,
  device: Device,
  known: Map<string, CheckPlan[]> = new Map<string, CheckPlan[]>(),
): TargetPlan {
  const key = device.checks.length > 0 ? '' : `${device.template}/${device.everyMs ?? ''}`;
  const checks = known.get(key) ?? compileChecks(catalog, device);
  if (key !== '' && !checks.some(isAppCheck)) known.set(key, checks);
  return { entity: device.id, address: device.address, ...accessOf(device), checks };
}

/** Only what is said: a plan has many targets. */
function accessOf({ snmp }: Device): Pick<TargetPlan, 'snmp' | 'requestsPerSecond'> {
  if (snmp === undefined) return {};
  const { requestsPerSecond, ...access } = snmp;
  return { snmp: access, ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }) };
}

function compileChecks(catalog: Catalog, device: Device): CheckPlan[] {
  const { measurements } = resolveDevice(catalog, device);
  const dictionary = dictionaryOf(catalog);
  const checks = measurements.map((each) =>
    isAppCheck(each) ? compileAppCheck(each, device) : compileCheck(each, device.everyMs, dictionary),
  );
  return joinGets(checks);
}

function compileCheck(
  measurement: Exclude<Measurement, AppCheck>,
  everyMs: number | undefined,
  dictionary: Dictionary,
): CheckPlan {
  if (measurement.check === 'icmp') return { ...measurement, everyMs: everyMs ?? measurement.everyMs };
  return compileSnmp(measurement, everyMs, dictionary);
}

function joinGets(checks: readonly CheckPlan[]): CheckPlan[] {
  const out: CheckPlan[] = [];
  for (const check of checks) {
    const at = out.findIndex(
      (each) => each.check === 'snmp-get' && check.check === 'snmp-get' && each.everyMs === check.everyMs,
    );
    const before = out[at];
    if (before?.check !== 'snmp-get' || check.check !== 'snmp-get') {
      out.push(check);
      continue;
    }
    out[at] = {
      ...before,
      metrics: uniqueByName([...before.metrics, ...check.metrics]),
      facts: uniqueByName([...before.facts, ...check.facts]),
    };
  }
  return out;
}

function uniqueByName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  return [...new Map(entries.map((each) => [each.name, each])).values()];
}
