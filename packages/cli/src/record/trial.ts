/**
 * Tries a template on one device, recorded or there: the agent's own engine polls it once, or twice where a metric is a
 * rate. Answers what came, metric by metric, and which alarms would stand on these values. For those who write templates.
 */
import { openPolling } from '@kaiku/agent/poll-devices';
import { openRecorder } from '@kaiku/agent/record';
import {
  compileTarget,
  computedMetric,
  dictionaryOf,
  fittingTemplates,
  probesOf,
  resolveTemplate,
  ruleApplies,
  type AlarmRule,
  type Catalog,
  type Metric,
  type Template,
  type TemplateChoice,
} from '@kaiku/catalog';
import type { DeviceAccess } from './device-access.ts';

const SYS_DESCR = '1.3.6.1.2.1.1.1.0';
const SYS_OBJECT_ID = '1.3.6.1.2.1.1.2.0';
const SLOT_MS = 60_000;
/** Between the two polls of a rate; a clock that did not move is taken for none after a second. */
const BETWEEN_MS = 1500;

export type OwnTemplates = Pick<Catalog, 'templates' | 'metrics' | 'facts' | 'tables'>;

export interface Value {
  readonly instance: string;
  readonly value: number;
}

export interface TriedMetric {
  readonly name: string;
  /** The table it is a column of; empty for a single object. */
  readonly table: string;
  readonly metric: Metric | undefined;
  readonly values: readonly Value[];
}

export interface StandingAlarm {
  readonly rule: AlarmRule;
  readonly instances: readonly Value[];
}

export interface Trial {
  readonly sysDescr: string;
  readonly sysObjectID: string;
  /** The first is what discovery chooses. */
  readonly fitting: readonly TemplateChoice[];
  readonly template: Template;
  readonly metrics: readonly TriedMetric[];
  readonly facts: readonly string[];
  readonly alarms: readonly StandingAlarm[];
}

/** Undefined when the device does not answer. @throws TemplateError for a template nobody knows */
export async function tryTemplate(
  own: OwnTemplates,
  device: DeviceAccess,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Trial | undefined> {
  const heard = await listen(own, device, signal);
  if (heard === undefined) return undefined;
  const fitting = fittingTemplates(heard, own);
  const template = resolveTemplate(own, wanted ?? fitting[0]?.template ?? 'snmp-device');
  const target = compileTarget(
    own as Catalog,
    {
      id: 'device',
      address: device.address,
      template: template.id,
      checks: [],
      snmp: device.access,
    } as unknown as Parameters<typeof compileTarget>[1],
  );
  const polling = openPolling([target], 1);
  try {
    const first = await polling.cycle(SLOT_MS);
    const rated = target.checks.some((check) => 'metrics' in check && check.metrics.some(({ rate }) => rate === true));
    if (rated) await new Promise((done) => setTimeout(done, BETWEEN_MS));
    const second = rated ? await polling.cycle(2 * SLOT_MS) : { samples: [], facts: [] };
    const values = new Map<string, Value[]>();
    for (const { series, value, code } of [...first.samples, ...second.samples]) {
      if (Number.isNaN(Number(value)) && code !== 0) continue;
      const [, metric = '', ...instance] = series.split(' ');
      const known = values.get(metric) ?? [];
      const name = instance.join(' ');
      if (!known.some((each) => each.instance === name)) known.push({ instance: name, value: Number(value) });
      values.set(metric, known);
    }
    return {
      sysDescr: heard.sysDescr,
      sysObjectID: heard.sysObjectID,
      fitting,
      template,
      metrics: triedMetrics(own, template, values),
      facts: first.facts.map((fact) => fact.replace(/^device /u, '')),
      alarms: standing(template, own, values),
    };
  } finally {
    polling.close();
  }
}

async function listen(
  own: OwnTemplates,
  { address, access }: DeviceAccess,
  signal: AbortSignal,
): Promise<{ sysDescr: string; sysObjectID: string; answers: ReadonlySet<string> } | undefined> {
  const recorder = await openRecorder(address, access);
  try {
    const said = await recorder.get([SYS_DESCR, SYS_OBJECT_ID, ...probesOf(own)], signal);
    if (said.size === 0) return undefined;
    return {
      sysDescr: said.get(SYS_DESCR) ?? '',
      sysObjectID: said.get(SYS_OBJECT_ID) ?? '',
      answers: new Set(probesOf(own).filter((oid) => said.has(oid))),
    };
  } finally {
    recorder.close();
  }
}

function triedMetrics(own: OwnTemplates, template: Template, values: ReadonlyMap<string, Value[]>): TriedMetric[] {
  const { metric } = dictionaryOf(own);
  return template.measurements.flatMap((each) => {
    if (each.check !== 'snmp-get' && each.check !== 'snmp-table') return [];
    const table = each.check === 'snmp-table' ? each.table : '';
    return each.metrics.map((name) => ({ name, table, metric: metric(name), values: values.get(name) ?? [] }));
  });
}

/** Rules whose threshold the values are beyond at first sight. Counters have no rate yet. */
function standing(template: Template, own: OwnTemplates, values: ReadonlyMap<string, Value[]>): StandingAlarm[] {
  const { metric } = dictionaryOf(own);
  return template.alarms.flatMap((rule) => {
    if (rule.when === 'failed' || rule.afterGood === true || metric(rule.metric)?.kind === 'counter') return [];
    const beyond = (value: number): boolean => (rule.when === 'above' ? value > rule.raise : value < rule.raise);
    const instances = valuesOf(rule.metric, values, metric).filter(
      ({ instance, value }) => ruleApplies(rule, instance) && beyond(value),
    );
    return instances.length === 0 ? [] : [{ rule, instances }];
  });
}

function valuesOf(
  name: string,
  values: ReadonlyMap<string, Value[]>,
  metric: (name: string) => Metric | undefined,
): readonly Value[] {
  const computed = computedMetric(name);
  if (computed === undefined) return values.get(name) ?? [];
  // A share of rates needs two readings.
  if (metric(computed.of)?.kind === 'counter') return [];
  const against = new Map((values.get(computed.against) ?? []).map(({ instance, value }) => [instance, value]));
  return (values.get(computed.of) ?? []).map(({ instance, value }) => ({
    instance,
    value: computed.compute(value, against.get(instance) ?? Number.NaN),
  }));
}
