/**
 * Keeps the agent's plan current: from the disk at start, then by asking `kaiku.config.<agent>` each minute, on
 * the `reload` command, and every few seconds while there is none. Feeds the samplers through `onPlan`, with the
 * secrets opened; what is compared and kept on the disk stays sealed.
 *
 * Several loggers answer and one may lag behind: an older revision is believed only when it is all one hears
 * (a broker that was wiped begins again at 1).
 */
import { commandMessageSchema, decode, encode, subjects } from '@kaiku/protocol';
import { repeat, type Broker, type Log, type Metrics, type Part, type Subscription } from '@kaiku/core';
import { PLAN_VERSION, type AgentPlan } from '@kaiku/catalog/plan';
import { loadPlan, parsePlan, planText, savePlan } from './plan-file.ts';
import type { PlanOpener } from './plan-opener.ts';

const ASK_EVERY_MS = 60_000;
const TICK_MS = 2000;
/**
 * How long an answer is waited for: a question may be lost while loggers start, so a short while first; a plan for thousands of
 * devices on a slow line takes longer, so twice as long after each silence. An answer tells how long answers take here.
 */
const FIRST_REQUEST_MS = 2500;
const MOST_REQUEST_MS = 20_000;
/** Times what the last answer took. */
const PATIENCE = 4;
/** Asks after a `reload`: the logger that answers may learn of the change a little later. */
const RELOAD_ASKS = 3;
/** Older answers in a row that are believed. */
const OLDER_ASKS = 3;
const QUESTION = encode({ v: 1, reads: PLAN_VERSION, packed: true });

type Link = Pick<Broker, 'connected' | 'request' | 'subscribe'>;

export interface PlanFollowerOptions {
  readonly agent: string;
  readonly file: string;
  /** Opens what is sealed. */
  readonly opener: Pick<PlanOpener, 'open' | 'note'>;
  readonly onPlan: (plan: AgentPlan) => void;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface PlanFollower extends Part {
  readonly plan: AgentPlan | undefined;
  attach(broker: Link): void;
}

export function createPlanFollower({ agent, file, opener, onPlan, log, metrics }: PlanFollowerOptions): PlanFollower {
  let plan: AgentPlan | undefined;
  let text = '';
  let broker: Link | undefined;
  let subscription: Subscription | undefined;
  let askedMs = -Infinity;
  let asksLeft = 0;
  let older = 0;
  let requestMs = FIRST_REQUEST_MS;

  /** One after the other; of plans that wait only the newest matters. */
  let handing = Promise.resolve();
  let newest: AgentPlan | undefined;
  const hand = async (before: Promise<void>, next: AgentPlan): Promise<void> => {
    await before;
    if (newest !== next) return;
    try {
      const opened = await opener.open(next);
      const trouble = opener.note();
      if (trouble !== '') log.warn({ revision: next.revision }, trouble);
      onPlan(opened);
    } catch (error) {
      log.error({ err: error, revision: next.revision }, 'the plan could not be put in force');
    }
  };
  const handOver = (next: AgentPlan): void => {
    newest = next;
    handing = hand(handing, next);
  };

  const accept = (next: AgentPlan): void => {
    const nextText = planText(next);
    const changed = nextText !== text;
    if (plan !== undefined && next.revision < plan.revision && changed) {
      older += 1;
      if (older < OLDER_ASKS) {
        asksLeft = Math.max(asksLeft, 1);
        return;
      }
    }
    older = 0;
    const known = plan?.revision === next.revision;
    plan = next;
    text = nextText;
    metrics.set('planRevision', next.revision);
    metrics.set('planTargets', next.targets.length);
    if (known && !changed) return;
    try {
      savePlan(file, next);
    } catch (error) {
      log.error(
        { err: error, file },
        'the plan cannot be kept on the disk; without the centre the next start has none',
      );
    }
    if (!changed) return;
    log.info({ revision: next.revision, targets: next.targets.length }, 'new plan');
    handOver(next);
  };

  const ask = async (): Promise<void> => {
    if (broker?.connected !== true) return;
    const due = plan === undefined || asksLeft > 0 || performance.now() - askedMs >= ASK_EVERY_MS;
    if (!due) return;
    askedMs = performance.now();
    asksLeft = Math.max(asksLeft - 1, 0);
    try {
      const answer = await broker.request(subjects.config(agent), QUESTION, requestMs);
      const tookMs = performance.now() - askedMs;
      requestMs = Math.min(Math.max(FIRST_REQUEST_MS, PATIENCE * tookMs), MOST_REQUEST_MS);
      const next = parsePlan(answer, agent);
      if (next === undefined) {
        metrics.add('badPlans');
        log.warn({ bytes: answer.length }, 'an answer that is no plan for this agent was ignored');
      } else accept(next);
    } catch (error) {
      requestMs = Math.min(requestMs * 2, MOST_REQUEST_MS);
      log.debug({ err: error }, 'nobody answers for the plan');
      asksLeft = Math.max(asksLeft, 1);
    }
  };

  const asking = repeat({ name: 'plan', everyMs: TICK_MS, run: ask, log });

  return {
    name: 'plan follower',
    get plan() {
      return plan;
    },
    attach: (link) => {
      broker = link;
      subscription?.stop();
      subscription = link.subscribe(subjects.command(agent), (bytes) => {
        if (decode(commandMessageSchema, bytes)?.command !== 'reload') return;
        asksLeft = RELOAD_ASKS;
        asking.wake();
      });
      askedMs = -Infinity;
      asking.wake();
    },
    start: async () => {
      const { plan: kept, problem } = loadPlan(file, agent);
      if (problem !== '') log.warn({ file }, problem);
      if (kept !== undefined) {
        plan = kept;
        text = planText(kept);
        metrics.set('planRevision', kept.revision);
        metrics.set('planTargets', kept.targets.length);
        log.info({ revision: kept.revision, targets: kept.targets.length }, 'plan from the disk');
        handOver(kept);
        await handing;
      }
      await asking.start();
    },
    stop: async () => {
      subscription?.stop();
      await asking.stop();
      await handing;
    },
  };
}
