/** Writing about changes into the log: opened, proposed, moved on, commented, each checked against what the log says. */
import { digestOf } from '../change/canonical.ts';
import { approvalReasons, approverProblem } from '../change/approval.ts';
import type { Action, Author } from '../change/entry.ts';
import { applyOperations, identityOf, type CatalogData, type Operation } from '../change/operations.ts';
import { CHANGE_TABLE, eventsOf, type ChangeEvent } from '../change/phases.ts';
import { changesOf, isOpen, type ChangeRecord } from '../change/records.ts';
import { inForceAt } from '../change/state.ts';
import { ChangeError } from '../errors.ts';
import { checkCatalog } from '../load/load-catalog.ts';
import { catalogSchema, type Catalog } from '../model/catalog.ts';
import { appendToLog, readCurrentLog, type CatalogBroker, type Head } from './catalog-log.ts';

/** All changes of the log that is written. @throws BrokerError */
export async function readChanges(broker: CatalogBroker): Promise<readonly ChangeRecord[]> {
  return changesOf(await readCurrentLog(broker));
}

/** @throws ChangeError when there is none, BrokerError */
export async function readChange(broker: CatalogBroker, id: number): Promise<ChangeRecord> {
  const change = (await readChanges(broker)).find((each) => each.id === id);
  if (change !== undefined) return change;
  throw new ChangeError(`there is no change ${id}`, { hint: 'kaiku change list shows them' });
}

/** Answers the number of the new change. @throws BrokerError, ConflictError */
export async function openChange(
  broker: CatalogBroker,
  author: Author,
  { title, need }: { readonly title: string; readonly need: string },
): Promise<number> {
  const { entry } = await appendToLog(broker, author, () => ({ kind: 'opened', title, need }));
  return entry?.seq ?? 0;
}

/** Says what a change would do. @throws ChangeError, BrokerError, ConflictError */
export async function proposeChange(
  broker: CatalogBroker,
  author: Author,
  {
    id,
    operations,
    files,
  }: { readonly id: number; readonly operations: readonly Operation[]; readonly files: readonly string[] },
): Promise<void> {
  await appendToLog(broker, author, async (head, nowMs): Promise<Action> => {
    const change = await readChange(broker, id);
    if (!isOpen(change.state)) {
      throw new ChangeError(`change ${id} is ${change.state}: nothing can be proposed any more`, {
        hint: 'begin another with: kaiku change new',
      });
    }
    const { data } = inForceAt(head.state, nowMs);
    return {
      kind: 'proposed',
      change: id,
      operations: [...operations],
      files: [...files],
      was: digests(data, operations),
    };
  });
}

/** Moves a change on. @throws ChangeError when it cannot, or when this person may not; BrokerError, ConflictError */
export async function moveChange(
  broker: CatalogBroker,
  author: Author,
  { id, event, note }: { readonly id: number; readonly event: Exclude<ChangeEvent, 'apply'>; readonly note: string },
): Promise<void> {
  await appendToLog(broker, author, async (head, nowMs): Promise<Action> => {
    const change = await readChange(broker, id);
    if (CHANGE_TABLE[change.state][event] === null) {
      const can = eventsOf(change.state);
      throw new ChangeError(`change ${id} is in the phase ${change.state}: it cannot ${event}`, {
        hint: can.length === 0 ? 'it has ended' : `it can: ${can.join(', ')}`,
      });
    }
    const { data } = inForceAt(head.state, nowMs);
    const inForce = catalogSchema.safeParse(data).data;
    if (event === 'skip') refuseSkip(change, data);
    const problem = event === 'approve' ? approverProblem(inForce, author, change.authors) : undefined;
    if (problem !== undefined) throw new ChangeError(problem, { hint: 'the catalog’s "approval" says who may' });
    return { kind: 'moved', change: id, event, note };
  });
}

/** @throws ChangeError when there is none, BrokerError, ConflictError */
export async function commentChange(
  broker: CatalogBroker,
  author: Author,
  { id, note }: { readonly id: number; readonly note: string },
): Promise<void> {
  await appendToLog(broker, author, async (): Promise<Action> => {
    await readChange(broker, id);
    return { kind: 'commented', change: id, note };
  });
}

