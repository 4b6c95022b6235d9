/**
 * Polls a device's single objects: sysUpTime and as many of them as it takes in one GET, then the next ones. The first
 * answer shows that the device is there; who says nothing to it is asked for sysUpTime alone before it is called silent, for
 * one slow object holds up the whole answer. An object that spoils a request is named by the device's error index: it is left
 * out, the others are asked again, and it gets another chance later: soon when it could not be read this time (genErr: a
 * subagent that is silent, which costs its device a second or more each time), in an hour when it is not there (version 1).
 */
import type { Collector } from '../../collector.ts';
import { oidBytes, sameBytes } from '../codec/oid.ts';
import { PDU, type Answer, type Name } from '../codec/pdu.ts';
import { statusOf, type Outcome, type SnmpFailureReason } from '../session/session.ts';
import { TRY_BACKOFF, upTime, type Asker } from '../walk/walk.ts';
import type { DeviceTime } from './device-clock.ts';
import type { Profile } from './profile.ts';
import type { ScalarItem } from './scalar-state.ts';

const SYS_UP_TIME: Name = { oid: oidBytes('1.3.6.1.2.1.1.3.0') };
const REST_MS: Partial<Record<SnmpFailureReason, number>> = { badObject: 3_600_000, unreadable: 300_000 };

export interface ScalarPoll {
  readonly profile: Profile;
  /** By performance.now(). */
  readonly deadlineMs: number;
  readonly tries: number;
  readonly slotMs: number;
  readonly collector: Collector;
  readonly readClock: (ticks: number) => DeviceTime;
}

/** The device's first answer, or why there was none: then nothing was recorded. */
export async function pollScalars(asker: Asker, items: readonly ScalarItem[], poll: ScalarPoll): Promise<Outcome> {
  const { profile, slotMs, collector } = poll;
  const nowMs = performance.now();
  const left = items.filter(({ restUntilMs }) => restUntilMs > nowMs);
  let open = items.filter(({ restUntilMs }) => restUntilMs <= nowMs);
  let first: Outcome | undefined;
  do {
    const chunk = open.slice(0, profile.data.getObjects);
    let answered = await get(asker, chunk, poll, first === undefined && chunk.length > 0 ? poll.tries - 1 : poll.tries);
    if (first === undefined && chunk.length > 0 && !answered.ok && answered.reason === 'timeout') {
      first = await get(asker, [], poll, 1);
      if (!first.ok) return first;
      answered = await get(asker, chunk, poll, 1);
      if (!answered.ok && answered.reason === 'timeout') profile.getTooSlow();
    }
    if (answered.ok) {
      first ??= answered;
      open = open.slice(chunk.length);
      continue;
    }
    const restMs = REST_MS[answered.reason];
    const blamed = restMs === undefined ? undefined : chunk[answered.errorIndex - 2];
    if (blamed !== undefined && restMs !== undefined) {
      blamed.restUntilMs = performance.now() + restMs;
      blamed.restStatus = statusOf(answered.reason);
      left.push(blamed);
      open = open.filter((item) => item !== blamed);
    } else if (chunk.length === 0 || !REFUSALS.has(answered.reason)) {
      // Silence, or no for an answer to sysUpTime alone.
      if (first === undefined) return answered;
      for (const item of open) item.fail(statusOf(answered.reason), slotMs, collector);
      break;
    } else if (answered.reason === 'tooBig' && chunk.length > 1) profile.getTooBig();
    else {
      // It does not say which: the device is asked whether it is there, then each object by itself.
      const alone = first ?? (await get(asker, [], poll, poll.tries));
      if (!alone.ok) return alone;
      first = alone;
      for (const item of chunk) {
        const one = chunk.length === 1 ? answered : await get(asker, [item], poll, poll.tries);
        if (!one.ok) item.fail(statusOf(one.reason), slotMs, collector);
      }
      open = open.slice(chunk.length);
    }
  } while (open.length > 0 || first === undefined);
  for (const item of left) item.fail(item.restStatus, slotMs, collector);
  return first ?? { ok: false, reason: 'timeout', errorIndex: 0 };
}

/** The device answered, and said no. */
const REFUSALS: ReadonlySet<SnmpFailureReason> = new Set(['tooBig', 'badObject', 'unreadable', 'unsupported', 'error']);

/** sysUpTime and the objects in one GET, tried again while it times out. */
async function get(asker: Asker, items: readonly ScalarItem[], poll: ScalarPoll, tries: number): Promise<Outcome> {
  const names = [SYS_UP_TIME, ...items];
  let timeoutMs = poll.profile.timeoutMs;
  let outcome: Outcome = { ok: false, reason: 'timeout', errorIndex: 0 };
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const leftMs = poll.deadlineMs - performance.now();
    if (leftMs <= 0) break;
    outcome = await asker.ask(
      { type: PDU.get, names },
      (answer) => record(answer, items, poll),
      Math.min(timeoutMs, leftMs),
      poll.deadlineMs,
    );
    if (outcome.ok || (outcome.reason !== 'timeout' && outcome.reason !== 'malformed')) break;
    if (outcome.reason === 'timeout') poll.profile.data.timeouts += 1;
    timeoutMs *= TRY_BACKOFF;
  }
  return outcome;
}

function record(answer: Answer, items: readonly ScalarItem[], { readClock, slotMs, collector }: ScalarPoll): void {
  const { bytes, count, nameStart, nameEnd, tag, start, end } = answer;
  const time = readClock(upTime(answer, 1));
  items.forEach((item, index) => {
    const at = index + 1;
    // An answer to another question is none.
    if (at >= count || !sameBytes(bytes, nameStart[at] ?? 0, nameEnd[at] ?? 0, item.oid)) return;
    const place = { tag: tag[at] ?? 0, bytes, start: start[at] ?? 0, end: end[at] ?? 0 };
    item.record(place, time, slotMs, collector);
  });
}
