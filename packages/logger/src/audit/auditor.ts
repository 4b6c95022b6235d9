/**
 * When the audit looks, and how much of the time it may take.
 *
 * - The store's ledger against memory: every `recentEveryMs`, when the store is back after trouble, and at once
 *   when the ledger is found empty.
 * - The last closed hours: every `recentEveryMs`. Everything agents hold: every `fullEveryMs`, from a while
 *   after the start (nobody knows how the predecessor ended), a day at a time, newest first, resting after each
 *   look for a multiple of its duration, and not while much is being refilled.
 * - All of it at once: by the command `audit` on `kaiku.do.<logger>`, answered with a report.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, repeat, type Broker, type Log, type Metrics, type Part, type Subscription } from '@kaiku/core';
import { decode, encode, loggerCommandSchema, subjects } from '@kaiku/protocol';
import type { LoggerStore } from '../logger-store.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Ledger } from '../record/ledger.ts';
import type { Repair } from '../repair/repair.ts';
import { createLook, noFindings, type Findings } from './look.ts';
import { fullTasks, recentTasks, type Target, type Task } from './tasks.ts';

const LOOK_EVERY_MS = 1000;
/** A store that was emptied and was back before anybody missed it. */
const EMPTY_EVERY_MS = 10_000;
const FIRST_FULL_MS = 60_000;
/** A look in the background is followed by this many times its duration of rest. */
const REST_TIMES = 4;
const LONGEST_REST_MS = 30_000;
/** With more batches to be had than this the store has better things to do than to count. */
const REFILLING = 1000;

export interface AuditTimes {
  readonly recentEveryMs: number;
  readonly fullEveryMs: number;
}

