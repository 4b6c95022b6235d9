/**
 * What net-snmp's own tools read from a device, and what a template's metrics should be by it: worked out here from the
 * texts `snmpbulkwalk` prints, by the dictionary's words, with no line of the agent's.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CheckPlan, MetricPlan } from '@kaiku/catalog';

const run = promisify(execFile);

/** By OID: the value as printed, numbers plain and texts without quotes. */
export type Walked = ReadonlyMap<string, string>;

const LINE = /^\.?([\d.]+) = (?:[A-Za-z0-9 -]+: )?(.*)$/;
const MOST_BYTES = 32 * 1024 * 1024;

export async function walkAll(port: number, community: string): Promise<Walked> {
  const options = ['-v2c', '-c', community, '-On', '-Oe', '-Ot', '-OU', '-Cr40', '-t5', '-r0'];
  const { stdout } = await run('snmpbulkwalk', [...options, `127.0.0.1:${port}`, '1'], {
    env: { ...process.env, MIBS: '' },
    maxBuffer: MOST_BYTES,
  });
  const values = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    const [, oid, value = ''] = LINE.exec(line) ?? [];
    if (oid !== undefined && !value.startsWith('No more variables')) values.set(oid, unquoted(value));
  }
  return values;
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/su, '$1').replaceAll(/\\(.)/gu, '$1');
}

type SnmpCheck = Extract<CheckPlan, { check: 'snmp-get' | 'snmp-table' }>;

/** The values a metric should have, sorted; of a summed table, by name. */
export function expectedValues(check: SnmpCheck, metric: MetricPlan, walked: Walked): readonly number[] {
  if (check.check === 'snmp-get') {
    const value = meaning(metric, walked.get(metric.oid), '', walked);
    return value === undefined ? [] : [value];
  }
  const rows = [...walked]
    .filter(([oid]) => oid.startsWith(`${metric.oid}.`))
    .map(([oid, raw]) => ({ index: oid.slice(metric.oid.length + 1), raw }))
    .filter(({ index }) =>
      [...(check.where ?? []), ...(metric.where ?? [])].every((each) => holds(each, index, walked)),
    );
  const values = rows.flatMap(({ index, raw }) => {
    const value = meaning(metric, raw, index, walked);
    return value === undefined ? [] : [{ name: walked.get(`${check.nameOids[0] ?? ''}.${index}`) ?? index, value }];
  });
  if (check.sum !== true) return values.map(({ value }) => value).sort(ascending);
  const sums = Map.groupBy(values, ({ name }) => name);
  return [...sums.values()].map((each) => each.reduce((sum, { value }) => sum + value, 0)).sort(ascending);
}

/** Names the rows of a table should have by their own name columns; undefined where they are named otherwise. */
export function expectedNames(check: SnmpCheck, metric: MetricPlan, walked: Walked): readonly string[] | undefined {
  if (check.check !== 'snmp-table' || check.lookup !== undefined || check.sum === true) return undefined;
  if (check.nameOids.length === 0 || metric.where !== undefined || metric.absent !== undefined) return undefined;
  const indexes = [...walked.keys()]
    .filter((oid) => oid.startsWith(`${metric.oid}.`))
    .map((oid) => oid.slice(metric.oid.length + 1))
    .filter((index) => (check.where ?? []).every((each) => holds(each, index, walked)));
  const names = indexes.map(
    (index) => check.nameOids.map((oid) => walked.get(`${oid}.${index}`)).find(Boolean) ?? index,
  );
  return new Set(names).size === names.length ? names.sort() : undefined;
}

const ascending = (a: number, b: number): number => a - b;

function holds(
  { oid, is, not }: { oid: string; is?: readonly string[] | undefined; not?: readonly string[] | undefined },
  index: string,
  walked: Walked,
): boolean {
  // An OID as value is printed with a dot before it.
  const value = walked.get(`${oid}.${index}`)?.replace(/^\.(?=\d)/, '') ?? '';
  return is === undefined ? not?.includes(value) !== true : is.includes(value);
}

function meaning(metric: MetricPlan, raw: string | undefined, index: string, walked: Walked): number | undefined {
  if (raw === undefined) return undefined;
  const { texts = {}, absent = [], scale, offset = 0, exponent, rate } = metric;
  const word = Object.entries(texts).find(([text]) => text.toLowerCase() === raw.toLowerCase())?.[1];
  const number = word ?? Number.parseFloat(raw);
  if (absent.includes(number)) return undefined;
  // Recordings stand still.
  if (rate === true) return 0;
  const column = (oid: string | undefined, otherwise: number): number =>
    Number(walked.get(`${oid ?? ''}.${index}`) ?? otherwise);
  const power = exponent === undefined ? 0 : 3 * (column(exponent.scale, 9) - 9) - column(exponent.precision, 0);
  return number * 10 ** power * scale + offset;
}
