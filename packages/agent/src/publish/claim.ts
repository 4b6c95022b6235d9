/**
 * Asks the loggers, every ten seconds, whether this instance may speak under its name. Two machines with one name (a clone, a
 * restored image beside its original) must not both be believed: the one that is refused is **fenced**. It goes on
 * measuring and sealing, in an epoch marked contested, but nothing of it leaves until the name is free. Before that it waits
 * for a sign that the holder lives: see claim-state.ts.
 *
 * Nobody answers (no broker, no logger): it goes on as before. At a start nothing leaves before the first answer, or
 * before the first question has gone unanswered.
 */
import { claimAnswerSchema, decode, encode, subjects } from '@kaiku/protocol';
import { repeat, type Broker, type Log, type Metrics, type Part } from '@kaiku/core';
import type { AgentBuffer } from '../buffer/agent-buffer.ts';
import { ClockOffset, nextClaimState, Rival, type ClaimEvent, type ClaimState } from './claim-state.ts';

const ASK_EVERY_MS = 10_000;
const REQUEST_MS = 3000;
/** Between the two clocks of this machine: more means that one of them was set. */
const CLOCK_STEP_MS = 500;

export interface ClaimOptions {
  readonly agent: string;
  readonly buffer: Pick<
    AgentBuffer,
    'instance' | 'epoch' | 'contested' | 'fenced' | 'contest' | 'fence' | 'release' | 'absolve'
  >;
  /** Something changed that loggers and people should know. */
  readonly onChange: (state: ClaimState) => void;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Replaced in tests. */
  readonly everyMs?: number;
}

export interface Claim extends Part {
  readonly state: ClaimState;
  /** The centre's clock minus this machine's, ms, as estimated; null when nobody told. */
  readonly clockOffsetMs: number | null;
  attach(broker: Pick<Broker, 'connected' | 'request'>): void;
}

export function createClaim({ agent, buffer, onChange, log, metrics, everyMs = ASK_EVERY_MS }: ClaimOptions): Claim {
  const startedMs = Date.now();
  const clock = new ClockOffset();
  const rival = new Rival();
  let broker: Pick<Broker, 'connected' | 'request'> | undefined;
  // A restart while fenced or waiting stays so until somebody says otherwise.
  let state: ClaimState = buffer.fenced ? 'fenced' : buffer.contested ? 'waiting' : 'asking';
  let clocksApartMs = Date.now() - performance.now();

  const settle = (next: ClaimState): void => {
    const before = state;
    // Silent first, and speaking last: the disk may refuse the new epoch, which is then tried with the next answer.
    const silent = next === 'fenced' || next === 'waiting';
    if (silent) state = next;
    metrics.set('fenced', next === 'fenced' ? 1 : 0);
    if (next === 'fenced') buffer.fence();
    else if (next === 'waiting') buffer.contest();
    else if (before === 'waiting') buffer.absolve();
    else buffer.release();
    state = next;
    if (next === before) return;
    if (next === 'fenced') {
      metrics.add('fencings');
      log.error(
        { instance: buffer.instance },
        'another instance speaks under this name: nothing leaves this machine; stop one of the two or rename it',
      );
    } else if (next === 'waiting')
      log.warn({ instance: buffer.instance }, 'another instance held this name; waiting for a sign of it');
    else if (before === 'fenced') log.info('the name is free again: a new epoch begins and leaves');
    onChange(next);
  };

  const watchClock = (): void => {
    const apartMs = Date.now() - performance.now();
    if (Math.abs(apartMs - clocksApartMs) > CLOCK_STEP_MS) {
      log.warn({ byMs: Math.round(apartMs - clocksApartMs) }, 'the clock was set');
      clock.reset();
    }
    clocksApartMs = apartMs;
  };

  const ask = async (): Promise<ClaimEvent> => {
    const askedMs = Date.now();
    const begun = performance.now();
    const request = { v: 1, agent, instance: buffer.instance, startedMs, epoch: buffer.epoch } as const;
    try {
      const bytes = await broker?.request(subjects.claim(agent), encode(request), REQUEST_MS);
      const answer = bytes === undefined ? undefined : decode(claimAnswerSchema, bytes);
      if (answer === undefined) return 'unanswered';
      clock.note(answer, askedMs, performance.now() - begun);
      return rival.judge(answer);
    } catch (error) {
      log.debug({ err: error }, 'nobody answers for the name');
      return 'unanswered';
    }
  };

  const turn = async (): Promise<void> => {
    watchClock();
    if (broker?.connected !== true) return;
    const event = await ask();
    metrics.add(`claims_${event}`);
    if (event === 'unanswered' && state !== 'asking') return;
    settle(nextClaimState(state, event));
    if (clock.offsetMs !== null) metrics.set('clockOffsetMs', Math.round(clock.offsetMs));
  };

  const asking = repeat({ name: 'claim', everyMs, run: turn, log });
  metrics.set('fenced', state === 'fenced' ? 1 : 0);

  return {
    name: 'claim',
    get state() {
      return state;
    },
    get clockOffsetMs() {
      return clock.offsetMs;
    },
    attach: (link) => {
      broker = link;
      asking.wake();
    },
    start: () => asking.start(),
    stop: () => asking.stop(),
  };
}
