/** What was asked of `kaiku query`, from its options. Pure: `nowMs` is passed in. */
import type { Args } from '../args.ts';
import { UsageError } from '../errors.ts';
import { parseDuration, parseTime } from '../terminal/format.ts';

export interface QueryRequest {
  readonly entities: readonly string[];
  readonly metrics: readonly string[];
  /** A part of the instance's name; undefined: all. */
  readonly instance: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  /** Undefined: raw values. */
  readonly stepMs: number | undefined;
  readonly latest: boolean;
}

/** @throws UsageError */
export function queryRequest(args: Args, nowMs: number): QueryRequest {
  const fromMs = time(args, 'from', 'now-1h', nowMs);
  const toMs = time(args, 'to', 'now', nowMs);
  if (fromMs >= toMs) throw new UsageError('--from must be before --to');
  const stepText = args.text('step');
  const stepMs = stepText === undefined ? undefined : parseDuration(stepText);
  if (stepText !== undefined && (stepMs === undefined || stepMs < 1000)) {
    throw new UsageError(`--step: "${stepText}" is no duration of at least 1s`, { hint: 'e.g. 30s, 5m, 1h' });
  }
  return {
    entities: list(args.text('entity')),
    metrics: list(args.text('metric')),
    instance: args.text('instance'),
    fromMs,
    toMs,
    stepMs,
    latest: args.flag('latest'),
  };
}

function time(args: Args, name: string, fallback: string, nowMs: number): number {
  const text = args.text(name) ?? fallback;
  const ms = parseTime(text, nowMs);
  if (ms !== undefined) return ms;
  throw new UsageError(`--${name}: "${text}" is no time`, { hint: 'now, now-6h, 2026-11-22T08:00Z' });
}

const list = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