/** Takes a scheduled entry back. @throws ChangeError when it is not scheduled, BrokerError, ConflictError */
export async function cancelScheduled(
  broker: CatalogBroker,
  author: Author,
  { entry, reason }: { readonly entry: number; readonly reason: string },
): Promise<void> {
  await appendToLog(broker, author, (head, nowMs): Action => {
    const { scheduled } = inForceAt(head.state, nowMs);
    if (scheduled.some(({ seq }) => seq === entry)) return { kind: 'cancelled', entry, reason };
    const known = scheduled.map(({ seq }) => seq).join(', ');
    throw new ChangeError(`entry ${entry} of the log is not scheduled`, {
      hint: known === '' ? 'nothing is' : `scheduled are: ${known}`,
    });
  });
}

/** What an approved or small change makes of what is in force now. @throws ChangeError, ConfigError */
export function implementedBy(change: ChangeRecord, { state }: Head, atMs: number): Catalog {
  const { proposal, id } = change;
  if (proposal === undefined) {
    throw new ChangeError(`change ${id} proposes nothing yet`, { hint: `kaiku change propose ${id} FILES...` });
  }
  if (CHANGE_TABLE[change.state].apply === null) {
    throw new ChangeError(`change ${id} is in the phase ${change.state}, not yet in implementation`, {
      hint: `it can: ${eventsOf(change.state).join(', ')}`,
    });
  }
  const { data } = inForceAt(state, atMs);
  const now = digests(data, proposal.operations);
  const other = proposal.operations.map(keyOf).find((key) => now[key] !== proposal.was[key]);
  if (other !== undefined) {
    throw new ChangeError(`${other} is not any more what it was when change ${id} was proposed`, {
      hint: `propose it again: kaiku change propose ${id} FILES...`,
    });
  }
  const after = checkCatalog(applyOperations(data, proposal.operations), `the catalog after change ${id}`);
  // It came here by skipping the approval, and may propose something else since.
  if (change.approvals.length === 0) refuseUnapproved(change, proposal.operations, { inForce: data, after });
  return after;
}

function refuseUnapproved(
  { id }: ChangeRecord,
  operations: readonly Operation[],
  { inForce, after }: { readonly inForce: CatalogData; readonly after: Catalog },
): void {
  const reasons = approvalReasons(catalogSchema.safeParse(inForce).data, operations, after);
  if (reasons.length === 0) return;
  throw new ChangeError(`change ${id} needs approval: ${reasons.join('; ')}`, {
    hint: `kaiku change advance ${id} leads to the phase of approval; past it already: withdraw it and begin another`,
  });
}

function refuseSkip(change: ChangeRecord, data: CatalogData): void {
  const { proposal, id } = change;
  if (proposal === undefined) {
    throw new ChangeError(`change ${id} proposes nothing yet`, { hint: `kaiku change propose ${id} FILES...` });
  }
  const after = checkCatalog(applyOperations(data, proposal.operations), `the catalog after change ${id}`);
  refuseUnapproved(change, proposal.operations, { inForce: data, after });
}

const keyOf = ({ part, id }: Operation): string => (id === undefined ? part : `${part}/${id}`);

/** Of the entries that operations touch, where they are there. */
function digests(data: CatalogData, operations: readonly Operation[]): Readonly<Record<string, string>> {
  const lists = new Map<string, ReadonlyMap<string, unknown>>();
  const entryOf = ({ part, id }: Operation): unknown => {
    const value = data[part];
    if (id === undefined || !Array.isArray(value)) return id === undefined ? value : undefined;
    let list = lists.get(part);
    if (list === undefined) lists.set(part, (list = new Map(value.map((each) => [identityOf(each), each]))));
    return list.get(id);
  };
  return Object.fromEntries(
    operations.flatMap((operation): [string, string][] => {
      const entry = entryOf(operation);
      return entry === undefined ? [] : [[keyOf(operation), digestOf(entry)]];
    }),
  );
}
