/** What devices said by themselves and what agents saw change, as one person may see it. */
import { nameEvent } from '@kaiku/catalog/mib';
import { agentId, EVENT_KINDS, type EventKind } from '@kaiku/protocol';
import type { EventPlace, EventRow } from '@kaiku/store';
import { BadRequestError } from '../errors.ts';
import type { Portal } from '../portal.ts';
import type { Scope } from './directory.ts';
import type { TimeRange } from './time-range.ts';

export interface EventQuery {
  readonly kind: EventKind | undefined;
  /** This severe or worse, 0 to 7. */
  readonly severity: number | undefined;
  /** Only of this entity. */
  readonly entity: string | undefined;
  /** In the message, or in the name a MIB has for it. */
  readonly text: string;
  /** Only what comes behind this one: the next page. */
  readonly before?: EventPlace;
}

/**
 * Newest first, with the names of compiled MIBs where there are any. Those who do not see everything are shown events of their
 * devices only, none of unknown senders. @throws UnavailableError
 */
export async function readEvents(
  { reader, mibs }: Pick<Portal, 'reader' | 'mibs'>,
  scope: Scope,
  { kind, severity, entity, text, before }: EventQuery,
  { fromMs, toMs }: Pick<TimeRange, 'fromMs' | 'toMs'>,
  limit: number,
): Promise<readonly EventRow[]> {
  const all = scope.everything ? undefined : scope.devices.map(({ device }) => device.id);
  const entities = entity === undefined ? all : [entity].filter((each) => scope.sees(each));
  const names = mibs();
  const events = await reader.read('events', (store) =>
    store.read.events({
      fromMs,
      toMs,
      limit,
      text,
      ...(names === undefined || text === ''
        ? {}
        : { namesOfText: names.notificationsLike(text).slice(0, MOST_NAMES) }),
      ...(entities === undefined ? {} : { entities }),
      ...(kind === undefined ? {} : { kinds: [kind] }),
      ...(severity === undefined ? {} : { severity }),
      ...(before === undefined ? {} : { before }),
    }),
  );
  return names === undefined ? events : events.map((event) => nameEvent(names, event));
}

/** A short text fits many names. */
const MOST_NAMES = 1000;

/** Where a page ends, as it stands in an address. */
export function placeText({ tsMs, agent, id }: EventPlace): string {
  return `${tsMs}.${agent}.${id}`;
}

const MOST_NUMBER = 2n ** 64n - 1n;
const PLACE = /^(\d{1,14})\.(\d{1,20})\.(\d{1,20})$/;

/** @throws BadRequestError */
export function parsePlace(text: string | undefined): EventPlace | undefined {
  if (text === undefined || text === '') return undefined;
  const found = PLACE.exec(text);
  const [agent, id] = [BigInt(found?.[2] ?? -1), BigInt(found?.[3] ?? -1)];
  if (found !== null && agent <= MOST_NUMBER && id <= MOST_NUMBER) return { tsMs: Number(found[1]), agent, id };
  throw new BadRequestError('before: this is no place among events', { hint: 'take it from `next` of an answer' });
}

export function eventKind(text: string | undefined): EventKind | undefined {
  return EVENT_KINDS.find((kind) => kind === text);
}

/** Names of agents by their ids, as events carry them. */
export function agentNamesById(names: Iterable<string>): ReadonlyMap<bigint, string> {
  return new Map([...names].map((name) => [agentId(name), name]));
}
