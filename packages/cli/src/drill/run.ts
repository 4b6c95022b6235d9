/**
 * A drill: parts of a running installation are held for a while, watched meanwhile, given back and
 * awaited. Whatever happens in between, what was taken is given back; should this process be killed, the
 * supervisor gives it back by itself.
 *
 * ```
 *  look before ─▶ hold ─▶ look each second ─▶ release ─▶ ready? ─▶ whole? ─▶ compare ledgers ─▶ result
 * ```
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedInstallation } from '../config/installation-check.ts';
import { askSupervisor, type ControlledPart } from '../supervise/control.ts';
import { author } from '../catalog/installation.ts';
import { holesOf, lackingOf, unionOf, watchFigures, type Look, type StoreLedger } from './figures.ts';
import { Observer } from './observer.ts';
import type { DrillResult, DrillTargets } from './report.ts';

const LOOK_EVERY_MS = 1000;
/** How long recovery is watched at most: beyond the target, to tell how much beyond. */
const RECOVER_FACTOR = 3;
const SETTLE_MS = 3000;
/** The supervisor gives parts back by itself this much after the drill should have. */
const SAFETY_MS = 30_000;
/** A batch or two are on their way at any moment. */
const LIVE_LAG = 3;

export interface DrillRequest {
  readonly checked: CheckedInstallation;
  readonly parts: readonly ControlledPart[];
  readonly taken: readonly ControlledPart[];
  readonly seconds: number;
  readonly targets: DrillTargets;
  readonly say: (text: string) => void;
  /** Ctrl-C: give back at once, then measure recovery all the same. */
  readonly signal: AbortSignal;
}

export async function runDrill(request: DrillRequest): Promise<DrillResult> {
  const observer = new Observer(request.checked);
  try {
    await observer.start();
    // Each part reports every two seconds.
    await sleep(SETTLE_MS);
    return await drill(request, observer);
  } finally {
    await observer.close();
  }
}

