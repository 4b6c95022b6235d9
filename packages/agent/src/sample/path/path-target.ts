/**
 * One path: bursts to all of its points in the same slot, their packets taking turns, and who is to blame put down.
 * Never throws. A slot in which not every burst was measured leaves no row: unobserved.
 */
import { PROBE_STATUS } from '@kaiku/protocol';
import type { PathPlan } from '@kaiku/catalog';
import type { Collector, SeriesRef } from '../collector.ts';
import { burstStats } from '../icmp/burst-stats.ts';
import type { Prober } from '../icmp/prober.ts';
import { TargetAddress } from '../icmp/target-address.ts';
import { blame, type Blame, type PointFigures } from './blame.ts';
import { PointHistory } from './point-history.ts';

interface Point {
  readonly id: string;
  readonly address: TargetAddress;
  readonly history: PointHistory;
  readonly rtt: SeriesRef;
  readonly loss: SeriesRef;
  readonly delay: SeriesRef;
}

interface Measured {
  readonly figures: PointFigures;
  /** Of this burst alone, 0 to 1. */
  readonly loss: number;
  readonly rtt: number | undefined;
  readonly status: number;
}

const NOTICE = 5;
const WARNING = 4;

export class PathTarget {
  readonly #plan: PathPlan;
  readonly #collector: Collector;
  readonly #prober: Prober;
  readonly #points: readonly Point[];
  readonly #rtt: SeriesRef;
  readonly #loss: SeriesRef;
  readonly #blamed: SeriesRef;
  #lastBlame = '';

  constructor(plan: PathPlan, collector: Collector, prober: Prober) {
    const series = (metric: string, instance = ''): SeriesRef =>
      collector.series({ entity: plan.entity, metric, instance }, 'gauge');
    this.#plan = plan;
    this.#collector = collector;
    this.#prober = prober;
    this.#points = plan.points.map(({ entity, address }) => ({
      id: entity,
      address: new TargetAddress(address),
      history: new PointHistory(),
      rtt: series('hopRtt', entity),
      loss: series('hopLoss', entity),
      delay: series('hopDelay', entity),
    }));
    this.#rtt = series('pathRtt');
    this.#loss = series('pathLoss');
    this.#blamed = series('pathBlame');
  }

  async probe(slotMs: number): Promise<void> {
    const measured = await Promise.all(this.#points.map((point, index) => this.#measure(point, index)));
    const all = measured.filter((each) => each !== undefined);
    const last = all.at(-1);
    if (last === undefined || all.length < measured.length) return;
    this.#points.forEach((point, index) => this.#recordPoint(slotMs, point, all[index], all[index - 1]));
    this.#collector.gauge(this.#rtt, slotMs, last.rtt ?? Number.NaN, last.status);
    this.#collector.gauge(this.#loss, slotMs, last.loss, PROBE_STATUS.ok);
    this.#accuse(slotMs, blame(all.map(({ figures }) => figures)));
  }

  /** Undefined: nothing is known, not even that it is silent. */
  async #measure({ address: name, history }: Point, index: number): Promise<Measured | undefined> {
    const address = await name.resolve();
    if (address === undefined) return undefined;
    const { packets, spacingMs, timeoutMs } = this.#plan;
    const afterMs = (index * spacingMs) / this.#points.length;
    const burst = await this.#prober.burst({ address, packets, spacingMs, timeoutMs, afterMs });
    if (burst === undefined) return undefined;
    const { sent, received, loss, rtt } = burstStats(burst.fates, burst.rtts);
    if (sent === 0) return undefined;
    const silent = burst.unreachable ? PROBE_STATUS.unreachable : PROBE_STATUS.timeout;
    return {
      figures: history.add({ sent, received, rtt: rtt?.median }),
      loss,
      rtt: rtt?.median,
      status: rtt === undefined ? silent : PROBE_STATUS.ok,
    };
  }

  #recordPoint(slotMs: number, point: Point, here: Measured | undefined, before: Measured | undefined): void {
    if (here === undefined) return;
    this.#collector.gauge(point.rtt, slotMs, here.rtt ?? Number.NaN, here.status);
    this.#collector.gauge(point.loss, slotMs, here.loss, PROBE_STATUS.ok);
    // A router that is slow to answer itself can make this less than nothing: it is not, but it is not known either.
    const added =
      here.rtt === undefined ? undefined : here.rtt - (before === undefined ? 0 : (before.rtt ?? Number.NaN));
    if (added !== undefined && !Number.isNaN(added)) {
      this.#collector.gauge(point.delay, slotMs, Math.max(0, Math.round(added * 1000) / 1000), PROBE_STATUS.ok);
    }
  }

  #accuse(slotMs: number, found: Blame | undefined): void {
    const point = found === undefined ? '' : (this.#points[found.point - 1]?.id ?? '');
    this.#collector.gauge(this.#blamed, slotMs, found?.point ?? 0, PROBE_STATUS.ok);
    this.#collector.fact(this.#plan.entity, 'pathBlame', '', slotMs, point);
    const key = found === undefined ? '' : `${point} ${found.cause}`;
    if (key === this.#lastBlame) return;
    const before = this.#lastBlame;
    this.#lastBlame = key;
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

function sentence(found: Blame | undefined, point: string, before: string): string {
  if (found === undefined) return `No point is to blame any more; it was ${before.split(' ')[0] ?? ''}`;
  const much =
    found.cause === 'loss'
      ? `${Math.round(100 * found.amount)} % lost`
      : `${Math.round(found.amount)} ms more than usual`;
  return `${point} is to blame: ${much} from there on`;
}
