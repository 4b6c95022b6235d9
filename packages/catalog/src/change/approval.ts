/** Whether a change needs somebody's approval, by the rules in force before it. Pure. */
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';
import { deviceKinds } from './cost.ts';
import { maybeSamePerson, personOf, type Author, type Person } from './entry.ts';
import type { Operation } from './operations.ts';

/** Why it does; nothing when it does not. `after` is needed for the kinds of devices that are new. */
export function approvalReasons(
  inForce: Catalog | undefined,
  operations: readonly Operation[],
  after: Catalog,
): readonly string[] {
  const rule = inForce?.approval;
  if (inForce === undefined || rule === undefined) return [];
  const { devicesAbove, kinds, criticality, parts } = rule.requiredFor;
  const touched = new Set(operations.flatMap(({ part, id }) => (part === 'devices' && id !== undefined ? [id] : [])));
  const reasons: string[] = [];
  const changed = new Set(operations.map(({ part }) => part));
  if (changed.has('approval')) reasons.push('it changes the rules of approval');
  if (rule.signIn === true && changed.has('users')) reasons.push('it changes users, and they approve');
  for (const part of parts) if (changed.has(part)) reasons.push(`it changes ${part}`);
  if (devicesAbove !== undefined && touched.size > devicesAbove) {
    reasons.push(`it touches ${touched.size} devices, more than ${devicesAbove}`);
  }
  const concerned = [inForce, after].flatMap((catalog): readonly (readonly [string, Device])[] => {
    const kindOf = deviceKinds(catalog);
    return catalog.devices.filter(({ id }) => touched.has(id)).map((device) => [kindOf(device), device] as const);
  });
  for (const kind of kinds) if (concerned.some(([of]) => of === kind)) reasons.push(`it touches a ${kind}`);
  for (const level of criticality) {
    if (concerned.some(([, device]) => device.criticality === level)) {
      reasons.push(`it touches a device of ${level} criticality`);
    }
  }
  return reasons;
}

/** Why this person may not approve; undefined when they may. */
export function approverProblem(
  inForce: Catalog | undefined,
  approver: Author,
  authors: readonly Person[],
): string | undefined {
  const rule = inForce?.approval;
  if (rule === undefined) return undefined;
  const person = personOf(approver);
  if (rule.signIn === true && person.account === undefined) {
    return 'an approver has to sign in as a user of the catalog: --as USER';
  }
  if (rule.approvers.length > 0 && !rule.approvers.includes(person.name)) {
    return `"${person.name}" is none of the approvers: ${rule.approvers.join(', ')}`;
  }
  const author = rule.own ? undefined : authors.find((each) => maybeSamePerson(each, person));
  if (author === undefined) return undefined;
  return author.name === person.name
    ? `"${person.name}" proposed it: somebody else has to approve`
    : `"${author.name}" proposed it, and cannot be told from "${person.name}": they share an account, and both have to sign in (--as USER)`;
}