async function drill(request: DrillRequest, observer: Observer): Promise<DrillResult> {
  const { checked, taken, parts, seconds, say, signal, targets } = request;
  const startedMs = Date.now();
  await observer.watchAgents(taken.map(({ name }) => name));
  const first = await observer.look();
  const partitions = first.partitionsHeld;
  const ledgersBefore = present(await observer.ledgers());
  const all = unionOf(ledgersBefore);
  const [holesBefore, missingBefore] = [
    holesOf(all),
    Math.max(0, ...ledgersBefore.map((each) => lackingOf(each, all))),
  ];
  say(`taking away ${taken.map(({ name }) => name).join(', ')} for ${seconds} s`);
  const takenMs = Date.now();
  const looks: Look[] = [];
  try {
    await hold(checked, taken, seconds);
    while (Date.now() < takenMs + seconds * 1000 && !signal.aborted) {
      const nextMs = Date.now() + LOOK_EVERY_MS;
      looks.push(await observer.look(taken.map(({ name }) => name)));
      await sleep(Math.max(0, nextMs - Date.now()), undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await release(checked, taken);
  }
  const releasedMs = Date.now();
  say('given back; waiting until everything is whole');
  const recovery = await recover(request, observer, releasedMs);
  const ledgers = await settled(observer, recovery.wholeMs !== null);
  const union = unionOf(ledgers);
  return {
    version: 1,
    installation: checked.installation.installation,
    operator: author(),
    startedMs,
    takenMs,
    releasedMs,
    endedMs: Date.now(),
    interrupted: signal.aborted,
    taken: taken.map(({ role, name }) => ({ role, name })),
    remaining: parts.filter((part) => !taken.includes(part) && !part.held).map(({ role, name }) => ({ role, name })),
    agentsWatched: observer.watchedAgents,
    before: {
      pageMs: Object.values(first.pages).find((ms) => ms !== undefined),
      freshnessMs: first.freshnessMs,
      missing: missingBefore,
    },
    during: watchFigures(looks, partitions),
    ...recovery,
    missing: Object.fromEntries(ledgers.map((each) => [each.store, lackingOf(each, union)])),
    newHoles: Math.max(0, holesOf(union) - holesBefore),
    recordedGaps: await observer.gapsSince(startedMs),
    targets,
  };
}

async function hold(checked: CheckedInstallation, taken: readonly ControlledPart[], seconds: number): Promise<void> {
  const forMs = seconds * 1000 + SAFETY_MS;
  const { dataDir } = checked.installation;
  await Promise.all(taken.map(({ name }) => askSupervisor(dataDir, { command: 'hold', name, hard: true, forMs })));
}

/** All of them are asked for, even when one answers with an error. */
async function release(checked: CheckedInstallation, taken: readonly ControlledPart[]): Promise<void> {
  const { dataDir } = checked.installation;
  const asked = await Promise.allSettled(taken.map(({ name }) => askSupervisor(dataDir, { command: 'release', name })));
  const failed = asked.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

interface Recovery {
  readonly readyMs: Readonly<Record<string, number | null>>;
  readonly wholeMs: number | null;
  readonly unfinished: readonly string[];
}

async function recover(
  { taken, targets, checked }: DrillRequest,
  observer: Observer,
  releasedMs: number,
): Promise<Recovery> {
  const readyMs: Record<string, number | null> = Object.fromEntries(taken.map(({ name }) => [name, null]));
  const untilMs = releasedMs + targets.rtoMs * RECOVER_FACTOR;
  let left: readonly string[] = [];
  while (Date.now() < untilMs) {
    for (const part of taken) {
      if (readyMs[part.name] === null && (await isReady(part, observer, releasedMs)))
        readyMs[part.name] = Date.now() - releasedMs;
    }
    left = [
      ...taken.filter(({ name }) => readyMs[name] === null).map(({ name }) => `${name} is not ready`),
      ...(await unfinished(checked, observer)),
    ];
    if (left.length === 0) return { readyMs, wholeMs: Date.now() - releasedMs, unfinished: [] };
    await sleep(LOOK_EVERY_MS / 2);
  }
  return { readyMs, wholeMs: null, unfinished: left };
}

/** Parts say so themselves; the broker and the demo's simulator do not report: that they answer or run must do. */
async function isReady({ role, name }: ControlledPart, observer: Observer, releasedMs: number): Promise<boolean> {
  if (role === 'broker') return observer.brokerAnswers();
  if (role === 'simulator') return true;
  const report = observer.reportOf(name);
  return report?.ready === true && report.startedMs >= releasedMs - LOOK_EVERY_MS;
}

async function unfinished(checked: CheckedInstallation, observer: Observer): Promise<readonly string[]> {
  const out: string[] = [];
  for (const { role, name } of checked.entries) {
    if (role !== 'logger') continue;
    const figures = observer.reportOf(name)?.figures;
    if (figures === undefined) out.push(`${name} does not report`);
    const over = (figure: string, most: number): void => {
      const value = figures?.[figure] ?? 0;
      if (value > most) out.push(`${name}: ${figure} ${value}`);
    };
    over('lagLive', LIVE_LAG);
    for (const figure of ['lagBacklog', 'lagReplay', 'gapBatches']) over(figure, 0);
  }
  const ledgers = await observer.ledgers();
  if (ledgers.some((each) => each === undefined)) out.push('a store does not answer');
  const there = present(ledgers);
  const union = unionOf(there);
  const agents = checked.entries.length;
  for (const each of there) {
    const lacking = lackingOf(each, union);
    // What was sealed in the last seconds is on its way.
    if (lacking > agents * LIVE_LAG) out.push(`${each.store} lacks ${lacking} batches`);
  }
  return out;
}

/** The stores' ledgers once each has what any of them had a moment ago. */
async function settled(observer: Observer, whole: boolean): Promise<readonly StoreLedger[]> {
  const wanted = unionOf(present(await observer.ledgers()));
  const untilMs = Date.now() + (whole ? SAFETY_MS : 0);
  for (;;) {
    const ledgers = present(await observer.ledgers());
    if (Date.now() >= untilMs || ledgers.every((each) => lackingOf(each, wanted) === 0)) {
      return ledgers.map(({ store, held }) => ({ store, held: upTo(held, wanted) }));
    }
    await sleep(LOOK_EVERY_MS / 2);
  }
}

/** Without what came after `wanted` was read: it is on its way to the others. */
function upTo(held: StoreLedger['held'], wanted: StoreLedger['held']): StoreLedger['held'] {
  const out = new Map<string, StoreLedger['held'] extends ReadonlyMap<string, infer Ranges> ? Ranges : never>();
  for (const [key, ranges] of wanted) {
    const last = ranges.at(-1)?.[1] ?? 0;
    const cut = (held.get(key) ?? []).flatMap(([from, to]) =>
      from > last ? [] : [[from, Math.min(to, last)] as const],
    );
    out.set(key, cut);
  }
  return out;
}

const present = (ledgers: readonly (StoreLedger | undefined)[]): readonly StoreLedger[] =>
  ledgers.filter((each) => each !== undefined);
