/**
 * The looks an audit takes, each at one edge: the store's ledger against the one in memory, an epoch's hours
 * of sealing against its agent, hours of sample time against the tables. What the store is found to lack is
 * doubted, so that gap repair asks for it.
 *
 * Every look takes down what the ledger holds before it asks anybody: whatever arrives meanwhile is no difference.
 */
import type { Broker, Log } from '@kaiku/core';
import {
  addRange,
  auditAnswerSchema,
  countValues,
  decode,
  EMPTY_RANGES,
  encode,
  intersect,
  LIST_BYTES,
  listAnswerSchema,
  subjects,
  subtract,
  type AuditReport,
  type CommandMessage,
  type RangeSet,
} from '@kaiku/protocol';
import type { HourRows } from '@kaiku/store';
import type { LoggerStore } from '../logger-store.ts';
import type { Ledger } from '../record/ledger.ts';
import { toldOf, type Inventories } from '../repair/inventory.ts';
import type { Quarantine } from '../verify/quarantine.ts';
import { compareLists, differingHours } from './compare.ts';
import { createRowDifferences } from './row-differences.ts';
import { DAY_MS, type SampledTask, type SealedTask } from './tasks.ts';
import { HOUR_MS } from '@kaiku/protocol';

const ANSWER_MS = 10_000;
/** Conflicts that were told already. */
const REMEMBERED = 10_000;

export type Findings = {
  -readonly [K in 'sealedHours' | 'sampleHours' | 'differences' | 'doubted' | 'adopted' | 'conflicts']: AuditReport[K];
} & { readonly silent: Set<string> };

export const noFindings = (): Findings => ({
  sealedHours: 0,
  sampleHours: 0,
  differences: 0,
  doubted: 0,
  adopted: 0,
  conflicts: 0,
  silent: new Set(),
});

export interface LookOptions {
  readonly name: string;
  readonly broker: Pick<Broker, 'request'>;
  readonly store: LoggerStore;
  readonly inventories: Inventories;
  readonly quarantine: Quarantine;
  readonly log: Log;
}

export interface Look {
  /** @throws StoreError */
  ledger(ledger: Ledger, findings: Findings): Promise<void>;
  /** @throws StoreError */
  sealed(ledger: Ledger, task: SealedTask, findings: Findings): Promise<void>;
  /** @throws StoreError */
  sampled(ledger: Ledger, task: SampledTask, findings: Findings): Promise<void>;
}

