/** What devices said by themselves and what agents saw change, as one person may see it. */
import { agentId, EVENT_KINDS, type EventKind } from '@kaiku/protocol';
import type { EventRow } from '@kaiku/store';
import type { Scope } from './directory.ts';
import type { Reader } from './reader.ts';
import type { TimeRange } from './time-range.ts';

export interface EventQuery {
  readonly kind: EventKind | undefined;
  /** This severe or worse, 0 to 7. */
  readonly severity: number | undefined;
  /** Only of this entity. */
  readonly entity: string | undefined;
  readonly text: string;
}

/** Those who do not see everything are shown events of their devices only, none of unknown senders. @throws UnavailableError */
export function readEvents(
  reader: Reader,
  scope: Scope,
  { kind, severity, entity, text }: EventQuery,
  { fromMs, toMs }: Pick<TimeRange, 'fromMs' | 'toMs'>,
  limit: number,
): Promise<readonly EventRow[]> {
  const all = scope.everything ? undefined : scope.devices.map(({ device }) => device.id);
  const entities = entity === undefined ? all : [entity].filter((each) => scope.sees(each));
  return reader.read('events', (store) =>
    store.read.events({
      fromMs,
      toMs,
      limit,
      text,
      ...(entities === undefined ? {} : { entities }),
      ...(kind === undefined ? {} : { kinds: [kind] }),
      ...(severity === undefined ? {} : { severity }),
    }),
  );
}

export function eventKind(text: string | undefined): EventKind | undefined {
  return EVENT_KINDS.find((kind) => kind === text);
}

/** Names of agents by their ids, as events carry them. */
export function agentNamesById(names: Iterable<string>): ReadonlyMap<bigint, string> {
  return new Map([...names].map((name) => [agentId(name), name]));
}
