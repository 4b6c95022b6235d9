/**
 * Which epoch and number comes next, what each epoch ever used, and why what is gone is gone. Between the buffer
 * and `state.db`.
 *
 * Invariants
 * - A number is written down before a batch bears it, and is never given out again, whatever became of the batch.
 * - Of every epoch remembered, each number from 1 to the highest is held or lost with a reason.
 * - Epochs rise.
 */
import { randomBytes } from 'node:crypto';
import { EMPTY_RANGES, highest, type EpochInventory, type LossReason, type RangeSet } from '@kaiku/protocol';
import type { DayFiles } from './day-files.ts';
import { newEpochReason, nextEpoch } from './epoch.ts';
import { notedEpoch, noteEpoch } from './folder.ts';
import { inventoryOf, unexplained } from './inventory.ts';
import { DAY_MS } from './retention.ts';
import type { StateFile } from './state-file.ts';

/** How long an epoch of which nothing is held is still remembered. */
const REMEMBER_MS = 30 * DAY_MS;

export interface EpochKeeperOptions {
  readonly dir: string;
  readonly state: StateFile;
  readonly days: DayFiles;
  readonly now: () => number;
  readonly onEpoch: (epoch: number, reason: string) => void;
}

export class EpochKeeper {
  readonly #options: EpochKeeperOptions;
  readonly #state: StateFile;
  readonly #days: DayFiles;
  #epoch = 0;
  #nextSeq = 1;
  #instance = '';
  /** state.db refused to note the epoch: to be written before the next batch. */
  #unwritten = false;

  constructor(options: EpochKeeperOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#days = options.days;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  get instance(): string {
    return this.#instance;
  }

