/** A drill's result, and the page that tells of it. Pure. */
import { duration, utc } from '../terminal/format.ts';
import type { WatchFigures } from './figures.ts';

export interface DrillTargets {
  /** From giving back to whole again. */
  readonly rtoMs: number;
  /** Batches that may be lost. */
  readonly rpoBatches: number;
}

export interface DrillResult {
  readonly installation: string;
  readonly operator: string;
  readonly version: 1;
  readonly startedMs: number;
  readonly takenMs: number;
  readonly releasedMs: number;
  readonly endedMs: number;
  /** Ctrl-C before the time was over. */
  readonly interrupted: boolean;
  readonly taken: readonly { readonly role: string; readonly name: string }[];
  readonly remaining: readonly { readonly role: string; readonly name: string }[];
  readonly agentsWatched: readonly string[];
  readonly before: {
    readonly pageMs: number | undefined;
    readonly freshnessMs: number | undefined;
    readonly missing: number;
  };
  readonly during: WatchFigures;
  /** From release to ready; null: not within the time. */
  readonly readyMs: Readonly<Record<string, number | null>>;
  /** From release until stores are equal, nothing waits and every part is ready; null: not within the time. */
  readonly wholeMs: number | null;
  /** What was still to heal when that ended, in words. */
  readonly unfinished: readonly string[];
  /** Batches of before and during the drill that a store lacks at the end, and holes in all of them beyond those of before. */
  readonly missing: Readonly<Record<string, number>>;
  readonly newHoles: number;
  /** Batches recorded as lost since the drill began. */
  readonly recordedGaps: number;
  readonly targets: DrillTargets;
}

export interface Verdict {
  readonly passed: boolean;
  readonly reasons: readonly string[];
}

export function verdictOf(result: DrillResult): Verdict {
  const { wholeMs, targets, missing, newHoles, recordedGaps } = result;
  const lost = lostOf(result);
  const reasons: string[] = [];
  if (wholeMs === null) reasons.push('the installation did not become whole again in the time');
  else if (wholeMs > targets.rtoMs)
    reasons.push(`whole again after ${duration(wholeMs)}; the target is ${duration(targets.rtoMs)}`);
  if (lost > targets.rpoBatches) {
    const where = Object.entries(missing).map(([store, batches]) => `${store} lacks ${batches}`);
    reasons.push(
      `${lost} batches lost (${[...where, `${newHoles} in no store`, `${recordedGaps} recorded as gaps`].join(', ')}); the target is ${targets.rpoBatches}`,
    );
  }
  return { passed: reasons.length === 0, reasons };
}

/** Lost to at least one store, as far as known. */
const lostOf = ({ missing, newHoles, recordedGaps }: DrillResult): number =>
  Math.max(0, ...Object.values(missing)) + Math.max(newHoles, recordedGaps);

const time = (ms: number | null | undefined): string => (ms === null || ms === undefined ? '-' : duration(ms));

export function drillMarkdown(result: DrillResult): string {
  const { during, taken } = result;
  const { passed, reasons } = verdictOf(result);
  const names = (parts: readonly { readonly name: string }[]): string =>
    parts.map(({ name }) => name).join(', ') || 'none';
  const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `# Drill of ${utc(result.startedMs)}: ${passed ? 'passed' : 'not passed'}`,
    '',
    `${result.installation}; by ${result.operator}. Taken away: **${names(taken)}**; remaining: ${names(result.remaining)}.`,
    `Taken at ${utc(result.takenMs)}, given back at ${utc(result.releasedMs)} (${duration(result.releasedMs - result.takenMs)}${result.interrupted ? ', ended early by the operator' : ''}).`,
    '',
    ...reasons.map((reason) => `- ${reason}`),
    ...(reasons.length === 0 ? [] : ['']),
    '| objective | result | target |',
    '|---|---|---|',
    row(
      'RTO of the service: from giving back until every part is ready, nothing waits, stores are equal',
      time(result.wholeMs),
      duration(result.targets.rtoMs),
    ),
    row('RPO: batches lost to a store', String(lostOf(result)), String(result.targets.rpoBatches)),
    '',
    '## While the parts were away',
    '',
    '| figure | before | during |',
    '|---|---|---|',
    row('page (sign-in), median', time(result.before.pageMs), time(during.pageMedianMs)),
    row('page, slowest', '', time(during.pageWorstMs)),
    row('looks with an answer from a web server', '', `${during.pagesAnswered} of ${during.looks}`),
    row('longest time without any page', '', duration(during.pagesAwayMs)),
    row(
      'age of the newest sample in a store, worst agent and moment',
      time(result.before.freshnessMs),
      time(during.freshnessWorstMs),
    ),
    row('longest time without a store that answers', '', duration(during.storesAwayMs)),
    row('longest time in which a part of the alarms was not evaluated', '', duration(during.unevaluatedMs)),
    '',
    `Looked about once a second, so times are exact to about a second; analyzers tell what they hold every 2 s. Agents watched: ${result.agentsWatched.join(', ') || 'none'}.`,
    '',
    '## After they were given back',
    '',
    '| part | ready after |',
    '|---|---|',
    ...Object.entries(result.readyMs).map(([name, ms]) => row(name, ms === null ? 'not in the time' : duration(ms))),
    '',
    '| store | batches lacking |',
    '|---|---|',
    ...Object.entries(result.missing).map(([name, count]) => row(name, String(count))),
    '',
    `Batches in no store beyond those of before: ${result.newHoles}. Recorded as lost since the drill began: ${result.recordedGaps}. Lacking before: ${result.before.missing}.`,
    ...(result.unfinished.length === 0 ? [] : ['', `Still to heal at the end: ${result.unfinished.join('; ')}.`]),
    '',
    'A part that is taken away falls silent, and its silence is an alarm: those of this time are expected.',
    ...(taken.some(({ role }) => role === 'agent')
      ? [
          'An agent that was taken away measured nothing: its samples of that time do not exist and are no loss in this count.',
        ]
      : []),
    '',
  ].join('\n');
}
