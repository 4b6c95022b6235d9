/** Asks the store pool for what a query means. */
import { METRICS, agentNames, dictionaryOf, metric as meaningOf } from '@kaiku/catalog';
import { createLog } from '@kaiku/core';
import { agentId } from '@kaiku/protocol';
import { openPool, openStore, type SeriesInfo, type StorePool } from '@kaiku/store';
import { storeAddresses } from '@kaiku/store/config';
import type { CheckedInstallation } from '../config/installation-check.ts';
import { CommandError, UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import type { QueryRequest } from './request.ts';
import { counterRows, derivedRows, gaugeRows, gridRows, inOrder, newest, type Naming, type QueryRow } from './rows.ts';

/** Opens all stores of the file for the time of one question. @throws CommandError when none answers */
export async function withPool<T>(checked: CheckedInstallation, ask: (pool: StorePool) => Promise<T>): Promise<T> {
  const stores = storeAddresses(checked.installation).map((address) => openStore(address));
  if (stores.length === 0) throw new UsageError(`${checked.file} names no stores`, { hint: 'add one under stores:' });
  const pool = openPool(stores, createLog({ role: 'cli', name: 'query', level: 'silent' }));
  try {
    await pool.start();
    const alive = await Promise.all(stores.map((store) => store.ping()));
    if (!alive.includes(true)) {
      throw new CommandError(`no store answers: ${stores.map(({ name }) => name).join(', ')}`, {
        hint: 'is the installation running? kaiku status shows its parts',
      });
    }
    return await ask(pool);
  } finally {
    await pool.stop();
    await Promise.all(stores.map((store) => store.close().catch(() => undefined)));
  }
}

/** @throws UsageError when nothing is known by these names */
export async function readRows(
  pool: StorePool,
  request: QueryRequest,
  checked: CheckedInstallation,
): Promise<readonly QueryRow[]> {
  const series = await findSeries(pool, request);
  const byId = new Map(series.map((info) => [info.id, info]));
  const naming = namingOf(checked);
  if (request.stepMs !== undefined && !request.latest) {
    const { fromMs, toMs, stepMs } = request;
    const grids = await pool.read((store) => store.read.grid({ series, fromMs, toMs, stepMs }));
    return inOrder(gridRows(grids, { fromMs, stepMs }, byId, naming));
  }
  const ids = (kind: SeriesInfo['kind']): readonly bigint[] =>
    series.filter((info) => info.kind === kind).map(({ id }) => id);
  const { fromMs, toMs } = request;
  const [gauges, counters, derived] = await Promise.all([
    ids('gauge').length === 0 ? [] : pool.read((store) => store.read.gauges(ids('gauge'), fromMs, toMs)),
    ids('counter').length === 0 ? [] : pool.read((store) => store.read.counters(ids('counter'), fromMs, toMs)),
    ids('derived').length === 0 ? [] : pool.read((store) => store.read.derived(ids('derived'), fromMs, toMs)),
  ]);
  const rows = [
    ...('ts' in gauges ? gaugeRows(gauges, byId, naming) : []),
    ...('ts' in counters ? counterRows(counters, byId, naming) : []),
    ...derivedRows(derived, byId, naming),
  ];
  return inOrder(request.latest ? newest(rows) : rows);
}

async function findSeries(pool: StorePool, request: QueryRequest): Promise<readonly SeriesInfo[]> {
  const { entities, metrics, instance } = request;
  const filter = {
    ...(entities.length === 0 ? {} : { entities }),
    ...(metrics.length === 0 ? {} : { metrics }),
  };
  const found = await pool.read((store) => store.read.series(filter));
  const wanted = instance === undefined ? found : found.filter((info) => info.instance.includes(instance));
  if (wanted.length > 0) return wanted;
  throw new UsageError(`nothing was measured for ${describe(request)}`, {
    hint: await suggestion(pool, request, found),
  });
}

const describe = ({ entities, metrics, instance }: QueryRequest): string =>
  [entities.join(','), metrics.join(','), instance].filter((text) => text !== undefined && text !== '').join(' ') ||
  'anything';

async function suggestion(pool: StorePool, request: QueryRequest, found: readonly SeriesInfo[]): Promise<string> {
  if (found.length > 0) return `instances: ${[...new Set(found.map((info) => info.instance))].slice(0, 20).join(', ')}`;
  const unknown = request.metrics.find((name) => meaningOf(name) === undefined);
  if (unknown !== undefined) {
    const close = nearest(
      unknown,
      METRICS.map(({ name }) => name),
    );
    return close === undefined ? `there is no metric "${unknown}"` : `did you mean --metric ${close}?`;
  }
  const [entity] = request.entities;
  const known = [...new Set((await pool.read((store) => store.read.series())).map((info) => info.entity))];
  if (entity === undefined || known.includes(entity)) return 'name an --entity, or wait for the first samples';
  const close = nearest(entity, known);
  return close === undefined
    ? `known entities: ${known.toSorted().slice(0, 20).join(', ')}`
    : `did you mean --entity ${close}?`;
}

function namingOf({ installation, catalog }: CheckedInstallation): Naming {
  const agents = new Set<string>(catalog === undefined ? [] : agentNames(catalog));
  for (const section of [installation.agents, installation.analyzers]) {
    for (const entry of section) {
      if (typeof entry === 'object' && entry !== null && 'name' in entry) agents.add(String(entry.name));
    }
  }
  const names = new Map([...agents].map((name) => [agentId(name), name]));
  const dictionary = catalog === undefined ? undefined : dictionaryOf(catalog);
  return {
    meaning: (name) => {
      const known = dictionary === undefined ? meaningOf(name) : dictionary.metric(name);
      return { unit: known?.unit ?? '', scale: known?.scale ?? 1 };
    },
    agentName: (id) => names.get(id) ?? id.toString(16),
  };
}
