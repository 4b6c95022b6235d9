/** What an alarm rule applies to. Pure; patterns are compiled once. */
import type { AlarmRule } from '../model/alarm-rule.ts';

const compiled = new Map<string, RegExp>();

/** True when the rule watches this instance of its metric. */
export function ruleApplies(rule: Pick<AlarmRule, 'instances'>, instance: string): boolean {
  if (rule.instances === undefined) return true;
  let pattern = compiled.get(rule.instances);
  if (pattern === undefined) {
    pattern = new RegExp(rule.instances, 'u');
    compiled.set(rule.instances, pattern);
  }
  return pattern.test(instance);
}
