/** What an observation means to a rule. Pure. */
import type { AlarmRule } from '@kaiku/catalog';
import type { Observations } from '../read/slots.ts';
import type { AlarmInput } from './machine.ts';

export type RuleThresholds = Pick<AlarmRule, 'when' | 'raise' | 'clear'>;

/** The value of an observation a rule looks at: of several agents' the one nearer to good. NaN: none. */
export function ruleValue(rule: RuleThresholds, observations: Observations, at: number): number {
  const column = rule.when === 'below' ? observations.high : observations.low;
  return column[at] ?? Number.NaN;
}

/** Undefined: no value, which says nothing (but lets silence grow). */
export function judge(rule: RuleThresholds, observations: Observations, at: number): AlarmInput | undefined {
  if (rule.when === 'failed') return (observations.ok[at] ?? 0) > 0 ? 'good' : 'bad';
  const value = ruleValue(rule, observations, at);
  if (Number.isNaN(value)) return undefined;
  const clear = rule.clear ?? rule.raise;
  if (rule.when === 'above') {
    if (value > rule.raise) return 'bad';
    return value <= clear ? 'good' : 'between';
  }
  if (value < rule.raise) return 'bad';
  return value >= clear ? 'good' : 'between';
}