export function createLook({ name, broker, store, inventories, quarantine, log }: LookOptions): Look {
  const differences = createRowDifferences();
  const conflictsTold = new Set<string>();

  const heldNow = (ledger: Ledger, agent: string, epoch: number): RangeSet =>
    ledger.epochs().find((view) => view.agent === agent && view.epoch === epoch)?.ranges ?? EMPTY_RANGES;

  const ask = async (agent: string, command: CommandMessage, findings: Findings): Promise<Uint8Array | undefined> => {
    try {
      return await broker.request(subjects.command(agent), encode(command), ANSWER_MS);
    } catch (error) {
      log.debug({ agent, err: error }, 'an agent does not answer an audit');
      findings.silent.add(agent);
      return undefined;
    }
  };

  const tellConflict = async (agent: string, epoch: number, seq: number, findings: Findings): Promise<boolean> => {
    const key = `${agent} ${epoch} ${seq}`;
    if (conflictsTold.has(key)) return false;
    if (conflictsTold.size >= REMEMBERED) conflictsTold.clear();
    conflictsTold.add(key);
    findings.conflicts += 1;
    await quarantine(
      { agent, epoch, seq, reason: 'audit: the agent holds another hash than the store' },
      new Uint8Array(),
    );
    return true;
  };

  const doubtHour = async (ledger: Ledger, hour: HourRows, findings: Findings): Promise<void> => {
    findings.differences += 1;
    differences.tried(hour);
    const batches = await store.audit.batchesOf(hour.agent, hour.hourMs);
    const instances = inventories.of(hour.agent, performance.now());
    let doubted = 0;
    for (const [epoch, keys] of Map.groupBy(batches, (key) => key.epoch)) {
      const asked = keys.reduce<RangeSet>((sum, { seq }) => addRange(sum, seq), EMPTY_RANGES);
      // What its agent has no more cannot be had again: what the store still has of it is all there is.
      const held = intersect(asked, toldOf(instances, epoch)?.held ?? EMPTY_RANGES);
      doubted += ledger.doubt(hour.agent, epoch, held, true);
    }
    findings.doubted += doubted;
    log.error(
      { ...hour, doubted },
      'the tables hold fewer samples of an hour than were inserted; its batches are asked for again',
    );
  };

  const fewer = (hours: readonly HourRows[]): readonly HourRows[] => hours.filter((hour) => !differences.isKnown(hour));

  return {
    ledger: async (ledger, findings) => {
      const before = ledger.epochs();
      const summaries = await store.ledger.summaries();
      const gaps = await store.audit.gaps();
      const stored = new Map(summaries.map((each) => [`${each.agent} ${each.epoch}`, each.ranges]));
      for (const { agent, epoch, ranges } of before) {
        const lost = subtract(ranges, stored.get(`${agent} ${epoch}`) ?? EMPTY_RANGES);
        if (lost.length === 0) continue;
        const doubted = ledger.doubt(agent, epoch, lost, false);
        findings.doubted += doubted;
        findings.differences += 1;
        log.error(
          { agent, epoch, batches: doubted },
          'the store has lost ledger rows; their batches are asked for again',
        );
      }
      findings.adopted += ledger.adopt(summaries);
      ledger.replaceGaps(gaps);
    },

    sealed: async (ledger, { agent, epoch, fromMs, toMs }, findings) => {
      const thought = heldNow(ledger, agent, epoch);
      if (thought.length === 0) return;
      const bytes = await ask(agent, { v: 1, command: 'audit', logger: name, epoch, fromMs, toMs }, findings);
      const answer = bytes === undefined ? undefined : decode(auditAnswerSchema, bytes);
      if (answer?.epoch !== epoch || answer.hours.length === 0) return;
      const hours = await store.audit.digests(agent, epoch, fromMs, toMs);
      findings.sealedHours += answer.hours.length;
      for (const hourMs of differingHours(answer.hours, hours)) {
        const listed = await ask(agent, { v: 1, command: 'list', logger: name, epoch, hourMs }, findings);
        const list = listed === undefined ? undefined : decode(listAnswerSchema, listed, LIST_BYTES);
        if (list?.epoch !== epoch) continue;
        const { lost, conflicts } = compareLists(list.batches, await store.audit.list(agent, epoch, hourMs), thought);
        const doubted = ledger.doubt(agent, epoch, lost, false);
        findings.doubted += doubted;
        let fresh = 0;
        for (const seq of conflicts) if (await tellConflict(agent, epoch, seq, findings)) fresh += 1;
        if (lost.length === 0 && fresh === 0) continue;
        findings.differences += 1;
        log.error({ agent, epoch, hourMs, lost: countValues(lost), conflicts: fresh }, 'agent and store differ');
      }
    },

    sampled: async (ledger, { fromMs, toMs }, findings) => {
      const end = Math.min(toMs, fromMs + DAY_MS);
      const suspected = fewer(await store.audit.rows(fromMs, end));
      findings.sampleHours += Math.round((end - fromMs) / HOUR_MS);
      for (const hourMs of new Set(suspected.map((hour) => hour.hourMs))) {
        // Rows and ledger are read one after the other: what was written in between looks like a loss.
        const again = fewer(await store.audit.rows(hourMs, hourMs + HOUR_MS));
        for (const hour of again) {
          if (suspected.some((each) => each.agent === hour.agent && each.hourMs === hourMs)) {
            await doubtHour(ledger, hour, findings);
          }
        }
      }
    },
  };
}
