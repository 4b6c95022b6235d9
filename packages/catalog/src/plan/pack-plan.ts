/**
 * A plan as it travels and as it lies on the disk: what many targets share stands once. Ten thousand switches of one
 * template are one list of checks and ten thousand lines, 1 MB instead of 60; unpacked they share the objects, too.
 * Sent to agents that say they read it. Pure.
 *
 * `shared` holds each distinct check and SNMP access (`packing` is the version of this form); a target names them by their places.
 */
import { z } from 'zod';
import { agentPlanSchema, checkPlanSchema, targetPlanSchema, type AgentPlan } from './agent-plan.ts';
import { snmpAccessPlan } from './snmp-plan.ts';

const place = z.number().int().min(0);

const packedPlanSchema = agentPlanSchema.extend({
  v: z.literal(2),
  shared: z.object({ packing: z.literal(1), checks: z.array(checkPlanSchema), snmp: z.array(snmpAccessPlan) }),
  targets: z.array(targetPlanSchema.extend({ checks: z.array(place), snmp: place.optional() })),
});
export type PackedPlan = z.output<typeof packedPlanSchema>;

export function packPlan({ targets, ...plan }: AgentPlan): PackedPlan {
  const checks = new Shelf<AgentPlan['targets'][number]['checks'][number]>();
  const access = new Shelf<NonNullable<AgentPlan['targets'][number]['snmp']>>();
  const packed = targets.map(({ snmp, checks: own, ...target }) => ({
    ...target,
    ...(snmp === undefined ? {} : { snmp: access.placeOf(snmp) }),
    checks: own.map((check) => checks.placeOf(check)),
  }));
  return { ...plan, v: 2, shared: { packing: 1, checks: checks.items, snmp: access.items }, targets: packed };
}

/** undefined when it names what is not there. */
function unpackPlan({ shared, targets, ...plan }: PackedPlan): AgentPlan | undefined {
  const lists = new Map<string, AgentPlan['targets'][number]['checks']>();
  const out: AgentPlan['targets'] = [];
  for (const { snmp, checks, ...target } of targets) {
    const key = checks.join();
    const list = lists.get(key) ?? checks.flatMap((each) => shared.checks[each] ?? []);
    lists.set(key, list);
    const access = snmp === undefined ? undefined : shared.snmp[snmp];
    if (list.length !== checks.length || (snmp !== undefined && access === undefined)) return undefined;
    out.push({ ...target, ...(access === undefined ? {} : { snmp: access }), checks: list });
  }
  return { ...plan, targets: out };
}

/** A plan, packed or not, from JSON; undefined when it is none. */
export function readPlan(json: unknown): AgentPlan | undefined {
  if (typeof json === 'object' && json !== null && 'shared' in json) {
    const packed = packedPlanSchema.safeParse(json);
    return packed.success ? unpackPlan(packed.data) : undefined;
  }
  const plain = agentPlanSchema.safeParse(json);
  return plain.success ? plain.data : undefined;
}

/** Distinct things in the order of their coming, each with its place. */
class Shelf<T extends object> {
  readonly items: T[] = [];
  readonly #byObject = new Map<T, number>();
  readonly #byText = new Map<string, number>();

  placeOf(item: T): number {
    const known = this.#byObject.get(item);
    if (known !== undefined) return known;
    const text = JSON.stringify(item);
    let at = this.#byText.get(text);
    if (at === undefined) {
      at = this.items.push(item) - 1;
      this.#byText.set(text, at);
    }
    this.#byObject.set(item, at);
    return at;
  }
}
