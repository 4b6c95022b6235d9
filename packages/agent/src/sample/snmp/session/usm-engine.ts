/**
 * What is known of a device's SNMP engine, its clock above all, and what its reports mean (RFC 3414). Pure.
 */
import { TAG } from '../codec/ber.ts';
import { oidBytes, startsWith } from '../codec/oid.ts';
import type { Answer } from '../codec/pdu.ts';
import type { UsmMessage } from '../codec/usm-message.ts';
import type { UsmKeys } from '../usm/keys.ts';
import type { SnmpFailureReason } from './session.ts';

/** How far the device's time may lie behind what we know of it (RFC 3414 section 3.2). */
const WINDOW_S = 150;

/** usmStats, and what each says of a request. */
const USM_STATS = oidBytes('1.3.6.1.6.3.15.1.1');
const REPORTS: Readonly<Record<number, Step>> = {
  1: 'denied',
  2: 'outOfStep',
  3: 'denied',
  4: 'unknownEngine',
  5: 'denied',
  6: 'denied',
};
const WORDS: Readonly<Record<number, string>> = {
  1: 'it does not take this security level (usmStatsUnsupportedSecLevels)',
  3: 'it does not know the user (usmStatsUnknownUserNames)',
  5: 'the authentication password or protocol is wrong (usmStatsWrongDigests)',
  6: 'the privacy password or protocol is wrong (usmStatsDecryptionErrors)',
};
export type Step = SnmpFailureReason | 'outOfStep' | 'unknownEngine';

export interface Engine {
  readonly id: Uint8Array;
  readonly keys: UsmKeys;
  boots: number;
  time: number;
  /** When `time` was heard, by a monotonic clock. */
  heardMs: number;
}

/** snmpEngineTime now, whole seconds. */
export function timeOf({ time, heardMs }: Engine, nowMs: number): number {
  return Math.floor(time + (nowMs - heardMs) / 1000);
}

/** Whether the message is of its time (RFC 3414 section 3.2, 7b); takes the engine's clock on. */
export function inWindow(engine: Engine, { boots, time }: UsmMessage, nowMs: number): boolean {
  const known = engine.time + (nowMs - engine.heardMs) / 1000;
  if (boots < engine.boots || (boots === engine.boots && time < known - WINDOW_S)) return false;
  if (boots > engine.boots || time > engine.time) {
    engine.boots = boots;
    engine.time = time;
    engine.heardMs = nowMs;
  }
  return true;
}

/** What a report says of the request it answers. */
export function reportStep(answer: Answer): Step {
  return REPORTS[reportNumber(answer)] ?? 'error';
}

/** The same in words, where it is a refusal. */
export function reportWords(answer: Answer): string | undefined {
  return WORDS[reportNumber(answer)];
}

function reportNumber({ bytes, count, nameStart, nameEnd, tag }: Answer): number {
  const start = nameStart[0] ?? 0;
  const end = nameEnd[0] ?? 0;
  const one = count > 0 && tag[0] === TAG.counter32 && startsWith(bytes, start, end, USM_STATS);
  return one ? (bytes[start + USM_STATS.length] ?? 0) : 0;
}
