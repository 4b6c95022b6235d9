/**
 * One path: bursts to all of its points in the same slot, their packets taking turns, and who is to blame put down.
 * Never throws. A point that was not measured leaves no row, and where it is the last one nothing is said of the path.
 *
 * What is usual is learnt from slots in which nobody is to blame, so a fault that stays does not become usual within the hour. One that
 * stays for a day is how the path is now: it is learnt anew.
 */
import { PROBE_STATUS } from '@kaiku/protocol';
import { z } from 'zod';
import type { PathPlan } from '@kaiku/catalog';
import type { Collector, SeriesRef } from '../collector.ts';
import { burstStats, fittingTimeoutMs } from '../icmp/burst-stats.ts';
import type { Prober } from '../icmp/prober.ts';
import { TargetAddress } from '../icmp/target-address.ts';
import { blame, type Blame, type PointFigures } from './blame.ts';
import { LOSS_BURSTS, MOST_LOSS_BURSTS, PointHistory, type PointBurst } from './point-history.ts';

interface Point {
  readonly id: string;
  readonly address: TargetAddress;
  readonly history: PointHistory;
  readonly rtt: SeriesRef;
  readonly loss: SeriesRef;
  readonly delay: SeriesRef;
}

interface Measured {
  readonly burst: PointBurst;
  /** Of this burst alone, 0 to 1. */
  readonly loss: number;
  readonly rtt: number | undefined;
  readonly status: number;
}

const numbers = z.array(z.number()).readonly();

/** What is kept of a path over a restart. */
export const pathMemorySchema = z.object({
  /** Another plan is another path. */
  key: z.string(),
  blamed: z.string(),
  blamedSinceMs: z.number(),
  points: z.array(z.object({ rtts: numbers, losses: numbers })).readonly(),
});
export type PathMemory = z.output<typeof pathMemorySchema>;

const LEARN_ANEW_MS = 24 * 3_600_000;
const NOTICE = 5;
const WARNING = 4;

const UNOBSERVED: PointFigures = { loss: undefined, lost: 0, usualLoss: 0, rtt: undefined, usualRtt: undefined };

export interface PathParts {
  readonly collector: Collector;
  readonly prober: Prober;
  /** What was known of a path before the start; undefined: nothing. */
  readonly recall?: (entity: string) => PathMemory | undefined;
}

/** Equal for plans under which what is usual stays so. */
export const pathKey = (plan: PathPlan): string => JSON.stringify({ ...plan, everyMs: 0 });

export class PathTarget {
  readonly #plan: PathPlan;
  readonly #collector: Collector;
  readonly #prober: Prober;
  readonly #points: readonly Point[];
  readonly #rtt: SeriesRef;
  readonly #loss: SeriesRef;
  readonly #blame: SeriesRef;
  readonly #key: string;
  /** Bursts that tell whose the loss is. */
  #lossyBursts = LOSS_BURSTS;
  /** Point and cause; empty: nobody. */
  #blamed: string;
  #blamedSinceMs: number;

