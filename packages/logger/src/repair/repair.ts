/**
 * Gap repair at its edges: hears inventories, watches how far the lanes have come, lets the planner decide
 * and does what it says: `replay` and `inventory` commands to agents, gap rows to the store. Whatever is lost
 * on the way is planned again.
 */
import { repeat, type Broker, type Log, type Metrics, type Part, type StreamKey, type Subscription } from '@kaiku/core';
import { decode, encode, inventoryMessageSchema, lastToken, subjects } from '@kaiku/protocol';
import type { Ledger } from '../record/ledger.ts';
import type { Pipeline } from '../pipeline.ts';
import { createGapPlanner, type GapPlanner } from './gaps.ts';
import { createInventories, type Inventories } from './inventory.ts';
import type { Transport } from './transport.ts';

const EVERY_MS = 1000;
/** Largest inventory that is read. */
const INVENTORY_BYTES = 1024 * 1024;

export interface RepairOptions {
  readonly name: string;
  readonly settleMs: number;
  readonly broker: Pick<Broker, 'publish' | 'subscribe' | 'consumerLag' | 'connected'>;
  readonly pipeline: Pick<Pipeline, 'ledger' | 'processed' | 'recordGaps' | 'trouble'>;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface Repair extends Part {
  readonly inventories: Inventories;
  /** Batches that are missing and to be had, as last planned. */
  readonly waiting: () => number;
  /** A batch of the replay lane was dealt with. */
  arrived(agent: string, bytes: number): void;
}

/** Tells a lane's lag in batches: as many a message as there were of late. */
function createBundled(): (lane: Transport['replay'], batches: number) => Transport['replay'] {
  let seen = { messages: 0, batches: 0 };
  let each = 1;
  return ({ processed, lag }, batches) => {
    if (processed > seen.messages) {
      each = Math.max(1, (batches - seen.batches) / (processed - seen.messages));
      seen = { messages: processed, batches };
    }
    return { processed, lag: lag * each };
  };
}

export function createRepair({ name, settleMs, broker, pipeline, metrics, log }: RepairOptions): Repair {
  const inventories = createInventories();
  let planner: GapPlanner | undefined;
  let planned: Ledger | undefined;
  let waiting = 0;
  /** Batches of the replay lane dealt with since start. */
  let arrivals = 0;
  let hearing: Subscription | undefined;
  const bundled = createBundled();
  for (const figure of ['repairedBatches', 'recordedGaps', 'badInventories']) metrics.add(figure, 0);

  const ask = (agent: string): void => broker.publish(subjects.command(agent), encode({ v: 1, command: 'inventory' }));
  const lane = async (key: StreamKey): Promise<Transport['data']> => {
    // Read before the lag: a message dealt with in between only makes the horizon later.
    const lag = (await broker.consumerLag(key, name)) ?? 0;
    return { processed: pipeline.processed()[key], lag };
  };
  /** A ledger read anew begins anew: nothing of the old gaps holds. */
  const plannerFor = (ledger: Ledger): GapPlanner => {
    if (planner !== undefined && planned === ledger) return planner;
    planned = ledger;
    planner = createGapPlanner(settleMs);
    for (const agent of new Set(ledger.epochs().map((view) => view.agent))) ask(agent);
    return planner;
  };

  const run = async (): Promise<void> => {
    const ledger = pipeline.ledger();
    if (ledger === undefined || !broker.connected || pipeline.trouble() !== '') return;
    const current = plannerFor(ledger);
    let transport: Transport;
    try {
      transport = {
        data: await lane('data'),
        backlog: await lane('backlog'),
        replay: bundled(await lane('replay'), arrivals),
        atMs: performance.now(),
      };
    } catch (error) {
      log.debug({ err: error }, 'the broker does not tell how far the lanes are; gaps wait');
      return;
    }
    metrics.set('lagReplay', transport.replay.lag);
    const plan = current.plan(ledger.epochs(), inventories, transport);
    metrics.set('gapBatches', plan.open);
    metrics.set('replayWaiting', plan.waiting);
    waiting = plan.waiting;
    if (plan.losses.length > 0) {
      const atMs = Date.now();
      await pipeline.recordGaps(plan.losses.map((loss) => ({ ...loss, atMs })));
      metrics.add('recordedGaps', plan.losses.length);
      log.warn(
        { gaps: plan.losses.length, first: plan.losses[0] },
        'batches that will never come are recorded as gaps',
      );
    }
    for (const { agent, wanted } of plan.requests) {
      log.debug({ agent, epochs: wanted.size }, 'asking for what is missing');
      const list = [...wanted].map(([epoch, ranges]) => ({
        epoch,
        ranges: ranges.map(([from, to]): [number, number] => [from, to]),
      }));
      broker.publish(
        subjects.command(agent),
        encode({ v: 1, command: 'replay', logger: name, wanted: list, bundles: true }),
      );
    }
    for (const agent of plan.inventories) ask(agent);
  };
  const part = repeat({ name: 'repair', everyMs: EVERY_MS, log, run });

  return {
    name: 'repair',
    inventories,
    waiting: () => waiting,
    arrived: (agent, bytes) => {
      arrivals += 1;
      planner?.arrived(agent, bytes, performance.now());
    },
    start: async () => {
      hearing ??= broker.subscribe(subjects.inventoryAll, (bytes, subject) => {
        const message = decode(inventoryMessageSchema, bytes, INVENTORY_BYTES);
        if (message === undefined || message.agent !== lastToken(subject)) {
          metrics.add('badInventories');
          return;
        }
        inventories.add(message, performance.now());
      });
      await part.start();
    },
    stop: async () => {
      hearing?.stop();
      hearing = undefined;
      await part.stop();
    },
  };
}
