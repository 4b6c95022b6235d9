/**
 * Why a check fails, for the messages of alarms that ask for {reason}: the newest fact `checkReason` of the check, which
 * its agent sealed together with the sample, else what the sample's status says. Asked only for events that are about to
 * be told. An alarm never waits for its reason: where no store answers, the status has to do.
 */
import type { AlarmEvent } from '@kaiku/protocol';
import type { StoreReader } from '../read/store-reader.ts';
import { checkOf } from '../read/watch-plan.ts';
import type { BookedEvent } from './book.ts';
import { asksWhy, fillReason, statusWords } from './message.ts';

/** Of a mass failure the first so many are told their own words. */
const MAX_ENTITIES = 500;
const FACT = 'checkReason';

/** @param failed hears of an error of the stores */
export async function withReasons(
  pool: StoreReader,
  booked: readonly BookedEvent[],
  failed: (error: unknown) => void,
): Promise<readonly AlarmEvent[]> {
  const asking = booked.filter(
    ({ event, failure }) => failure !== 0 && event.instance !== '' && asksWhy(event.message),
  );
  const entities = [...new Set(asking.map(({ event }) => event.entity))].slice(0, MAX_ENTITIES);
  const known = entities.length === 0 ? new Map<string, string>() : await readReasons(pool, entities, failed);
  return booked.map(({ event, failure }) => {
    if (!asksWhy(event.message)) return event;
    const said = failure === 0 ? '' : (known.get(keyOf(event.entity, checkOf(event.instance))) ?? '');
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
    const reasons = facts.filter(({ name }) => name === FACT);
    return new Map(reasons.map(({ entity, instance, value }) => [keyOf(entity, instance), value]));
  } catch (error) {
    failed(error);
    return new Map();
  }
}

const keyOf = (entity: string, check: string): string => `${entity}\u001f${check}`;
