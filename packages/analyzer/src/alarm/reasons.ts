/**
 * Why a check fails, for the messages of alarms that ask for {reason}: the newest fact `checkReason` of the check, which
 * its agent sealed together with the sample, else what the sample's status says; of a device the fact `snmpReason`, of a path
 * which point is to blame (fact `pathBlame`). Asked only for events that are about to be told. An alarm never waits for its reason: where no store answers, the status has to do.
 */
import type { AlarmEvent } from '@kaiku/protocol';
import type { StoreReader } from '../read/store-reader.ts';
import { checkOf } from '../read/watch-plan.ts';
import type { BookedEvent } from './book.ts';
import { asksWhy, fillReason, statusWords } from './message.ts';

/** Of a mass failure the first so many are told their own words. */
const MAX_ENTITIES = 200;
const CHECK_FACT = 'checkReason';
const SNMP_FACT = 'snmpReason';
/** A metric whose reason is a fact of the same name. */
const PATH_BLAME = 'pathBlame';

/** @param failed hears of an error of the stores */
export async function withReasons(
  pool: StoreReader,
  booked: readonly BookedEvent[],
  failed: (error: unknown) => void,
): Promise<readonly AlarmEvent[]> {
  const asking = booked.filter(
    ({ event, metric, failure }) => asksWhy(event.message) && factOf(metric, event.instance, failure) !== undefined,
  );
  const entities = [...new Set(asking.map(({ event }) => event.entity))].slice(0, MAX_ENTITIES);
  const known = entities.length === 0 ? new Map<string, string>() : await readReasons(pool, entities, failed);
  return booked.map(({ event, metric, failure }) => {
    if (!asksWhy(event.message)) return event;
    const fact = factOf(metric, event.instance, failure);
    const said = fact === undefined ? '' : (known.get(keyOf(event.entity, fact, checkOf(event.instance))) ?? '');
    return { ...event, message: fillReason(event.message, said === '' ? statusWords(failure) : said) };
  });
}

async function readReasons(
  pool: StoreReader,
  entities: readonly string[],
  failed: (error: unknown) => void,
): Promise<ReadonlyMap<string, string>> {
  try {
    const facts = await pool.read((store) => store.read.facts(entities));
    return new Map(facts.map(({ entity, name, instance, value }) => [keyOf(entity, name, instance), value]));
  } catch (error) {
    failed(error);
    return new Map();
  }
}

/** The fact that says why; undefined: none does. */
function factOf(metric: string, instance: string, failure: number): string | undefined {
  if (metric === PATH_BLAME) return PATH_BLAME;
  if (failure === 0) return undefined;
  if (metric === 'snmpRtt') return SNMP_FACT;
  return instance === '' ? undefined : CHECK_FACT;
}

const keyOf = (...parts: readonly string[]): string => parts.join('\u001f');
