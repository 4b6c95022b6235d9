/**
 * The flow of a logger: receive → verify → insert → record → acknowledge, a group of batches at a time.
 *
 * While one group is with the store the next ones are received and verified, and no more: three groups (one of them
 * live) and what the broker was asked for ahead is all that is in memory. A store that does not take its group
 * stops the pulling, which is the back-pressure; the broker keeps what waits. Live batches wait for one group
 * of replay or backlog at most; see receive/intake.ts.
 *
 * Before the first group the store is brought to the present schema and the ledger is read from it,
 * for as long as it takes; the same again when the store turns out to have been emptied. What was
 * in hand then is not acknowledged, so the broker delivers it again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Log, Metrics, Part, StreamKey } from '@kaiku/core';
import { lastToken } from '@kaiku/protocol';
import type { GapRow } from '@kaiku/store';
import type { LoggerStore } from './logger-store.ts';
import { createAcknowledge } from './acknowledge/acknowledge.ts';
import { isCrowded, isEmptied, LoggerStoppingError } from './errors.ts';
import { patiently, type Patience } from './insert/patience.ts';
import { createGroupSizing, type GroupLimits } from './receive/group-size.ts';
import { createIntake, type Group, type Intake, type IntakeSizes } from './receive/intake.ts';
import { commitGroup, type CommitContext } from './record/commit.ts';
import { createLedger, type Ledger } from './record/ledger.ts';
import type { Refiner } from './refine/refiner.ts';
import { createQuarantine, type Quarantine } from './verify/quarantine.ts';
import { openDelivery } from './verify/open-delivery.ts';

export interface PipelineOptions extends GroupLimits {
  readonly name: string;
  readonly broker: Pick<Broker, 'pull' | 'publish' | 'redeliver'>;
  readonly store: LoggerStore;
  readonly refiner: Refiner;
  /** Told of every batch of the replay lane that was dealt with. */
  readonly onReplayed?: (agent: string, bytes: number) => void;
  /** The store takes data again after it did not, or after it was found without tables. */
  readonly onStoreBack?: () => void;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface Pipeline extends Part {
  /** undefined until the store has told what it holds. */
  readonly ledger: () => Ledger | undefined;
  /** Why nothing flows at the moment; empty when all is well. */
  readonly trouble: () => string;
  /** Messages of each lane that are dealt with since start. */
  readonly processed: () => Readonly<Record<StreamKey, number>>;
  /** Writes known gaps: first into the store, then into the ledger. */
  recordGaps(gaps: readonly GapRow[]): Promise<void>;
  readonly quarantine: Quarantine;
}

const BROKER_RETRY_MS = 1000;