  get contested(): boolean {
    return this.isContested(this.#epoch);
  }

  isContested(epoch: number): boolean {
    return this.#state.epochs.known.get(epoch)?.contested === true;
  }

  /** Goes on where state.db and the days say, or begins a new epoch where they leave a doubt. */
  resume(actualIdentity: string, damaged: boolean): void {
    const epoch = this.#state.get('epoch');
    const nextSeq = this.#state.get('next_seq');
    this.#epoch = Number(epoch ?? 0);
    this.#nextSeq = Number(nextSeq ?? 1);
    const reason = newEpochReason({
      epoch: epoch === undefined ? undefined : this.#epoch,
      nextSeq: nextSeq === undefined ? undefined : this.#nextSeq,
      identity: this.#state.get('identity'),
      actualIdentity,
      highestSeq: highest(this.#days.stored().get(this.#epoch) ?? EMPTY_RANGES),
      damaged,
    });
    this.#instance = this.#state.get('instance') ?? '';
    if (this.#instance === '' || epoch === undefined || reason === 'copied') {
      this.#instance = randomBytes(8).toString('hex');
      this.#state.set('instance', this.#instance);
    }
    this.#state.set('identity', actualIdentity);
    this.#recall();
    if (reason !== undefined) {
      this.begin(reason, this.contested, Math.random());
      // Forgotten in a power cut, the instance would come back as a stranger and wait for its own name.
      this.#attempt(() => this.#state.secure());
    }
    this.explain();
  }

  /** Every epoch any record speaks of, with the highest number any of them knows. */
  #recall(): void {
    const { epochs, published, loggers } = this.#state;
    const records = [this.#days.stored(), published, ...[...loggers.values()].map((logger) => logger.epochs)];
    for (const each of records) for (const [epoch, ranges] of each) epochs.note(epoch, highest(ranges));
    if (this.#epoch > 0) epochs.note(this.#epoch, this.#nextSeq - 1);
  }

  /** @param chance 0 up to 1, where another life of this buffer may be choosing an epoch too */
  begin(reason: string, contested = this.contested, chance = 0): void {
    const before = this.#epoch;
    const { known } = this.#state.epochs;
    const newest = Math.max(before, notedEpoch(this.#options.dir), ...known.keys(), ...this.#days.stored().keys());
    this.#epoch = nextEpoch(this.#options.now(), newest, chance);
    const high = this.#nextSeq - 1;
    this.#nextSeq = 1;
    this.#attempt(() => {
      if (before > 0) this.#state.epochs.note(before, high);
    });
    this.#attempt(() => this.#state.epochs.note(this.#epoch, 0, contested));
    this.#attempt(() => {
      this.#write();
      noteEpoch(this.#options.dir, this.#epoch);
    });
    this.explain();
    this.#options.onEpoch(this.#epoch, reason);
  }

  /** Notes that `nextSeq` is about to be used. @throws what state.db throws; the number is unused then */
  use(): void {
    if (this.#unwritten) this.#write();
    this.#state.set('next_seq', String(this.#nextSeq + 1));
  }

  /** The number was used. */
  advance(): void {
    this.#nextSeq += 1;
  }

  /** The number was used up, but no batch bears it. */
  burn(): void {
    const seq = this.#nextSeq;
    this.#nextSeq += 1;
    this.lose('', 'unwritten', new Map([[this.#epoch, [[seq, seq]]]]));
  }

  /** Numbers up to this one were used in an epoch: somebody has such batches. */
  seen(epoch: number, high: number): void {
    if (epoch === this.#epoch) {
      if (high < this.#nextSeq) return;
      this.#nextSeq = high + 1;
      this.begin('rolled back');
    } else if (high > (this.#state.epochs.known.get(epoch)?.high ?? high)) {
      this.#attempt(() => this.#state.epochs.note(epoch, high));
      this.explain();
    }
  }

  lose(day: string, reason: LossReason, epochs: ReadonlyMap<number, RangeSet>): void {
    const atMs = this.#options.now();
    for (const [epoch, ranges] of epochs) {
      this.#attempt(() => this.#state.epochs.lose({ atMs, day, reason, epoch, ranges }));
    }
  }

  /** Gives every number that is neither held nor recorded as lost a reason. */
  explain(): void {
    const stored = this.#days.stored();
    for (const [epoch, { high: noted, lost }] of this.#state.epochs.known) {
      const held = stored.get(epoch) ?? EMPTY_RANGES;
      const high = epoch === this.#epoch ? this.#nextSeq - 1 : noted;
      for (const [from, to] of unexplained({ held, lost, high })) {
        // Version 0.1 deleted what all loggers had without a record.
        const aged = this.#state.epochs.fresh && from === 1 && to < high;
        const reason: LossReason = aged ? 'expired' : from === high ? 'unwritten' : 'damage';
        this.lose('', reason, new Map([[epoch, [[from, to]]]]));
      }
    }
  }

  inventory(): readonly EpochInventory[] {
    const stored = this.#days.stored();
    return [...this.#state.epochs.known]
      .toSorted(([a], [b]) => b - a)
      .flatMap(([epoch, { high, contested, lost }]) =>
        inventoryOf({
          epoch,
          high: epoch === this.#epoch ? this.#nextSeq - 1 : high,
          contested,
          held: stored.get(epoch) ?? EMPTY_RANGES,
          published: this.#state.published.get(epoch) ?? EMPTY_RANGES,
          lost,
        }),
      );
  }

  /** Forgets epochs of which nothing is held; not at once, for loggers that come late. */
  forget(): void {
    const nowMs = this.#options.now();
    const alive = new Set([this.#epoch, ...this.#days.stored().keys()]);
    for (const [epoch, { lastLossMs }] of this.#state.epochs.known) {
      if (nowMs - lastLossMs < REMEMBER_MS) alive.add(epoch);
    }
    this.#state.forgetEpochs(alive);
  }

  #write(): void {
    this.#unwritten = true;
    const { epochs } = this.#state;
    epochs.flush();
    epochs.save(this.#epoch);
    this.#state.set('next_seq', String(this.#nextSeq));
    this.#state.set('epoch', String(this.#epoch));
    this.#unwritten = false;
  }

  /**
   * Memory knows already; a disk that refuses to note it now leaves state.db behind the days, which begins a new
   * epoch at the next start.
   */
  #attempt(write: () => void): void {
    try {
      write();
    } catch {
      this.#unwritten = true;
    }
  }
}
