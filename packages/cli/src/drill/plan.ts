/** What a drill takes away, and what is left then. Pure. */
import type { ControlledPart } from '../supervise/control.ts';

/** Of these `--half` takes half, rounded down; agents measure and the broker is one: only by name. */
const HALVED = ['store', 'logger', 'analyzer', 'web'] as const;

const IN_WORDS: Readonly<Record<string, string>> = {
  broker: 'no broker: agents keep what they seal, stores stand still',
  store: 'no store: nothing is written and no page has data',
  logger: 'no logger: nothing is written',
  analyzer: 'no analyzer: no alarm is evaluated',
  web: 'no web server: no page answers',
  agent: 'no agent: nothing is measured, and what is not measured is not made up for later',
};

export interface DrillPlan {
  readonly taken: readonly ControlledPart[];
  /** Names asked for that do not run here. */
  readonly unknown: readonly string[];
  /** Roles of which nothing would remain, in words. */
  readonly nothingLeft: readonly string[];
  /** Parts that were held before. */
  readonly heldBefore: readonly string[];
}

export function planDrill(parts: readonly ControlledPart[], take: readonly string[], half: boolean): DrillPlan {
  const running = parts.filter(({ held, pid }) => !held && pid !== null);
  const names = new Set(half ? halfOf(running) : []);
  for (const name of take) names.add(name);
  const taken = running.filter(({ name }) => names.has(name));
  const roles = [...new Set(taken.map(({ role }) => role))];
  return {
    taken,
    unknown: [...names].filter((name) => !taken.some((part) => part.name === name)),
    nothingLeft: roles
      .filter((role) => running.every((part) => part.role !== role || names.has(part.name)))
      .map((role) => IN_WORDS[role] ?? `no ${role}`),
    heldBefore: parts.filter(({ held }) => held).map(({ name }) => name),
  };
}

/** The last ones of each role, so that a logger goes with its store. */
function halfOf(parts: readonly ControlledPart[]): readonly string[] {
  return HALVED.flatMap((role) => {
    const names = parts.filter((part) => part.role === role).map(({ name }) => name);
    return names.slice(names.length - Math.floor(names.length / 2));
  });
}