export function createPipeline(options: PipelineOptions): Pipeline {
  const { name, broker, store, refiner, metrics, log } = options;
  const abort = new AbortController();
  let ledger: Ledger | undefined;
  let storeTrouble = false;
  let brokerTrouble = false;
  let lastInsertedMs = 0;
  let loop: Promise<void> | undefined;
  const sizing = createGroupSizing(options);
  const sizes = (): IntakeSizes => {
    const bulk = sizing.size();
    return { live: { batches: options.groupBatches, bytes: options.groupBytes, rows: bulk.rows }, bulk };
  };
  const processed: Record<StreamKey, number> = { data: 0, backlog: 0, replay: 0 };

  const patience: Patience = {
    signal: abort.signal,
    log,
    onTrouble: (troubled, error) => {
      storeTrouble = troubled;
      if (!troubled) options.onStoreBack?.();
      else metrics.add('storeTroubles');
      if (isCrowded(error)) sizing.crowded(performance.now());
    },
  };
  const insertionTime = (): number => {
    lastInsertedMs = Math.max(lastInsertedMs + 1, Date.now());
    return lastInsertedMs;
  };
  const quarantine = createQuarantine(store, patience, metrics, log);

  /** What a predecessor had in hand when it died should not wait for the end of the broker's patience. */
  const redeliver = async (): Promise<void> => {
    try {
      for (const lane of ['data', 'backlog', 'replay'] as const) await broker.redeliver(lane, name);
    } catch (error) {
      log.info({ err: error }, 'what was in hand before comes again within a minute');
    }
  };
  const prepare = async (): Promise<Ledger> => {
    const applied = await patiently(patience, 'migrate', () => store.migrate());
    const summaries = await patiently(patience, 'read the ledger', () => store.ledger.summaries());
    const gaps = await patiently(patience, 'read the gaps', () => store.audit.gaps());
    lastInsertedMs = await patiently(patience, 'resume refining', () => refiner.resume());
    const batches = summaries.reduce((sum, summary) => sum + summary.batches, 0);
    await redeliver();
    log.info({ store: store.name, migrations: applied, epochs: summaries.length, batches }, 'ledger read');
    return createLedger(summaries, gaps, ledger?.epochs());
  };

  /** True when the broker delivers. */
  const takeIn = async (intake: Intake, busy: Promise<void> | undefined): Promise<boolean> => {
    try {
      await intake.takeIn(sizes(), busy);
      brokerTrouble = false;
    } catch (error) {
      if (!brokerTrouble) log.warn({ err: error }, 'the broker does not deliver; trying again');
      brokerTrouble = true;
    }
    return !brokerTrouble;
  };
  const commitAll = async (context: CommitContext, { kind, batches, bytes, rows }: Group): Promise<void> => {
    const startedMs = performance.now();
    const flood = kind === 'bulk' && batches.length >= options.groupBatches;
    if (flood) refiner.flood();
    await commitGroup(context, batches);
    if (flood) refiner.flood();
    const endedMs = performance.now();
    const done = { batches: batches.length, bytes, rows, tookMs: endedMs - startedMs };
    if (kind === 'bulk') sizing.learn(done, endedMs);
    log.debug({ kind, ...done }, 'a group is stored');
    metrics.set('groupBatches', sizing.size().batches);
    for (const { lane, first, delivery } of batches) {
      if (first) processed[lane] += 1;
      if (lane === 'replay') options.onReplayed?.(lastToken(delivery.subject), delivery.bytes.length);
    }
  };

  const flow = async (): Promise<void> => {
    const known = await prepare();
    ledger = known;
    const context: CommitContext = {
      store,
      ledger: known,
      patience,
      quarantine,
      acknowledge: createAcknowledge(broker, name),
      onStored: (batches, insertedMs) => {
        for (const { sampled } of batches) {
          if (sampled !== undefined) refiner.mark(sampled.firstMs, sampled.lastMs, insertedMs);
        }
      },
      insertionTime,
      metrics,
      log,
    };
    const intake = createIntake(broker, name, (delivery) =>
      openDelivery(delivery, (agent, epoch, seq, sha256) => known.hash(agent, epoch, seq) === sha256),
    );
    let commit: Promise<void> | undefined;
    let failure: { readonly error: unknown } | undefined;
    while (!abort.signal.aborted) {
      const delivered = await takeIn(intake, commit);
      if (failure !== undefined) throw failure.error;
      const group = commit === undefined ? intake.next(sizes(), performance.now()) : undefined;
      if (group !== undefined) {
        commit = commitAll(context, group)
          .catch((error: unknown) => (failure = { error }))
          .then(() => (commit = undefined));
      } else if (!delivered) await sleep(BROKER_RETRY_MS, undefined, { signal: abort.signal }).catch(() => undefined);
    }
    await commit;
    if (failure !== undefined) throw failure.error;
  };

  return {
    name: 'pipeline',
    ledger: () => ledger,
    trouble: () => {
      if (storeTrouble) return `the store ${store.name} does not take data`;
      if (ledger === undefined) return `waiting for the store ${store.name}`;
      return brokerTrouble ? 'the broker does not deliver' : '';
    },
    processed: () => processed,
    quarantine,
    recordGaps: async (gaps) => {
      const known = ledger;
      await patiently(patience, 'record gaps', () => store.audit.recordGaps(gaps));
      known?.explain(gaps);
    },
    start: () => {
      loop ??= keepFlowing(flow, abort.signal, log);
      return Promise.resolve();
    },
    stop: async () => {
      abort.abort();
      await loop;
    },
  };
}

/** Runs the flow until it is told to stop. A failure nobody foresaw begins it anew from the store's ledger. */
async function keepFlowing(flow: () => Promise<void>, signal: AbortSignal, log: Log): Promise<void> {
  while (!signal.aborted) {
    try {
      await flow();
    } catch (error) {
      if (error instanceof LoggerStoppingError) return;
      if (isEmptied(error))
        log.warn({ err: error }, 'the store has lost its tables; setting it up and reading its ledger anew');
      else log.error({ err: error }, 'the flow broke off; it begins anew');
      await sleep(BROKER_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