export interface AuditorOptions {
  readonly name: string;
  readonly times: AuditTimes;
  readonly settleMs: number;
  readonly broker: Pick<Broker, 'request' | 'subscribe' | 'connected'>;
  readonly store: LoggerStore;
  readonly pipeline: Pick<Pipeline, 'ledger' | 'trouble' | 'quarantine'>;
  readonly repair: Pick<Repair, 'inventories' | 'waiting'>;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface Auditor extends Part {
  /** The store may have lost something: look at its ledger soon. */
  suspect(): void;
}

export function createAuditor(options: AuditorOptions): Auditor {
  const { name, times, settleMs, broker, store, pipeline, repair, metrics, log } = options;
  const look = createLook({
    name,
    broker,
    store,
    inventories: repair.inventories,
    quarantine: pipeline.quarantine,
    log,
  });
  const startedMs = performance.now();
  let ledgerDueMs = startedMs + times.recentEveryMs;
  let emptyDueMs = startedMs + EMPTY_EVERY_MS;
  let recentDueMs = startedMs + times.recentEveryMs;
  let fullDueMs = startedMs + Math.min(FIRST_FULL_MS, times.fullEveryMs);
  let recentDoneMs = startedMs;
  let restUntilMs = 0;
  let backlog: Task[] = [];
  let commands: ((bytes: Uint8Array) => void)[] = [];
  let hearing: Subscription | undefined;
  for (const figure of ['auditDifferences', 'conflicts', 'doubtedBatches', 'adoptedBatches']) metrics.add(figure, 0);

  /** Epochs of agents that are there to answer. */
  const targets = (ledger: Ledger): readonly Target[] =>
    ledger.epochs().filter(({ agent, ranges }) => {
      return ranges.length > 0 && repair.inventories.of(agent, performance.now()).length > 0;
    });
  const count = (findings: Findings): void => {
    metrics.add('auditDifferences', findings.differences);
    metrics.add('conflicts', findings.conflicts);
    metrics.add('doubtedBatches', findings.doubted);
    metrics.add('adoptedBatches', findings.adopted);
  };
  const take = async (ledger: Ledger, task: Task, findings: Findings): Promise<void> => {
    if (task.kind === 'sealed') await look.sealed(ledger, task, findings);
    else await look.sampled(ledger, task, findings);
  };
  const guarded = async (ledger: Ledger, run: (findings: Findings) => Promise<void>): Promise<void> => {
    const findings = noFindings();
    try {
      await run(findings);
    } finally {
      // A ledger that was replaced meanwhile was read from the store just now.
      if (pipeline.ledger() === ledger) count(findings);
    }
  };

  const everything = async (ledger: Ledger, signal: AbortSignal): Promise<void> => {
    const replies = commands;
    commands = [];
    const beganMs = performance.now();
    const findings = noFindings();
    await look.ledger(ledger, findings);
    const range = await store.audit.sealedRange();
    for (const task of fullTasks(targets(ledger), range, Date.now(), settleMs)) {
      if (signal.aborted) return;
      if (task.kind === 'sealed' && findings.silent.has(task.agent)) continue;
      await take(ledger, task, findings);
    }
    count(findings);
    const tookMs = Math.round(performance.now() - beganMs);
    const { silent, ...figures } = findings;
    log.info({ tookMs, ...figures, silent: silent.size }, 'audit done');
    const report = encode({ v: 1, logger: name, tookMs, ...figures, silent: [...silent] });
    for (const reply of replies) reply(report);
    recentDoneMs = performance.now();
  };

  const background = async (ledger: Ledger, signal: AbortSignal): Promise<void> => {
    if (performance.now() >= fullDueMs) {
      fullDueMs = performance.now() + times.fullEveryMs;
      backlog = [...fullTasks(targets(ledger), await store.audit.sealedRange(), Date.now(), settleMs)];
    }
    if (backlog.length === 0 || performance.now() < restUntilMs || repair.waiting() > REFILLING) return;
    const task = backlog.shift();
    if (task === undefined || signal.aborted) return;
    const beganMs = performance.now();
    await guarded(ledger, (findings) => take(ledger, task, findings));
    const nowMs = performance.now();
    // The rest of one task is short: many small ones go within a turn.
    restUntilMs = nowMs + Math.min(LONGEST_REST_MS, (nowMs - beganMs) * REST_TIMES);
  };

  const turn = async (signal: AbortSignal): Promise<void> => {
    const ledger = pipeline.ledger();
    metrics.set('auditAgeMs', performance.now() - recentDoneMs);
    if (ledger === undefined || pipeline.trouble() !== '' || !broker.connected) return;
    if (commands.length > 0) await everything(ledger, signal);
    if (performance.now() >= emptyDueMs) {
      emptyDueMs = performance.now() + EMPTY_EVERY_MS;
      const holds = ledger.epochs().some(({ ranges }) => ranges.length > 0);
      if (holds && (await store.audit.sealedRange()) === undefined) ledgerDueMs = 0;
    }
    if (performance.now() >= ledgerDueMs) {
      ledgerDueMs = performance.now() + times.recentEveryMs;
      await guarded(ledger, (findings) => look.ledger(ledger, findings));
    }
    if (performance.now() >= recentDueMs) {
      recentDueMs = performance.now() + times.recentEveryMs;
      await guarded(ledger, async (findings) => {
        for (const task of recentTasks(targets(ledger), Date.now(), settleMs)) {
          if (!signal.aborted) await take(ledger, task, findings);
        }
      });
      recentDoneMs = performance.now();
    }
    await background(ledger, signal);
  };
  let troubled = false;
  const part = repeat({
    name: 'audit',
    everyMs: Math.min(LOOK_EVERY_MS, times.recentEveryMs),
    log,
    run: async (signal) => {
      try {
        await turn(signal);
        troubled = false;
      } catch (error) {
        if (!troubled) log.warn({ why: describeError(error) }, 'the audit waits for the store');
        troubled = true;
        await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      }
    },
  });

  return {
    name: 'audit',
    suspect: () => {
      ledgerDueMs = 0;
    },
    start: async () => {
      hearing ??= broker.subscribe(subjects.loggerCommand(name), (bytes, _, reply) => {
        const command = decode(loggerCommandSchema, bytes);
        if (command === undefined) return;
        commands.push(reply ?? (() => undefined));
        part.wake();
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
