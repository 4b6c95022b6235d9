/**
 * Answers agents that ask whether they may speak under their name, by compare-and-swap in a bucket: of two
 * instances one wins, whichever logger each of them asked. Without the bucket there is no answer, and an
 * agent without an answer goes on as before.
 */
import {
  ConflictError,
  type Broker,
  type Bucket,
  type Log,
  type Metrics,
  type Part,
  type Subscription,
} from '@kaiku/core';
import { BUCKETS, claimRequestSchema, decode, encode, lastToken, subjects, type ClaimRequest } from '@kaiku/protocol';
import { z } from 'zod';
import { decideClaim, FREE_AFTER_MS, type Claim } from './decide.ts';

const QUEUE_GROUP = 'claim';
/** Another logger may write between reading and writing: then it is decided again. */
const TRIES = 4;
const AGENTS = 10_000;
/** Answers under way at a time; who is not answered asks again. */
const AT_A_TIME = 100;
/** A refusal by a living holder counts as long as the refused one would have asked again. */
const DUPLICATE_MS = 60_000;
const NAMED = 5;

const claimSchema = z.object({ instance: z.string(), sinceMs: z.number(), atMs: z.number() });
const encoder = new TextEncoder();

export interface Claims extends Part {
  /** Names under which more than one instance lives; empty when there is none. */
  readonly note: () => string;
}

/**
 * What the holder's claim looked like when an instance was first refused. Until it is renewed the holder may be that instance's
 * own former self: an agent whose buffer was replaced waits for half a minute, and there is nobody else.
 */
interface Refusal {
  readonly holder: string;
  readonly renewedMs: number;
  readonly askedMs: number;
}

export function createClaims(
  broker: Pick<Broker, 'bucket' | 'subscribe' | 'connected'>,
  metrics: Metrics,
  log: Log,
  now: () => number = Date.now,
): Claims {
  let bucket: Promise<Bucket> | undefined;
  let answering: Subscription | undefined;
  let underWay = 0;
  /** The entry as last seen, and since when it is so. */
  const seen = new Map<string, { readonly text: string; readonly sinceMs: number }>();
  /** Agents with a refused instance whose holder lives, and when it asked last. */
  const refused = new Map<string, number>();
  const firstRefusals = new Map<string, Refusal>();
  metrics.set('duplicateAgents', 0);

  const open = async (): Promise<Bucket> => {
    bucket ??= broker.bucket(BUCKETS.claim);
    try {
      return await bucket;
    } catch (error) {
      bucket = undefined;
      throw error;
    }
  };
  const unchangedMs = (agent: string, text: string): number => {
    const nowMs = performance.now();
    const before = seen.get(agent);
    if (before?.text === text) return nowMs - before.sinceMs;
    seen.delete(agent);
    seen.set(agent, { text, sinceMs: nowMs });
    for (const oldest of seen.keys()) {
      if (seen.size <= AGENTS) break;
      seen.delete(oldest);
    }
    return 0;
  };
  const current = (): readonly string[] => {
    const oldestMs = performance.now() - DUPLICATE_MS;
    for (const [agent, atMs] of refused) if (atMs < oldestMs) refused.delete(agent);
    metrics.set('duplicateAgents', refused.size);
    return [...refused.keys()];
  };

  const decideOnce = async (request: ClaimRequest): Promise<ReturnType<typeof decideClaim>> => {
    const { agent } = request;
    const kept = await open();
    const entry = await kept.get(agent);
    const text = entry === undefined ? '' : Buffer.from(entry.value).toString('utf8');
    const parsed = entry === undefined ? undefined : decode(claimSchema, entry.value);
    const claim: Claim | undefined = parsed;
    const decision = decideClaim(claim, request, now(), unchangedMs(agent, `${entry?.revision} ${text}`));
    if (decision.write !== undefined) {
      await kept.swap(agent, encoder.encode(JSON.stringify(decision.write)), entry?.revision ?? 0);
    }
    return decision;
  };
  const decided = async (request: ClaimRequest): Promise<ReturnType<typeof decideClaim>> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await decideOnce(request);
      } catch (error) {
        if (!(error instanceof ConflictError) || tries >= TRIES) throw error;
      }
    }
  };
  /** Has the holder been heard of since this instance was first refused? */
  const isRivalled = ({ agent, instance }: ClaimRequest, holder: string, renewedMs: number): boolean => {
    const key = `${agent}/${instance}`;
    const askedMs = performance.now();
    const before = firstRefusals.get(key);
    const isKnown = before?.holder === holder && askedMs - before.askedMs < DUPLICATE_MS;
    firstRefusals.delete(key);
    firstRefusals.set(key, { holder, renewedMs: isKnown ? before.renewedMs : renewedMs, askedMs });
    for (const oldest of firstRefusals.keys()) {
      if (firstRefusals.size <= AGENTS) break;
      firstRefusals.delete(oldest);
    }
    return isKnown && before.renewedMs !== renewedMs;
  };
  const answer = async (request: ClaimRequest, reply: (bytes: Uint8Array) => void): Promise<void> => {
    const { agent, instance } = request;
    const { granted, holder, sinceMs, renewedMs } = await decided(request);
    if (granted) firstRefusals.delete(`${agent}/${instance}`);
    else if (isRivalled(request, holder, renewedMs)) {
      if (!refused.has(agent)) {
        log.error({ agent, instance, holder }, 'a second instance speaks under the name of an agent; it is kept out');
      }
      if (refused.size < AGENTS) refused.set(agent, performance.now());
    }
    current();
    const whole = (ms: number): number => Math.max(0, Math.round(ms));
    reply(
      encode({ v: 1, granted, holder, sinceMs: whole(sinceMs), renewedMs: whole(renewedMs), atMs: Math.round(now()) }),
    );
  };
  const hear = async (bytes: Uint8Array, subject: string, reply?: (answer: Uint8Array) => void): Promise<void> => {
    const request = decode(claimRequestSchema, bytes);
    if (request === undefined || reply === undefined || request.agent !== lastToken(subject)) return;
    if (underWay >= AT_A_TIME) return;
    underWay += 1;
    try {
      await answer(request, reply);
      metrics.add('claimsAnswered');
    } catch (error) {
      log.debug({ agent: request.agent, err: error }, 'a claim could not be decided; the agent asks again');
    } finally {
      underWay -= 1;
    }
  };

  return {
    name: 'claims',
    note: () => {
      const names = current();
      if (names.length === 0) return '';
      const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
      return `two instances claim to be ${names.slice(0, NAMED).join(', ')}${more}; the later one is kept out (free after ${FREE_AFTER_MS / 1000} s of silence)`;
    },
    start: () => {
      answering ??= broker.subscribe(
        subjects.claimAll,
        (bytes, subject, reply) => {
          void hear(bytes, subject, reply);
        },
        QUEUE_GROUP,
      );
      return Promise.resolve();
    },
    stop: () => {
      answering?.stop();
      answering = undefined;
      return Promise.resolve();
    },
  };
}
