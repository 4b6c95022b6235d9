/**
 * Opens the sealed secrets of a plan on its way to the samplers; the plan on the disk stays sealed. Fed by the plan
 * follower.
 *
 * A secret that cannot be opened costs what needs it and nothing else: the check, or all SNMP of the target. The rest of
 * the plan comes into force, `note()` says what is left out. Opening takes about 0.1 ms a secret, each distinct
 * one is opened once, and in between others get their turn: slots are kept meanwhile.
 */
import { isSealed, SealError, unsealText, type Metrics } from '@kaiku/core';
import type { AgentPlan, TargetPlan } from '@kaiku/catalog';

/** Work at a stretch: less than the lateness anybody notices. */
const SLICE_MS = 10;

export interface PlanOpenerOptions {
  readonly agent: string;
  /** This agent's private sealing key, read anew each time; undefined where there is none. */
  readonly privateKey: () => string | undefined;
  readonly metrics: Metrics;
}

export interface PlanOpener {
  /** The plan with its secrets open, without what cannot be opened. Never throws. */
  open(plan: AgentPlan): Promise<AgentPlan>;
  /** What is left out, for the health report; empty when nothing is. */
  note(): string;
}

export function createPlanOpener({ agent, privateKey, metrics }: PlanOpenerOptions): PlanOpener {
  /** What is open of the plan in force: another plan mostly holds the same. */
  let known = new Map<string, string>();
  let unreadable: readonly { readonly entity: string; readonly reason: string }[] = [];

  return {
    open: async (plan) => {
      const key = privateKey();
      const used = new Map<string, string>();
      const failed = new Map<string, string>();
      const opened = (text: string): string => {
        if (!isSealed(text)) return text;
        const plain = used.get(text) ?? known.get(text) ?? unseal(text, agent, key);
        used.set(text, plain);
        return plain;
      };
      const openOnce = once(opened);
      const targets: TargetPlan[] = [];
      let sliceMs = performance.now();
      for (const target of plan.targets) {
        targets.push(openTarget(target, openOnce, (reason) => failed.set(target.entity, reason)));
        if (performance.now() - sliceMs < SLICE_MS) continue;
        await new Promise((done) => setImmediate(done));
        sliceMs = performance.now();
      }
      known = used;
      unreadable = [...failed].map(([entity, reason]) => ({ entity, reason }));
      metrics.set('targetsUnreadable', unreadable.length);
      return { ...plan, targets };
    },
    note: () => {
      const [first] = unreadable;
      if (first === undefined) return '';
      const count = unreadable.length === 1 ? '1 target is' : `${unreadable.length} targets are`;
      return `${count} not observed in full: secrets cannot be opened (${first.entity}: ${first.reason})`;
    },
  };
}

function unseal(text: string, agent: string, key: string | undefined): string {
  if (key !== undefined) return unsealText(text, agent, key);
  throw new SealError('this agent has no sealing key', { reason: 'wrong-key' });
}

type Opened<T> = { readonly value: T } | { readonly reason: string };

/** Checks and accesses that targets share are opened once, and stay shared. */
function once(opened: (text: string) => string): <T extends object>(value: T) => Opened<T> {
  const done = new WeakMap<object, Opened<unknown>>();
  return <T extends object>(value: T): Opened<T> => {
    const before = done.get(value);
    if (before !== undefined) return before as Opened<T>;
    let after: Opened<T>;
    try {
      after = { value: mapTexts(value, opened) };
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      after = { reason: error.message };
    }
    done.set(value, after);
    return after;
  };
}

function openTarget(
  target: TargetPlan,
  open: <T extends object>(value: T) => Opened<T>,
  fail: (reason: string) => void,
): TargetPlan {
  const attempt = <T extends object>(value: T): T | undefined => {
    const opened = open(value);
    if ('value' in opened) return opened.value;
    fail(opened.reason);
    return undefined;
  };
  const { snmp, checks, ...rest } = target;
  const access = snmp === undefined ? undefined : attempt(snmp);
  const wanted = snmp !== undefined && access === undefined ? checks.filter((each) => !isSnmp(each)) : checks;
  const usable = wanted.map((check) => attempt(check));
  const same = usable.length === checks.length && usable.every((each, index) => each === checks[index]);
  return {
    ...rest,
    ...(access === undefined ? {} : { snmp: access }),
    checks: same ? checks : usable.filter((each) => each !== undefined),
  };
}

const isSnmp = ({ check }: { readonly check: string }): boolean => check.startsWith('snmp-');

/** The same value with every text in it replaced; what holds none to replace stays the same object. */
function mapTexts<T>(value: T, map: (text: string) => string): T;
function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((each: unknown) => mapTexts(each, map));
    return items.every((each, index) => each === value[index]) ? value : items;
  }
  const entries = Object.entries(value);
  const mapped = entries.map(([name, each]): [string, unknown] => [name, mapTexts<unknown>(each, map)]);
  return mapped.every(([, each], index) => each === entries[index]?.[1]) ? value : Object.fromEntries(mapped);
}
