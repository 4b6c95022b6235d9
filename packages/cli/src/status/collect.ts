/** Gathers a status report from the broker's health messages and from the stores, side by side. */
import { Broker, brokerOptions, createLog, describeError, type Installation } from '@kaiku/core';
import { decode, healthReportSchema, subjects, type HealthReport } from '@kaiku/protocol';
import { openStore, type Store } from '@kaiku/store';
import { storeAddresses } from '@kaiku/store/config';
import { readRunFile } from '../supervise/lock.ts';
import type { CheckedInstallation } from '../config/installation-check.ts';
import {
  compareStores,
  figuresOf,
  type AlarmStatus,
  type PartStatus,
  type StatusReport,
  type StoreStatus,
} from './report.ts';

/** Parts report every 2 s: a little longer hears each once. */
const LISTEN_MS = 2500;
const CONNECT_MS = 2000;
const STORE_MS = 5000;
const LOOKS = 3;

export async function collectStatus(checked: CheckedInstallation): Promise<StatusReport> {
  const { installation } = checked;
  const stores = storeAddresses(installation).map((address) => openStore(address));
  try {
    const [health, asked] = await Promise.all([listen(installation), askStores(stores)]);
    const alarms = asked.find((each) => each.alarms !== undefined)?.alarms;
    const held = heldParts(installation.dataDir);
    const storeStatus = asked.map(({ status }) => (held.has(`store/${status.name}`) ? heldStore(status) : status));
    return {
      installation: installation.installation,
      atMs: Date.now(),
      brokerProblem: health.problem,
      parts: partsOf(checked, health.reports, held),
      stores: storeStatus,
      comparison: compareStores(storeStatus),
      alarms,
    };
  } finally {
    await Promise.all(stores.map((store) => store.close().catch(() => undefined)));
  }
}

/** Store answers are taken one after the other while data flows in: a difference in rows alone is looked at again. */
async function askStores(stores: readonly Store[]): Promise<readonly Asked[]> {
  let asked: readonly Asked[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    asked = await Promise.all(stores.map((store) => askStore(store)));
    const { state, differences } = compareStores(asked.map(({ status }) => status));
    if (state !== 'differ' || !differences.every((line) => line.startsWith('table '))) break;
  }
  return asked;
}

interface Heard {
  readonly problem: string | undefined;
  readonly reports: ReadonlyMap<string, HealthReport>;
}

/** Hears every part for a while; ends early never: a silent part is known only by waiting. */
async function listen(installation: Installation): Promise<Heard> {
  const reports = new Map<string, HealthReport>();
  const broker = await connectWithin(installation, CONNECT_MS);
  if (broker === undefined) return { problem: `does not answer at ${installation.broker.url}`, reports };
  const subscription = broker.subscribe(subjects.healthAll, (bytes) => {
    const report = decode(healthReportSchema, bytes);
    if (report !== undefined) reports.set(`${report.role}/${report.name}`, report);
  });
  await new Promise((done) => setTimeout(done, LISTEN_MS));
  subscription.stop();
  await broker.close();
  return { problem: undefined, reports };
}

/** Undefined when the broker does not answer in time. The attempt is given up then. */
export async function connectWithin(installation: Installation, ms: number): Promise<Broker | undefined> {
  const log = createLog({ role: 'cli', name: 'status', level: 'silent' });
  const connecting = Broker.connect({ ...brokerOptions(installation, 'admin', 'cli'), log }).catch(() => undefined);
  const late = new Promise<undefined>((done) => setTimeout(() => done(undefined), ms).unref());
  const broker = await Promise.race([connecting, late]);
  if (broker === undefined) void connecting.then((arrived) => arrived?.close());
  return broker;
}

interface Asked {
  readonly status: StoreStatus;
  readonly alarms: readonly AlarmStatus[] | undefined;
}

async function askStore(store: Store): Promise<Asked> {
  const ask = async (): Promise<Asked> => {
    const [tables, summaries, alarms] = await Promise.all([
      store.counts(),
      store.ledger.summaries(),
      store.read.activeAlarms(),
    ]);
    return {
      status: { name: store.name, problem: undefined, tables, ledger: figuresOf(summaries) },
      alarms: alarms.map(({ entity, rule, instance, severity, tsMs, message }) => ({
        entity,
        rule,
        instance,
        severity,
        sinceMs: tsMs,
        message,
      })),
    };
  };
  const silent = (problem: string): Asked => ({
    status: { name: store.name, problem, tables: [], ledger: [] },
    alarms: undefined,
  });
  const late = new Promise<Asked>((done) =>
    setTimeout(() => done(silent(`no answer within ${STORE_MS / 1000} s`)), STORE_MS).unref(),
  );
  return Promise.race([ask().catch((error: unknown) => silent(describeError(error).split('\n')[0] ?? '')), late]);
}

const heldStore = (status: StoreStatus): StoreStatus =>
  status.problem === undefined ? status : { ...status, problem: 'held' };

/** As the supervisor on this machine tells, where one runs. */
function heldParts(dataDir: string): ReadonlySet<string> {
  const run = readRunFile(dataDir);
  if (run === undefined || !lives(run.pid)) return new Set();
  return new Set(run.children.filter(({ held }) => held).map(({ role, name }) => `${role}/${name}`));
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function partsOf(
  { entries }: CheckedInstallation,
  reports: ReadonlyMap<string, HealthReport>,
  held: ReadonlySet<string>,
): readonly PartStatus[] {
  const parts: PartStatus[] = entries
    .filter((entry) => entry.role !== 'store' || typeof entry.entry['listen'] === 'string')
    .map(({ role, name }) => {
      const key = `${role}/${name}`;
      return { role, name, configured: true, held: held.has(key), report: reports.get(key) };
    });
  const known = new Set(parts.map(({ role, name }) => `${role}/${name}`));
  for (const [key, report] of reports) {
    if (!known.has(key)) parts.push({ role: report.role, name: report.name, configured: false, held: false, report });
  }
  return parts;
}
