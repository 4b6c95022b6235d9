/**
 * The states of one alarm as a table. The type forces an entry for every pair of state and input. Pure.
 *
 * ```
 *            bad              count × bad                good              count × good
 *  clear ──────────▶ rising ──────────────▶ raised ──────────────▶ falling ──────────────▶ clear
 *    │                  │                      │   ◀── bad, between ──┘
 *    └──── silence ─────┴──── silence ─────────┴── silence ──▶ silent ── good, between ──▶ clear
 *                                                                └────── bad ────────────▶ raised
 * ```
 * With count 1 the middle states are passed through at once. `between` is a value inside the hysteresis: beyond
 * neither threshold.
 */
export const ALARM_STATES = ['clear', 'rising', 'raised', 'falling', 'silent'] as const;
type AlarmState = (typeof ALARM_STATES)[number];

export const ALARM_INPUTS = ['bad', 'between', 'good', 'silence'] as const;
export type AlarmInput = (typeof ALARM_INPUTS)[number];

export type AlarmOutput = 'none' | 'raise' | 'change' | 'clear';

export interface Machine {
  readonly state: AlarmState;
  /** Consecutive inputs counted in `rising` or `falling`. */
  readonly run: number;
}

interface AtOnce {
  readonly to: AlarmState;
  readonly emit: AlarmOutput;
}
/** Stays `while` until the input came `count` times in a row; then goes `to`. */
interface Counted extends AtOnce {
  readonly while: 'rising' | 'falling';
}

const stay = (to: AlarmState): AtOnce => ({ to, emit: 'none' });
const rise: Counted = { while: 'rising', to: 'raised', emit: 'raise' };
const fall: Counted = { while: 'falling', to: 'clear', emit: 'clear' };
const lost = (emit: AlarmOutput): AtOnce => ({ to: 'silent', emit });

const TABLE: Readonly<Record<AlarmState, Readonly<Record<AlarmInput, AtOnce | Counted>>>> = {
  clear: { bad: rise, between: stay('clear'), good: stay('clear'), silence: lost('raise') },
  rising: { bad: rise, between: stay('clear'), good: stay('clear'), silence: lost('raise') },
  raised: { bad: stay('raised'), between: stay('raised'), good: fall, silence: lost('change') },
  falling: { bad: stay('raised'), between: stay('raised'), good: fall, silence: lost('change') },
  silent: {
    bad: { to: 'raised', emit: 'change' },
    between: { to: 'clear', emit: 'clear' },
    good: { to: 'clear', emit: 'clear' },
    silence: stay('silent'),
  },
};

export const CLEAR: Machine = { state: 'clear', run: 0 };
export const RAISED: Machine = { state: 'raised', run: 0 };

/** One step. `count`: consecutive inputs needed to raise and to clear. */
export function step(machine: Machine, input: AlarmInput, count: number): Machine & { readonly emit: AlarmOutput } {
  const next = TABLE[machine.state][input];
  if (!('while' in next)) return { state: next.to, run: 0, emit: next.emit };
  const run = machine.state === next.while ? machine.run + 1 : 1;
  return run >= count ? { state: next.to, run: 0, emit: next.emit } : { state: next.while, run, emit: 'none' };
}

/** Does somebody see an alarm in this state? */
export function isActive(machine: Machine): boolean {
  return machine.state === 'raised' || machine.state === 'falling' || machine.state === 'silent';
}