  constructor(plan: PathPlan, { collector, prober, recall }: PathParts) {
    const key = pathKey(plan);
    const before = recall?.(plan.entity);
    const known = before?.key === key ? before : undefined;
    const series = (metric: string, instance = ''): SeriesRef =>
      collector.series({ entity: plan.entity, metric, instance }, 'gauge');
    this.#plan = plan;
    this.#collector = collector;
    this.#prober = prober;
    this.#key = key;
    this.#blamed = known?.blamed ?? '';
    this.#blamedSinceMs = known?.blamedSinceMs ?? 0;
    this.#points = plan.points.map(({ entity, address }, index) => ({
      id: entity,
      address: new TargetAddress(address),
      history: new PointHistory(known?.points[index]),
      rtt: series('hopRtt', entity),
      loss: series('hopLoss', entity),
      delay: series('hopDelay', entity),
    }));
    this.#rtt = series('pathRtt');
    this.#loss = series('pathLoss');
    this.#blame = series('pathBlame');
  }

  get memory(): PathMemory {
    const points = this.#points.map(({ history }) => history.memory);
    return { key: this.#key, blamed: this.#blamed, blamedSinceMs: this.#blamedSinceMs, points };
  }

  async probe(slotMs: number): Promise<void> {
    const measured = await Promise.all(this.#points.map((point, index) => this.#measure(point, index)));
    this.#points.forEach((point, index) =>
      this.#recordPoint(slotMs, point, measured[index], index === 0 ? 0 : measured[index - 1]?.rtt),
    );
    const last = measured.at(-1);
    if (last === undefined) return;
    this.#collector.gauge(this.#rtt, slotMs, last.rtt ?? Number.NaN, last.status);
    this.#collector.gauge(this.#loss, slotMs, last.loss, PROBE_STATUS.ok);
    const found = this.#judge(measured);
    this.#accuse(slotMs, found);
    const { lost } = this.#figures(measured, LOSS_BURSTS).at(-1) ?? UNOBSERVED;
    this.#learn(slotMs, measured, found !== undefined || lost > 0);
  }

  #judge(measured: readonly (Measured | undefined)[]): Blame | undefined {
    const figures = this.#figures(measured, LOSS_BURSTS);
    const found = blame(figures);
    // A little loss that lasts falls short now and then: it is over when nothing is lost.
    const lasts = this.#lossyBursts > LOSS_BURSTS && (figures.at(-1)?.lost ?? 0) > 0;
    if (found?.cause !== 'loss' && !lasts) {
      this.#lossyBursts = LOSS_BURSTS;
      return found;
    }
    const better = blame(this.#figures(measured, this.#lossyBursts));
    this.#lossyBursts = Math.min(this.#lossyBursts + 1, MOST_LOSS_BURSTS);
    return better?.cause === 'loss' ? better : found;
  }

  #figures(measured: readonly (Measured | undefined)[], bursts: number): readonly PointFigures[] {
    return this.#points.map(({ history }, at) => (measured[at] === undefined ? UNOBSERVED : history.figures(bursts)));
  }

  #learn(slotMs: number, measured: readonly (Measured | undefined)[], unusual: boolean): void {
    const anew = this.#blamed !== '' && slotMs - this.#blamedSinceMs >= LEARN_ANEW_MS;
    if (anew) {
      for (const { history } of this.#points) history.forget();
      this.#blamedSinceMs = slotMs;
    }
    if (unusual && !anew) return;
    this.#points.forEach(({ history }, index) => {
      const burst = measured[index]?.burst;
      if (burst !== undefined) history.learn(burst);
    });
  }

  /** Undefined: nothing is known, not even that it is silent. */
  async #measure({ address: name, history }: Point, index: number): Promise<Measured | undefined> {
    const address = await name.resolve();
    if (address === undefined) return undefined;
    const { packets, spacingMs } = this.#plan;
    const timeoutMs = fittingTimeoutMs(this.#plan);
    const afterMs = (index * spacingMs) / this.#points.length;
    const burst = await this.#prober.burst({ address, packets, spacingMs, timeoutMs, afterMs });
    if (burst === undefined) return undefined;
    const { sent, received, loss, rtt } = burstStats(burst.fates, burst.rtts);
    if (sent === 0) {
      if (burst.refusal !== null) name.refused();
      return undefined;
    }
    const silent = burst.unreachable ? PROBE_STATUS.unreachable : PROBE_STATUS.timeout;
    const own = { sent, received, rtt: rtt?.median };
    history.add(own);
    return {
      burst: own,
      loss,
      rtt: rtt?.median,
      status: rtt === undefined ? silent : PROBE_STATUS.ok,
    };
  }

  /** @param before round trip to the point before, ms; undefined where it is not known */
  #recordPoint(slotMs: number, point: Point, here: Measured | undefined, before: number | undefined): void {
    if (here === undefined) return;
    this.#collector.gauge(point.rtt, slotMs, here.rtt ?? Number.NaN, here.status);
    this.#collector.gauge(point.loss, slotMs, here.loss, PROBE_STATUS.ok);
    if (here.rtt === undefined || before === undefined) return;
    // A router that is slow to answer itself can make this less than nothing: it is not, but it is not known either.
    const added = Math.max(0, here.rtt - before);
    this.#collector.gauge(point.delay, slotMs, Math.round(added * 1000) / 1000, PROBE_STATUS.ok);
  }

  #accuse(slotMs: number, found: Blame | undefined): void {
    const point = found === undefined ? '' : (this.#points[found.point - 1]?.id ?? '');
    this.#collector.gauge(this.#blame, slotMs, found?.point ?? 0, PROBE_STATUS.ok);
    const key = found === undefined ? '' : `${point} ${found.cause}`;
    const before = this.#blamed;
    const fact = (tsMs: number, value: string): void =>
      this.#collector.fact(this.#plan.entity, 'pathBlame', '', tsMs, value);
    // Blamed in a life before, it is not blamed any more only if that is known.
    if (before !== '' && key !== before) fact(slotMs - 1, factOf(before));
    fact(slotMs, factOf(key));
    if (key === before) return;
    this.#blamed = key;
    // From one point to the next it is the same fault, seen better.
    if (before === '') this.#blamedSinceMs = slotMs;
    this.#collector.event({
      tsMs: slotMs,
      entity: this.#plan.entity,
      source: '',
      kind: 'change',
      name: 'pathBlame',
      severity: found === undefined ? NOTICE : WARNING,
      message: sentence(found, point, before),
      fields:
        found === undefined
          ? {}
          : { point, cause: found.cause, amount: String(found.amount), number: String(found.point) },
      raw: new Uint8Array(0),
    });
  }
}

/** `router-1 (loss)`. */
const factOf = (blamed: string): string => blamed.replace(' ', ' (').replace(/.$/, '$&)');
const pointOf = (blamed: string): string => blamed.split(' ')[0] ?? '';

function sentence(found: Blame | undefined, point: string, before: string): string {
  if (found === undefined) return `No point is to blame any more; it was ${pointOf(before)}`;
  const much =
    found.cause === 'loss'
      ? `${Math.round(100 * found.amount)} % lost`
      : `${Math.round(found.amount)} ms more than usual`;
  return `${point} is to blame: ${much} from there on`;
}
