/**
 * Notices that a device has become another or runs something else: a serial number, model or version that changes is an
 * event of kind `change`, named `inventory`. Fed by the collector with each fact that is new or changed; what was known
 * is kept across restarts in a file, so a switch that was replaced while the agent was down is noticed too.
 *
 * The first sight of a fact is no change. Values live in the collector; here only what has not been heard of since the
 * start. The file is written when every event about it is safely sealed: a crash repeats an event rather than losing
 * one. Without the file (damaged, disk full) changes over a restart go unnoticed, and that is logged.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isInventoryFact, type EventRecord, type FactRecord } from '@kaiku/protocol';
import { repeat, type Log, type Part } from '@kaiku/core';

const SAVE_EVERY_MS = 30_000;
const NOTICE = 5;

type Fact = Pick<FactRecord, 'entity' | 'name' | 'instance' | 'value'>;

export interface InventorySource {
  onFact: ((record: FactRecord, before: string | undefined) => void) | undefined;
  facts(): Iterable<Fact>;
  event(record: EventRecord, sealed?: (safe: boolean) => void): void;
}

export interface InventoryWatchOptions {
  readonly file: string;
  readonly source: InventorySource;
  readonly log: Log;
}

export interface InventoryWatch extends Part {
  /** Forgets entities that are no longer measured. */
  keep(entities: ReadonlySet<string>): void;
}

const keyOf = ({ entity, name, instance }: Fact): string => JSON.stringify([entity, name, instance]);

export function createInventoryWatch({ file, source, log }: InventoryWatchOptions): InventoryWatch {
  const former = new Map(load(file, log).map((fact) => [keyOf(fact), fact]));
  let dirty = false;
  let unsealed = 0;

  source.onFact = (record, before) => {
    if (!isInventoryFact(record.name)) return;
    const key = keyOf(record);
    if (record.value === '') {
      // Not given this time: what it was stays known.
      if (before !== undefined && before !== '') former.set(key, { ...record, value: before });
      return;
    }
    const was = before === undefined || before === '' ? former.get(key)?.value : before;
    former.delete(key);
    dirty = true;
    if (was === undefined || was === record.value) return;
    unsealed += 1;
    source.event(changeEvent(record, was), (safe) => {
      unsealed -= 1;
      if (!safe) log.warn({ entity: record.entity, fact: record.name }, 'the event of an inventory change was lost');
    });
  };

  const save = (): void => {
    if (!dirty || unsealed > 0) return;
    dirty = false;
    const facts = [...former.values()];
    for (const fact of source.facts()) if (fact.value !== '' && isInventoryFact(fact.name)) facts.push(fact);
    try {
      writeFileSync(`${file}.new`, JSON.stringify({ v: 1, facts: rowsOf(facts) }), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (error) {
      log.error({ err: error, file }, 'what devices are made of cannot be kept: changes over a restart go unnoticed');
    }
  };
  const saving = repeat({ name: 'inventory', everyMs: SAVE_EVERY_MS, run: () => Promise.resolve(save()), log });

  return {
    name: 'inventory',
    keep: (entities) => {
      for (const [key, { entity }] of former) if (!entities.has(entity)) former.delete(key);
    },
    start: () => saving.start(),
    stop: async () => {
      await saving.stop();
      save();
    },
  };
}

function changeEvent({ entity, name, instance, tsMs, value }: FactRecord, was: string): EventRecord {
  const what = instance === '' ? name : `${name} of ${instance}`;
  return {
    tsMs,
    entity,
    source: '',
    kind: 'change',
    name: 'inventory',
    severity: NOTICE,
    message: `${what} was ${short(was)}, is ${short(value)}`,
    fields: { fact: name, instance, old: was, new: value },
    raw: new Uint8Array(),
  };
}

const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
};

const rowsOf = (facts: readonly Fact[]): string[][] =>
  facts.map(({ entity, name, instance, value }) => [entity, name, instance, value]);

function load(file: string, log: Log): readonly Fact[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  try {
    const { facts } = JSON.parse(text) as { facts: readonly (readonly string[])[] };
    return facts.map(([entity = '', name = '', instance = '', value = '']) => ({ entity, name, instance, value }));
  } catch (error) {
    log.warn({ err: error, file }, 'what devices were made of cannot be read: changes over this restart go unnoticed');
    return [];
  }
}
